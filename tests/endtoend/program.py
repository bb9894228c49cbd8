"""The real program, `tracker serve`, in a data folder of its own: started, killed, started again, asked, stopped."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import duckdb
import psutil

from tracker.errors import Reject, Retry
from tracker.worker.control import ControlClient

PATIENCE = 60.0
"""Seconds that a step may take on a busy machine; most take a few."""

QUICK = {
    "SESSIONS__TIMEOUT": "1s",
    "WORKER__FLUSH_INTERVAL": "300ms",
    "WORKER__TICK_INTERVAL": "200ms",
    "WORKER__BATCH_HITS": "20",
    "WORKER__ATTEMPTS": "1000",
    "LOG__TRIM_INTERVAL": "500ms",
    "LOG__CARRY_AFTER": "2s",
    "LOG__QUOTA": "256MB",
}
"""Settings with which everything that the program ever does is done within seconds.

Many attempts: ends that come from outside are no evidence against the plan that they meet.
"""


class Program:
    """One data folder and port, and the processes that run on it now."""

    def __init__(self, folder: Path, **settings: str) -> None:
        """`settings` are named like `LOG__PARTITIONS`, and go before those of `QUICK`."""
        self.data, self.log_file = folder / "data", folder / "program.log"
        self._armed, self._plugins = folder / "armed", folder / "plugins"
        self._armed.mkdir()
        self._plugins.mkdir()
        self.port, self.admin_port = _free_port(), _free_port()
        self._settings = {**QUICK, **settings}
        self._process: subprocess.Popen[bytes] | None = None
        self.kills = 0
        """How many processes were ended by SIGKILL."""

    def add_plugin(self, name: str, source: str) -> None:
        """Put a file into the plugins folder."""
        (self._plugins / name).write_text(source)

    def set(self, **settings: str) -> None:
        """Change settings for every later start."""
        self._settings |= settings

    def environment(self, **settings: str) -> dict[str, str]:
        """What a command on this folder is started with; `settings` for this time only."""
        own = {**self._settings, "RECEIVER__ADMIN_PORT": str(self.admin_port), **settings}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("TRACKER_")}
        return {**inherited, "KILL_AT": str(self._armed), **{f"TRACKER_{name}": value for name, value in own.items()}}

    def start(self, **settings: str) -> None:
        """Start it; returns when its children run. `settings` hold for this time only."""
        arguments = ["serve", "--data", str(self.data), "--port", str(self.port), "--plugins-dir", str(self._plugins)]
        with self.log_file.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tracker", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self.environment(**settings),
            )
        self.pid("worker")

    def wait_until_ready(self) -> None:
        """Return when it accepts hits."""
        self.wait_for(lambda: self._says("/ready") is not None, "the receiver to be ready")

    def health(self) -> str:
        """What `/health` says, as text."""
        return self._says("/health") or ""

    def is_idle(self) -> bool:
        """True when the worker says that nothing is open, waiting or unwritten."""
        try:
            health = ControlClient(self.data).health()
        except Retry:
            return False
        waits = [
            part[name]
            for part in health["partitions"]
            for name in ("records_not_folded", "open_protosessions", "closed_hits_not_planned")
        ]
        return not any(waits) and all(
            sink["state"] == "running" and not sink["plans_waiting"] for sink in health["sinks"]
        )

    def arm(self, *points: str) -> None:
        """The next process that reaches one of these points ends there, once for each point."""
        for point in points:
            (self._armed / point).touch()

    def armed(self) -> list[str]:
        """The points that nobody has reached since they were armed."""
        return sorted(path.name for path in self._armed.iterdir())

    def kill_at(self, point: str, role: str) -> None:
        """Let the process that has this role end at `point`, and see that it is gone."""
        before = self.pid(role)
        self.arm(point)
        self.wait_for(lambda: not self.armed(), f"a process to reach {point}")
        self.wait_for(lambda: not _is_running(before), f"the {role} {before} to be gone at {point}")
        self.kills += 1

    def kill(self, role: str) -> None:
        """End a child wherever it is."""
        self._kill_pid(self.pid(role))

    def kill_parent(self) -> list[int]:
        """End the parent alone; returns the children it leaves."""
        left = [child.pid for child in self._children()]
        self._kill_pid(self._running().pid)
        self._running().wait()
        return left

    def kill_everything(self) -> None:
        """End the parent and its children at one moment, as far as one can."""
        for pid in [self._running().pid, *(child.pid for child in self._children())]:
            self._kill_pid(pid)
        self._running().wait()

    def stop(self) -> None:
        """Ask it to end, and see that it ends well."""
        process = self._running()
        process.terminate()
        assert process.wait(PATIENCE) == 0, self.told("the program did not end well")
        self._process = None

    def close(self) -> None:
        """Leave nothing running."""
        if self._process is not None and self._process.poll() is None:
            self.kill_everything()

    def pid(self, role: str) -> int:
        """The process id of a child; waits until there is one."""
        found: list[int] = []

        def look() -> bool:
            found[:] = [child.pid for child in self._children() if role in _arguments(child)]
            return bool(found)

        self.wait_for(look, f"a {role}")
        return found[0]

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows from the running program, which must be able to answer within a while."""
        rows: list[tuple[Any, ...]] = []
        refusals: list[str] = []

        def answered() -> bool:
            try:
                rows[:] = [tuple(row.values()) for row in ControlClient(self.data).sql(sql).table.to_pylist()]
            except (Retry, Reject) as error:  # rejected: before there are tables
                refusals[:] = [str(error)]
                return False
            return True

        self.wait_for(answered, f"an answer to {sql}: {refusals}")
        return rows

    def keys(self) -> list[str]:
        """The keys of the events that are written, from the running program."""
        return [key for (key,) in self.ask("SELECT page_title FROM events")]

    def read(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows from the file of a program that was stopped."""
        with duckdb.connect(str(self.data / "tracker.duckdb"), read_only=True) as connection:
            return [tuple(row.values()) for row in connection.sql(sql).to_arrow_table().to_pylist()]

    def audit(self) -> None:
        """`tracker audit` finds every hit in exactly one place."""
        done = subprocess.run(
            [sys.executable, "-m", "tracker", "audit", "--data", str(self.data)],
            capture_output=True,
            text=True,
            env=self.environment(),
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, self.told(f"the audit says\n{done.stdout}{done.stderr}")

    def wait_for(self, condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
        """Look again and again until `condition` holds; fails with what was waited for."""
        end = time.monotonic() + patience
        while not condition():
            assert time.monotonic() < end, self.told(f"waited {patience:.0f} s for {what}")
            time.sleep(0.1)

    def told(self, sentence: str) -> str:
        """The sentence, and the end of what the program printed."""
        printed = self.log_file.read_text(errors="replace").splitlines()
        lines = [line for line in printed if not line.startswith((" - ", "nanobind: "))][-60:]
        return "\n".join([sentence, f"--- the end of {self.log_file}:", *(line[:1500] for line in lines)])

    def _says(self, path: str) -> str | None:
        try:
            with urlopen(f"http://127.0.0.1:{self.admin_port}{path}", timeout=10) as answer:
                text: str = answer.read().decode()
        except (OSError, HTTPException):
            return None
        return text

    def _running(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None, "the program was not started"
        return self._process

    def _children(self) -> list[psutil.Process]:
        process = self._running()
        assert process.poll() is None, self.told(f"the program ended with exit code {process.returncode}")
        return [child for child in psutil.Process(process.pid).children() if "child" in _arguments(child)]

    def _kill_pid(self, pid: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            self.kills += 1


def _is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def are_gone(pids: list[int]) -> bool:
    """True when none of these processes runs any more."""
    return not any(map(_is_running, pids))


def _arguments(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
