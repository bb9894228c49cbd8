"""The commands against a tracker that runs: real processes, real requests."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tracker.config import ReceiverSettings, Settings

pytestmark = pytest.mark.slow
HIT = "/g/collect?v=2&tid=G-1&cid=1.2&en=page_view&dl=https%3A%2F%2Fa.test%2Fhello&_p=1&_s=1"


class Tracker:
    """`tracker serve` on a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.data, self.port, admin = folder / "data", free_port(), free_port()
        (folder / "tracker.toml").write_text(
            f"[receiver]\nadmin_port = {admin}\n[sessions]\ntimeout = '1s'\n[worker]\nflush_interval = '100ms'\n"
        )
        self.folder, self.ready, self.health = (
            folder,
            f"http://127.0.0.1:{admin}/ready",
            f"http://127.0.0.1:{admin}/health",
        )
        self.output = folder / "output"
        with self.output.open("wb") as output:
            command = [sys.executable, "-m", "tracker", "serve", "--data", str(self.data), "--port", str(self.port)]
            self.process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT)

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Another command on the same folder."""
        command = [sys.executable, "-m", "tracker", *arguments, "--data", str(self.data)]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)

    def end(self, number: signal.Signals) -> int:
        """Stop it; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def answer(url: str) -> str:
    """The body of a 2xx answer, waited for."""
    until = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(url) as response:
                return str(response.read().decode())
        except (urllib.error.URLError, ConnectionError):
            assert time.monotonic() < until, f"nobody answers on {url}"
            time.sleep(0.05)


@pytest.fixture(scope="module")
def tracker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tracker]:
    """A tracker that has written one hit and holds no other."""
    tracker = Tracker(tmp_path_factory.mktemp("running"))
    try:
        answer(tracker.ready)
        answer(f"http://127.0.0.1:{tracker.port}{HIT}")
        until = time.monotonic() + 30
        while '"n":1' not in tracker.run("sql", "SELECT count(*) AS n FROM events", "--format", "json").stdout:
            assert time.monotonic() < until, "the hit was not written"
        yield tracker
    finally:
        tracker.process.terminate()
        tracker.process.wait(20)


def test_serve_says_where_it_is(tracker: Tracker) -> None:
    """Address, health, tables, and how to stop."""
    told = tracker.output.read_text()
    assert [word in told for word in (f"http://127.0.0.1:{tracker.port}", "/health", str(tracker.data), "Ctrl-C")] == [
        True
    ] * 4


def test_sql_is_answered_while_it_runs(tracker: Tracker) -> None:
    """By the process that owns the file."""
    found = tracker.run("sql", "SELECT name, page_path FROM events", "--format", "json")
    assert json.loads(found.stdout) == [{"name": "page_view", "page_path": "/hello"}]


def test_sql_that_is_refused_is_exit_code_1(tracker: Tracker) -> None:
    """With the reason."""
    found = tracker.run("sql", "DROP TABLE events")
    assert (found.returncode, "only SELECT" in found.stderr) == (1, True)


def test_the_audit_balances_while_it_runs(tracker: Tracker) -> None:
    """One hit, written."""
    found = tracker.run("audit")
    assert (found.returncode, "received 1 = hits 1 + rejected 0" in found.stdout) == (0, True)


def test_tail_shows_the_hit(tracker: Tracker) -> None:
    """And what became of it."""
    found = tracker.run("tail", "--last", "10m")
    assert found.stdout.split()[1:] == ["written", "G-1", "1.2", "page_view", "https://a.test/hello"]


def test_tail_of_another_client_is_empty(tracker: Tracker) -> None:
    """`--client` narrows."""
    assert tracker.run("tail", "--client", "3.4").stdout == ""


def test_health_knows_the_worker(tracker: Tracker) -> None:
    """The receiver asks the worker through the local socket."""
    assert len(json.loads(answer(tracker.health))["partitions"]) == 1


def test_ctrl_c_ends_all_and_loses_nothing(tmp_path: Path) -> None:
    """A hit that is still open is in the log; the file answers by itself when nobody runs."""
    tracker = Tracker(tmp_path)
    answer(tracker.ready)
    answer(f"http://127.0.0.1:{tracker.port}{HIT}")
    code = tracker.end(signal.SIGINT)
    audit = tracker.run("audit")
    assert (code, audit.returncode, "received 1 = hits 1" in audit.stdout) == (0, 0, True)


def test_a_receiver_stopped_while_it_waits_for_its_port_has_not_failed(tmp_path: Path) -> None:
    """It ends with 0, and all it says is who has the port."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        ports = ReceiverSettings(port=held.getsockname()[1], admin_port=free_port())
        command = [sys.executable, "-m", "tracker", "child", "receiver"]
        with subprocess.Popen(command, stdin=-1, stdout=-1, stderr=subprocess.STDOUT, text=True) as process:
            assert process.stdin
            assert process.stdout
            process.stdin.write(Settings(data=tmp_path, receiver=ports).model_dump_json() + "\n")
            process.stdin.flush()
            waits = process.stdout.readline()
            process.terminate()
            rest = process.stdout.read()
    assert ("cannot listen yet" in waits, rest, process.returncode) == (True, "", 0)


def test_serve_refuses_what_check_refuses(tmp_path: Path) -> None:
    """All problems at once, before anything is opened."""
    (tmp_path / "tracker.toml").write_text("[log]\npartitions = 2\n[properties.1]\ntime_zone = 'Mars'")
    environ = {**os.environ, "TRACKER_RECEIVER__PORT": "8081"}
    found = subprocess.run(
        [sys.executable, "-m", "tracker", "serve"],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stderr.count("\n- "), (tmp_path / "data").exists()) == (1, 2, False)


def test_the_demo_tells_what_it_did(tmp_path: Path) -> None:
    """It starts, sends, waits and answers, and leaves a folder that balances."""
    command = [sys.executable, "-m", "tracker"]
    demo = subprocess.run(
        [*command, "demo", "--visitors", "8", "--data", "demo"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    audit = subprocess.run([*command, "audit", "--data", "demo"], cwd=tmp_path, capture_output=True, check=False)
    assert (demo.returncode, "Sessions per day" in demo.stdout, audit.returncode) == (0, True, 0)
