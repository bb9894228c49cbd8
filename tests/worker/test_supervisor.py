"""Children run while their parent does: not longer, and not less."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tracker.clock import MINUTE, SECOND
from tracker.worker.supervisor import Backoff, Child, Supervisor

RECEIVER, WORKER = Child("receiver"), Child("worker")

REPORTS = """
import os, sys, time
from pathlib import Path
folder, role = Path(message.decode()), sys.argv[1]
folder.joinpath(role).write_text(str(os.getpid()))
stop.wait()
if role == os.environ.get("STUBBORN"):
    time.sleep(60)
with folder.joinpath("ended").open("a") as ended:
    ended.write(role + "\\n")
"""
CHILD = f"""
import sys
from tracker.worker.supervisor import told
message, stop = told(sys.stdin.buffer)
{REPORTS}"""
BARE_CHILD = f"""
import signal, sys, threading
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
message = sys.stdin.buffer.readline().rstrip()
{REPORTS}"""
"""Starts faster, for it imports nothing of ours."""

PARENT = """
import sys
from tracker.worker.supervisor import Child, Supervisor
command = lambda child: [sys.executable, "-c", sys.argv[2], child.role]
Supervisor([Child("receiver"), Child("worker")], command, sys.argv[1].encode()).run()
"""


def command(child: Child) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", BARE_CHILD, child.role]


def wait_for(condition: Callable[[], object]) -> None:
    """Until `condition` holds; other processes keep their own time."""
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until, "waited ten seconds"
        time.sleep(0.01)


def pid(folder: Path, role: str) -> int:
    wait_for(lambda: (folder / role).exists() and (folder / role).read_text())
    return int((folder / role).read_text())


def is_alive(process: int) -> bool:
    return psutil.pid_exists(process) and psutil.Process(process).status() != psutil.STATUS_ZOMBIE


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    """A receiver and a worker, both up."""
    supervisor = Supervisor([RECEIVER, WORKER], command, str(tmp_path).encode())
    supervisor.start()
    pid(tmp_path, "receiver"), pid(tmp_path, "worker")
    yield supervisor
    supervisor.kill()
    supervisor.stop()


@pytest.fixture
def parent(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A process of its own that supervises a receiver and a worker."""
    process = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path), CHILD])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_backoff_doubles_up_to_its_limit() -> None:
    """A child that dies at once is started less and less often."""
    backoff = Backoff()
    assert [backoff.after(SECOND) / SECOND for _ in range(8)] == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10]


def test_backoff_begins_again_after_a_healthy_minute() -> None:
    """A rare death is not held against a child."""
    backoff = Backoff()
    for _ in range(8):
        backoff.after(0)
    assert [backoff.after(ran_for) / SECOND for ran_for in (MINUTE, 0)] == [0.2, 0.4]


def test_a_dead_child_is_started_again(supervisor: Supervisor, tmp_path: Path) -> None:
    """A killed worker comes back with a new process id, and is told the same."""
    before = supervisor.pids[WORKER]
    (tmp_path / "worker").unlink()
    os.kill(before, signal.SIGKILL)
    assert pid(tmp_path, "worker") != before


def test_a_dead_worker_leaves_receivers_alone(supervisor: Supervisor, tmp_path: Path) -> None:
    """Receivers run on while the worker is away."""
    before = supervisor.pids
    (tmp_path / "worker").unlink()
    os.kill(before[WORKER], signal.SIGKILL)
    pid(tmp_path, "worker")
    assert supervisor.pids[RECEIVER] == before[RECEIVER]


def test_receivers_end_before_the_worker(supervisor: Supervisor, tmp_path: Path) -> None:
    """What receivers still answer is folded by a worker that is still there."""
    supervisor.stop()
    assert (tmp_path / "ended").read_text().split() == ["receiver", "worker"]


def test_nothing_runs_after_stop(supervisor: Supervisor) -> None:
    """`stop` returns when all children are gone, and starts none again."""
    before = list(supervisor.pids.values())
    supervisor.stop()
    assert ([process for process in before if is_alive(process)], supervisor.pids) == ([], {})


def test_a_child_that_does_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child may not hold up the end for longer than its grace."""
    monkeypatch.setenv("STUBBORN", "worker")
    supervisor = Supervisor([WORKER], command, str(tmp_path).encode(), grace=0.1)
    supervisor.start()
    worker = pid(tmp_path, "worker")
    supervisor.stop()
    assert not is_alive(worker)


def test_a_child_that_reads_nothing_harms_nobody() -> None:
    """A child that dies before it was told anything is only one more death."""
    supervisor = Supervisor([WORKER], lambda _: [sys.executable, "-c", ""], b"x" * 1_000_000)
    supervisor.start()
    wait_for(lambda: supervisor.pids == {})
    supervisor.stop()


def test_killing_the_parent_ends_its_children(parent: "subprocess.Popen[bytes]", tmp_path: Path) -> None:
    """After `kill -9` of the parent nothing holds the port or the files."""
    children = [pid(tmp_path, "receiver"), pid(tmp_path, "worker")]
    parent.kill()
    wait_for(lambda: not any(is_alive(child) for child in children))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_parent_in_order(
    parent: "subprocess.Popen[bytes]", tmp_path: Path, number: signal.Signals
) -> None:
    """SIGTERM and Ctrl-C end all children first, then the parent, cleanly."""
    pid(tmp_path, "receiver"), pid(tmp_path, "worker")
    parent.send_signal(number)
    assert (parent.wait(10), (tmp_path / "ended").read_text().split()) == (0, ["receiver", "worker"])


def test_a_second_signal_kills(tmp_path: Path) -> None:
    """Who presses Ctrl-C twice does not want to wait."""
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path), CHILD], env={**os.environ, "STUBBORN": "worker"}
    )
    worker = pid(tmp_path, "worker")
    pid(tmp_path, "receiver")
    process.send_signal(signal.SIGINT)
    wait_for(lambda: (tmp_path / "ended").exists())
    process.send_signal(signal.SIGINT)
    assert (process.wait(5), is_alive(worker)) == (0, False)


def test_a_child_ignores_ctrl_c(tmp_path: Path) -> None:
    """The parent coordinates the end; a child alone does not react."""
    supervisor = Supervisor([WORKER], lambda child: [sys.executable, "-c", CHILD, child.role], str(tmp_path).encode())
    supervisor.start()
    os.kill(pid(tmp_path, "worker"), signal.SIGINT)
    supervisor.stop()
    assert (tmp_path / "ended").read_text() == "worker\n"
