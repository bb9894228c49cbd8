"""Group commit: the hits of many requests go into one durable append, and each request is told when it is on disk."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import NamedTuple

from tracker.clock import Clock
from tracker.config import ReceiverSettings
from tracker.errors import Retry
from tracker.metrics import Metrics
from tracker.receiver.tally import Complaints

MAX_WAITING_BYTES = 64 << 20
"""Most bytes of records that may wait for a commit, whatever their number."""

Append = Callable[[Sequence[tuple[int, bytes]], Sequence[bytes]], list[int]]
"""Appends (partition, record) pairs and rejections in one durable transaction; blocks; all or nothing."""
Done = Callable[[Exception | None], None]
"""Called once, on the event loop: None when the hits are on disk, else why they are not."""


class Overloaded(Retry):
    """More hits wait for a commit than may."""

    def __init__(self, waiting: int) -> None:
        super().__init__(waiting)
        self.waiting = waiting

    def __str__(self) -> str:
        return f"{self.waiting:,} hits wait for the log already; nothing was accepted"


class Entry(NamedTuple):
    """One request's share of a commit; never divided."""

    records: Sequence[tuple[int, bytes]]
    rejections: Sequence[bytes]
    protocol: str
    done: Done
    size: int
    """Bytes of the records."""


@dataclass(frozen=True, slots=True)
class _Batch:
    entries: Sequence[Entry]
    notes: Sequence[bytes]
    """Rejections that nobody waits for."""
    hits: int


class Committer:
    """Collects what waits while an append runs, and appends it at once when that one ends.

    Everything but `append` happens on the event loop; `append` runs in one thread of its own.
    """

    def __init__(
        self, append: Append, *, settings: ReceiverSettings, metrics: Metrics, clock: Clock, complaints: Complaints
    ) -> None:
        self._append, self._commit_hits, self._max_waiting = append, settings.commit_hits, settings.max_waiting
        self._metrics, self._clock, self._complaints = metrics, clock, complaints
        self._entries: deque[Entry] = deque()
        self._notes: deque[bytes] = deque()
        self._inbox: SimpleQueue[_Batch | None] = SimpleQueue()
        self._is_busy = self._is_closing = False
        self._drained: asyncio.Future[None] | None = None
        self.waiting = 0
        """Hits that wait for the next commit."""
        self._waiting_bytes = 0
        self.running_since: int | None = None
        """When the append now running began."""
        self.committed_at: int | None = None
        """When the last append succeeded."""
        self.seconds = 0.0
        """How long the last append took."""
        self.failure: Exception | None = None
        """Why the last append failed; None: it did not."""
        self.failed_at = 0

    def start(self) -> None:
        """Begin. Must be called on the event loop."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="commit", daemon=True)
        self._thread.start()

    def submit(self, entry: Entry) -> None:
        """Have an entry committed; `entry.done` is called when it was. Raises `Overloaded`, and then never calls it."""
        hits, size = len(entry.records), entry.size
        if self.waiting and (self.waiting + hits > self._max_waiting or self._waiting_bytes + size > MAX_WAITING_BYTES):
            raise Overloaded(self.waiting)
        self._entries.append(entry)
        self.waiting += hits
        self._waiting_bytes += size
        self._wake()

    def note(self, rejections: Sequence[bytes]) -> None:
        """Have rejections ride with the next commit. Raises `Overloaded` where too many wait already."""
        if self._notes and len(self._notes) + len(rejections) > self._max_waiting:
            raise Overloaded(len(self._notes))
        self._notes.extend(rejections)
        if len(self._notes) >= self._commit_hits:
            self._wake()

    def tick(self) -> None:
        """Commit rejections that found no hits to ride with. Must be called about once a second."""
        if self._notes:
            self._wake()

    async def drain(self) -> None:
        """Wait until nothing waits."""
        if self._is_busy or self._entries:
            self._drained = self._loop.create_future()
            await self._drained

    async def close(self) -> None:
        """Commit what waits, then end the thread."""
        self._is_closing = True
        self.tick()
        await self.drain()
        self._inbox.put(None)
        self._thread.join()

    def _wake(self) -> None:
        if not self._is_busy:
            self._is_busy = True
            # Not at once: requests that this turn of the event loop still handles come along.
            self._loop.call_soon(self._next)

    def _next(self) -> None:
        entries: list[Entry] = []
        hits = 0
        while self._entries:
            more = len(self._entries[0].records)
            if entries and hits + more > self._commit_hits:
                break
            entry = self._entries.popleft()
            entries.append(entry)
            hits += more
            self._waiting_bytes -= entry.size
        notes = [self._notes.popleft() for _ in range(min(len(self._notes), self._commit_hits))]
        self.waiting -= hits
        self.running_since = self._clock.now()
        self._inbox.put(_Batch(entries, notes, hits))

    def _run(self) -> None:
        while (batch := self._inbox.get()) is not None:
            records = [record for entry in batch.entries for record in entry.records]
            rejections = [rejection for entry in batch.entries for rejection in entry.rejections]
            error: Exception | None = None
            began = time.perf_counter()
            try:
                self._append(records, [*rejections, *batch.notes])
            except Exception as caught:  # the thread's boundary: told to every request of the batch
                error = caught
            self._loop.call_soon_threadsafe(self._finish, batch, error, time.perf_counter() - began)

    def _finish(self, batch: _Batch, error: Exception | None, seconds: float) -> None:
        self.running_since, self.seconds, self.failure = None, seconds, error
        if error is None:
            self._count(batch, seconds)
        else:
            self.failed_at = self._clock.now()
            self._complaints.add("hits could not be committed", type(error).__name__, error, hits=batch.hits)
            if isinstance(error, Retry) and not self._is_closing:
                self._notes.extendleft(reversed(batch.notes))
        self._is_busy = bool(
            self._entries
            or (self._notes and self._is_closing)
            or (len(self._notes) >= self._commit_hits and error is None)
        )
        if self._is_busy:
            self._next()
        for entry in batch.entries:
            try:
                entry.done(error)
            except Exception as caught:  # one request's trouble must not keep its neighbours waiting
                self._complaints.add("an answer failed", type(caught).__name__, caught)
        if not self._is_busy and self._drained is not None:
            self._drained.set_result(None)
            self._drained = None

    def _count(self, batch: _Batch, seconds: float) -> None:
        self.committed_at = self._clock.now()
        self._metrics.commits.observe(seconds)
        if not batch.hits:
            return
        self._metrics.commit_hits.observe(batch.hits)
        hits: dict[str, int] = {}
        for entry in batch.entries:
            hits[entry.protocol] = hits.get(entry.protocol, 0) + len(entry.records)
        for protocol, count in hits.items():
            self._metrics.hits.labels(protocol).inc(count)
