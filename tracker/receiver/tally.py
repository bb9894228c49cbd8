"""Counting for the hot path, handed to the metrics once a second; and complaints, logged at most once a minute each."""

from collections import defaultdict
from typing import Any

import structlog

from tracker.clock import MINUTE, Clock
from tracker.errors import TrackerError
from tracker.metrics import Metrics


class Tally:
    """What was answered and refused since the metrics were last told."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._requests: defaultdict[tuple[str, int], int] = defaultdict(int)
        self._rejected: defaultdict[tuple[str, str], int] = defaultdict(int)

    def answered(self, protocol: str, status: int) -> None:
        """Count a request; `protocol` is empty where none was reached."""
        self._requests[protocol, status] += 1

    def rejected(self, protocol: str, reason: str) -> None:
        """Count a piece of a request that became no hit."""
        self._rejected[protocol, reason] += 1

    def flush(self) -> None:
        """Tell the metrics."""
        for (protocol, status), count in self._requests.items():
            self._metrics.requests.labels(protocol, str(status)).inc(count)
        for (protocol, reason), count in self._rejected.items():
            self._metrics.rejected.labels(protocol, reason).inc(count)
        self._requests.clear()
        self._rejected.clear()


class Complaints:
    """Logs what may happen a thousand times a second at most once a minute each, with how often it happened."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._log = structlog.get_logger()
        self._seen: dict[tuple[str, str], tuple[int, int]] = {}

    def add(self, message: str, what: str, error: BaseException, **fields: Any) -> None:
        """Complain about `what`. An unexpected error's own words are not logged: they may quote a request's tokens."""
        now = self._clock.now()
        logged_at, unsaid = self._seen.get((message, what), (now - MINUTE, 0))
        if now - logged_at < MINUTE:
            self._seen[message, what] = logged_at, unsaid + 1
            return
        self._seen[message, what] = now, 0
        self._log.error(message, what=what, error=_describe(error), times=unsaid + 1, **fields)


def _describe(error: BaseException) -> str:
    if isinstance(error, TrackerError | OSError):
        return f"{type(error).__name__}: {error}"
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "" if trace is None else f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
    return type(error).__name__ + where
