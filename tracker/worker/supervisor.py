"""Keeps the receivers and the worker running: starts them, starts them again when they die, ends them in order.

Children are spawned, never forked. Each gets what it needs as the first line of its standard input, and that pipe stays
open: when the parent is gone, however it died, the child reads the end of it and exits.
"""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from queue import SimpleQueue
from types import FrameType
from typing import IO, BinaryIO, Literal

import structlog

from tracker.clock import MINUTE, SECOND, Clock, SystemClock

Role = Literal["receiver", "worker"]
GRACE = 10.0
"""Seconds a child may take to end by itself before it is killed."""

_ENDED = 0
"""In the queue of signals: all children have ended."""

_log = structlog.get_logger("tracker.supervisor")


@dataclass(frozen=True, slots=True)
class Child:
    """One process to keep running."""

    role: Role
    index: int = 0


class Backoff:
    """How long to wait before a child is started again: doubles with each death, until a healthy minute."""

    def __init__(self, first: int = SECOND // 5, most: int = 10 * SECOND, healthy: int = MINUTE) -> None:
        self._first, self._most, self._healthy = first, most, healthy
        self._next = first

    def after(self, ran_for: int) -> int:
        """Microseconds to wait after a child that ran for `ran_for` microseconds has died."""
        wait = self._first if ran_for >= self._healthy else self._next
        self._next = min(self._most, 2 * wait)
        return wait


class Supervisor:
    """Runs `children` until it is told to stop.

    `command` gives a child's command line, `message` is what each is told (no line breaks), `output` is where they
    print (default: where the parent does). A child that ends is started again whatever its exit code; the others run on
    meanwhile.
    """

    def __init__(
        self,
        children: Sequence[Child],
        command: Callable[[Child], Sequence[str]],
        message: bytes,
        *,
        clock: Clock | None = None,
        grace: float = GRACE,
        output: IO[bytes] | None = None,
    ) -> None:
        self._children, self._command, self._message = tuple(children), command, message
        self._clock, self._grace, self._output = clock or SystemClock(), grace, output
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._running: dict[Child, subprocess.Popen[bytes]] = {}
        self._keepers = [threading.Thread(target=self._keep, args=(child,), daemon=True) for child in self._children]

    @property
    def pids(self) -> dict[Child, int]:
        """The process ids of the children that run now."""
        with self._lock:
            return {child: process.pid for child, process in self._running.items()}

    def start(self) -> None:
        """Start every child. Returns at once."""
        for keeper in self._keepers:
            keeper.start()

    def stop(self) -> None:
        """End every child: receivers first, for they answer what waits; then the worker. Returns when all are gone."""
        self._stopping.set()
        for role in ("receiver", "worker"):
            self._end([child for child in self._children if child.role == role])
        for keeper in self._keepers:
            keeper.join()

    def kill(self) -> None:
        """End every child at once, mid-step. Nothing acknowledged is lost: what is in the log is written later."""
        self._stopping.set()
        with self._lock:
            for process in self._running.values():
                process.kill()

    def run(self) -> None:
        """Start, wait for SIGTERM or SIGINT, and end in order; a second signal kills. Call from the main thread."""
        with _signals() as asked:
            self.start()
            asked.get()
            threading.Thread(target=self._stop_and_say, args=(asked,), daemon=True).start()
            while asked.get() != _ENDED:
                self.kill()

    def _stop_and_say(self, asked: "SimpleQueue[int]") -> None:
        self.stop()
        asked.put(_ENDED)

    def _keep(self, child: Child) -> None:
        backoff = Backoff()
        while (process := self._spawn(child)) is not None:
            started = self._clock.now()
            code = process.wait()
            with self._lock:
                del self._running[child]
            if process.stdin:
                process.stdin.close()
            if self._stopping.is_set():
                return
            wait = backoff.after(self._clock.now() - started) / SECOND
            _log.warning("child ended; starting it again", role=child.role, index=child.index, code=code, seconds=wait)
            self._stopping.wait(wait)

    def _spawn(self, child: Child) -> "subprocess.Popen[bytes] | None":
        with self._lock:
            if self._stopping.is_set():
                return None
            # A group of its own: Ctrl-C in a terminal reaches the parent only, which then ends its children in order.
            process = subprocess.Popen(  # noqa: S603
                self._command(child),
                stdin=subprocess.PIPE,
                stdout=self._output,
                stderr=self._output,
                process_group=0,
            )
            self._running[child] = process
        with suppress(BrokenPipeError):  # it died already: the keeper sees that
            _tell(process, self._message)
        return process

    def _end(self, children: Sequence[Child]) -> None:
        with self._lock:
            processes = [self._running[child] for child in children if child in self._running]
            for process in processes:
                process.terminate()
        for process in processes:
            try:
                process.wait(self._grace)
            except subprocess.TimeoutExpired:
                _log.warning("child did not end in time; killed", pid=process.pid)
                process.kill()


def _tell(process: "subprocess.Popen[bytes]", message: bytes) -> None:
    assert process.stdin is not None  # noqa: S101
    process.stdin.write(message + b"\n")
    process.stdin.flush()


@contextmanager
def _signals() -> "Iterator[SimpleQueue[int]]":
    """SIGTERM and SIGINT as items of a queue: unlike an event, its `put` may interrupt its own `get`."""
    asked: SimpleQueue[int] = SimpleQueue()

    def ask(number: int, _: FrameType | None) -> None:
        asked.put(number)

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def told(stdin: BinaryIO) -> tuple[bytes, threading.Event]:
    """A child's first call, from its main thread: what its parent told it, and the event that says stop.

    The event is set by SIGTERM and when the parent is gone; a child that still runs `GRACE` seconds after its parent is
    ended hard. SIGINT is ignored: the parent coordinates.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stop, asked = threading.Event(), SimpleQueue[int]()
    signal.signal(signal.SIGTERM, lambda number, _: asked.put(number))
    message = stdin.readline().rstrip(b"\n")

    def obey() -> None:
        asked.get()
        stop.set()

    def outlive_nobody() -> None:
        # Not stdin.read: a thread that waits inside the buffered reader holds up the interpreter's end.
        while os.read(stdin.fileno(), 1):
            pass
        asked.put(0)
        stop.wait()
        time.sleep(GRACE)
        os._exit(1)

    for duty in (obey, outlive_nobody):
        threading.Thread(target=duty, daemon=True).start()
    return message, stop
