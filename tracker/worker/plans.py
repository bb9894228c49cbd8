"""When a batch is complete: by hits, or by log time. Pure, so that the same closings always make the same plans."""

from collections import deque
from collections.abc import Sequence

from tracker.model import Closed


class Planner:
    """Closed protosessions in the order of their closing, cut into batches.

    A batch ends after the protosession that reaches `batch_hits`, or when log time has moved `flush_interval` since the
    last plan. One record that closes a million protosessions makes many plans.
    """

    def __init__(self, batch_hits: int, flush_interval: int, last_plan_at: int = 0) -> None:
        self._batch_hits, self._flush_interval, self._last = batch_hits, flush_interval, last_plan_at
        self._waiting: deque[Closed] = deque()
        self.hits = 0
        """Hits of closed protosessions that stand in no plan yet."""

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, closed: Sequence[Closed], log_time: int) -> list[list[Closed]]:
        """The batches that are complete now that these closed, or that time passed (`closed` may be empty)."""
        for protosession in closed:
            self._waiting.append(protosession)
            self.hits += len(protosession.offsets)
        batches = []
        while self.hits >= self._batch_hits:
            batches.append(self._take(self._batch_hits, log_time))
        if self._waiting and log_time - self._last >= self._flush_interval:
            batches.append(self._take(self.hits, log_time))
        return batches

    def clock_set_back(self, log_time: int) -> None:
        """Log time was set back: the flush interval counts from the new time."""
        self._last = min(self._last, log_time)

    def _take(self, hits: int, log_time: int) -> list[Closed]:
        batch, held = [], 0
        while self._waiting and held < hits:
            protosession = self._waiting.popleft()
            held += len(protosession.offsets)
            batch.append(protosession)
        self.hits -= held
        self._last = log_time
        return batch
