"""When a batch is complete: by hits, bytes or log time. Pure, so that the same closings always make the same plans."""

from collections import deque
from collections.abc import Callable, Sequence

from tracker.model import Closed


class Planner:
    """Closed protosessions in the order of their closing, cut into batches.

    A batch ends after the protosession that reaches `batch_hits` or `batch_bytes`, or when log time has moved
    `flush_interval` since the last plan. One record that closes a million protosessions makes many plans.
    """

    def __init__(
        self,
        batch_hits: int,
        flush_interval: int,
        last_plan_at: int = 0,
        batch_bytes: int = 1 << 62,
        size_of: Callable[[Closed], int] = lambda closed: 0,
    ) -> None:
        """`size_of` says how many bytes the hits of a protosession have in the log."""
        self._batch_hits, self._flush_interval, self._last = batch_hits, flush_interval, last_plan_at
        self._batch_bytes, self._size_of = batch_bytes, size_of
        self._waiting: deque[tuple[Closed, int]] = deque()
        self.hits = 0
        """Hits of closed protosessions that stand in no plan yet."""
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, closed: Sequence[Closed], log_time: int) -> list[list[Closed]]:
        """The batches that are complete now that these closed, or that time passed (`closed` may be empty)."""
        for protosession in closed:
            size = self._size_of(protosession)
            self._waiting.append((protosession, size))
            self.hits += len(protosession.offsets)
            self._bytes += size
        batches = []
        while self.hits >= self._batch_hits or self._bytes >= self._batch_bytes:
            batches.append(self._take(self._batch_hits, log_time))
        if self._waiting and log_time - self._last >= self._flush_interval:
            batches.append(self._take(self.hits, log_time))
        return batches

    def clock_set_back(self, log_time: int) -> None:
        """Log time was set back: the flush interval counts from the new time."""
        self._last = min(self._last, log_time)

    def _take(self, hits: int, log_time: int) -> list[Closed]:
        batch, held, held_bytes = [], 0, 0
        while self._waiting and held < hits and held_bytes < self._batch_bytes:
            protosession, size = self._waiting.popleft()
            held += len(protosession.offsets)
            held_bytes += size
            batch.append(protosession)
        self.hits -= held
        self._bytes -= held_bytes
        self._last = log_time
        return batch
