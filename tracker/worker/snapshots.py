"""Snapshots by the clock: a thread that has them written every so often, and says how that went.

Nothing waits for it, and its failures are its own: the next turn tries again.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from tracker.clock import MINUTE, SECOND, Clock
from tracker.errors import Retry, TrackerError
from tracker.metrics import Metrics

logger = structlog.get_logger()

PATIENCE = 5
"""Intervals that a snapshot waits at most, once it is due, for a sink that is behind."""


class Snapshots:
    """Has snapshots written every `interval` microseconds, counted from the last one, also over a restart."""

    def __init__(
        self,
        write: Callable[[], Sequence[Path]],
        shown: Path,
        interval: int | None,
        ready: Callable[[], bool],
        clock: Clock,
        metrics: Metrics,
        stop: threading.Event,
        behind: Callable[[], bool] = lambda: False,
    ) -> None:
        """`write` brings them up to date and returns the changed files; a turn waits until the warehouse is `ready`.
        While the sink is `behind` with its plans, it gets the time that a snapshot takes, for `PATIENCE` intervals.

        `shown` is a file that each of them replaces. Without an `interval` there are none but those asked for.
        """
        self._write, self._shown, self._interval, self._ready = write, shown, interval, ready
        self._clock, self._metrics, self._stop = clock, metrics, stop
        self._behind, self._due_since = behind, 0
        self._thread: threading.Thread | None = None
        self.problem = ""
        """Why the last one was not written; empty when it was."""

    def start(self) -> None:
        """Write them from now on, until the event given as `stop` is set."""
        if self._interval is not None:
            self._thread = threading.Thread(target=self._run, name="snapshots")
            self._thread.start()

    def join(self) -> None:
        """Return when the thread has ended, which it does soon after `stop` was set."""
        if self._thread is not None:
            self._thread.join()

    def write(self) -> Sequence[Path]:
        """Write one now. Raises what hinders it."""
        try:
            files = self._write()
        except Exception as error:
            if not self._stop.is_set():
                self.problem = f"the snapshot was not written: {error}"
                self._metrics.snapshots.labels("failed").inc()
            raise
        self.problem = ""
        self._metrics.snapshots.labels("written").inc()
        self._metrics.snapshot_time.set(self._clock.now() / SECOND)
        return files

    def turn(self) -> int:
        """Write one if its time has come; returns microseconds to wait before the next turn."""
        if not self._ready():
            return SECOND
        if (wait := self._wait()) > 0:
            return wait
        if self._gives_way():
            return SECOND
        try:
            files = self.write()
        except Exception as error:  # the warehouse is written on, whatever this is
            if not self._stop.is_set():
                expected = isinstance(error, TrackerError | OSError)
                logger.warning("the snapshot was not written", problem=str(error), exc_info=not expected)
            return min(self._interval or MINUTE, MINUTE) if isinstance(error, Retry) else self._interval or MINUTE
        logger.info("the snapshot was written", changed_days=len(files))
        return max(self._wait(), 0)

    def describe(self) -> Mapping[str, Any]:
        """What `/health` says of it."""
        last = self._last()
        return {
            "interval_seconds": None if self._interval is None else self._interval / SECOND,
            "last": None if last is None else datetime.fromtimestamp(last / SECOND, UTC).isoformat(timespec="seconds"),
            "problem": self.problem,
        }

    def _run(self) -> None:
        wait = 0
        while not self._stop.wait(wait / SECOND):
            wait = self.turn()

    def _gives_way(self) -> bool:
        """Whether one that is due leaves its time to the sink."""
        if not self._behind():
            self._due_since = 0
            return False
        self._due_since = self._due_since or self._clock.now()
        if self._clock.now() - self._due_since < PATIENCE * (self._interval or 0):
            return True
        self._due_since = 0
        return False

    def _wait(self) -> int:
        last = self._last()
        return 0 if last is None else min(last, self._clock.now()) + (self._interval or 0) - self._clock.now()

    def _last(self) -> int | None:
        try:
            return self._shown.stat().st_mtime_ns // 1000
        except OSError:
            return None
