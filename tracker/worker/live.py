"""What is in no table of a sink yet: hits of open protosessions, of closed ones that no plan has, and of plans that the
sink has still to write.

The log is folded once more, from its start point, by a fold of its own; nothing is written and the running fold is not
asked. Every look into the log is a short transaction. A log that was trimmed between two looks shows it in its marks,
and is looked at again.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import pyarrow as pa

from tracker.errors import Broken, Retry
from tracker.model import Batch, Carried, Closed, Cursor, Plan, Routing, StartPoint
from tracker.worker.log import Log
from tracker.worker.suspects import Suspects

PAGE = 5_000
"""Log records read at a time."""
KEPT = 10.0
"""Seconds for which an answer is given again while no hit came and no plan was made."""
_TRIES = 3
_PATIENCE = 0.05
_NONE = np.empty(0, np.int64)

Check = Callable[[], None]
"""Raises when nobody wants the answer any more. Called often."""


class Listing(Protocol):
    """The fold, as it is needed here."""

    log_time: int

    @property
    def open_hits(self) -> int:
        """Hits of open protosessions."""

    def apply(self, offset: int, routing: Routing, planned: bool = False) -> list[Closed]:
        """Apply one record; returns what it closed."""

    def open_now(self, most_hits: int) -> list[Closed]:
        """The open protosessions that were last active, as if they closed now, until they hold so many hits."""


class Moved(Retry):
    """The log was trimmed past what the tables had when they were asked: ask both again."""

    def __init__(self, partition: int) -> None:
        super().__init__(partition)
        self.partition = partition

    def __str__(self) -> str:
        return f"the log of partition {self.partition} was trimmed while it was read; try again"


@dataclass(frozen=True, slots=True)
class Live:
    """Events that are in no table yet."""

    events: pa.Table
    """As a batch has them, `ingested_at` being log time now."""
    shown: int = 0
    """Hits that were looked at. Duplicates, dead letters and what filters leave out are no events."""
    hits: int = 0
    """Hits that are in no table, all of them."""
    avoided: int = 0
    """Hits that are not looked at because the program died twice while it did."""


@dataclass(frozen=True, slots=True)
class Pending:
    """The protosessions of one partition that are in no table, those that were last active first."""

    partition: int
    log_time: int
    protosessions: Sequence[Closed]
    hits: int
    """Hits that are in no table, those of protosessions that are not listed too."""
    avoided: int = 0

    @property
    def listed(self) -> int:
        """Hits of the protosessions listed."""
        return sum(len(closed.offsets) for closed in self.protosessions)

    def first(self, most_hits: int) -> "Pending":
        """Those that were last active, until they hold so many hits."""
        return replace(self, protosessions=list(_until(most_hits, self.protosessions)))


class LiveHits:
    """Computes what is in no table. May be called from any number of threads; one at a time computes."""

    def __init__(
        self,
        log: Log,
        fold: Callable[[StartPoint, Sequence[Carried]], Listing],
        decode: Callable[[bytes], Routing],
        compute: Callable[[int, Plan, Sequence[bytes]], Batch],
        nothing: pa.Table,
        most_hits: int,
        suspects: Suspects | None = None,
    ) -> None:
        """`compute` is for these answers alone; `nothing` is its table of events without rows. Without `suspects` the
        process may die of a hit as often as it is asked.
        """
        self._log, self._fold, self._decode, self._compute = log, fold, decode, compute
        self._nothing, self._most_hits, self._suspects = nothing, most_hits, suspects
        self._lock = threading.Lock()
        self._last: tuple[object, float, Live] | None = None

    def __call__(self, has: Mapping[int, Cursor], check: Check = lambda: None) -> Live:
        """The events that are not in tables which have the plans up to `has`, by partition.

        The cursors must be read before this call, in the transaction that reads the tables. Raises `Moved` when the log
        no longer has what follows them: read them again; `Broken` when they are another log's.
        """
        for cursor in has.values():
            if cursor.log_id != self._log.id:
                raise Broken(f"the tables hold rows of another log ({cursor.log_id}); this one is {self._log.id}")
        partitions = range(self._log.partitions)
        plans = {partition: has[partition].plan if partition in has else 0 for partition in partitions}
        with self._turn(check):
            mark = plans, [self._log.totals(partition) for partition in partitions]
            if self._last is None or self._last[0] != mark or time.monotonic() - self._last[1] > KEPT:
                self._last = None
                found = [self._pending(partition, plan, check) for partition, plan in plans.items()]
                self._last = mark, time.monotonic(), self._computed(found, check)
            return self._last[2]

    @contextmanager
    def _turn(self, check: Check) -> Iterator[None]:
        while not self._lock.acquire(timeout=_PATIENCE):
            check()
        try:
            yield
        finally:
            self._lock.release()

    def _pending(self, partition: int, has: int, check: Check) -> Pending:
        for _ in range(_TRIES):
            before = self._marks(partition)
            if before[1] > has + 1:
                break
            found = self._replayed(partition, has, check)
            if self._marks(partition) == before:
                return found
        raise Moved(partition)

    def _marks(self, partition: int) -> tuple[StartPoint, int]:
        """Where a fold starts, and the first plan: as long as both stay, nothing that it needs was trimmed."""
        first = next(iter(self._log.plans(partition, 0, 1)), None)
        return self._log.start(partition), self._log.totals(partition).plans + 1 if first is None else first.n

    def _replayed(self, partition: int, has: int, check: Check) -> Pending:
        log, start = self._log, self._log.start(partition)
        recent = _Recent(self._most_hits, self._suspects.before(partition) if self._suspects else 0)
        parts = [_NONE]
        for plan in log.plans(partition, 0):
            check()
            parts.append(plan.offsets())
            if plan.n > has:
                recent.add(plan.protosessions)
        # Whatever stands in these plans is before an end that is read after them, and in a carry that is too.
        offsets, end = np.concatenate(parts), log.end(partition)
        carried = log.carried(partition)
        of_carried = np.array([hit.offset for hit in carried], np.int64)
        fold = self._fold(
            start, [hit for hit, done in zip(carried, np.isin(of_carried, offsets), strict=True) if not done]
        )
        planned = np.zeros(max(0, end - start.offset), bool)
        planned[offsets[offsets >= start.offset] - start.offset] = True
        for offset, record in self._records(partition, start.offset, end, check):
            recent.add(fold.apply(offset, self._decode(record), bool(planned[offset - start.offset])))
        recent.add(reversed(fold.open_now(self._most_hits)), fold.open_hits)
        return Pending(partition, fold.log_time, recent.listed(), recent.hits, recent.avoided)

    def _records(self, partition: int, offset: int, end: int, check: Check) -> Iterator[tuple[int, bytes]]:
        while offset < end and (records := self._log.read(partition, offset, min(PAGE, end - offset))):
            check()
            yield from records
            offset = records[-1][0] + 1

    def _computed(self, found: Sequence[Pending], check: Check) -> Live:
        shares = _shares([pending.listed for pending in found], self._most_hits)
        shown = [pending.first(share) for pending, share in zip(found, shares, strict=True) if pending.protosessions]
        hits, avoided = sum(pending.hits for pending in found), sum(pending.avoided for pending in found)
        if not shown:
            return Live(self._nothing, 0, hits, avoided)
        ends = {pending.partition: self._log.end(pending.partition) for pending in shown}
        with self._suspects.trying(ends) if self._suspects else nullcontext():
            events = [self._events(pending, check) for pending in shown]
        return Live(pa.concat_tables(events), sum(pending.listed for pending in shown), hits, avoided)

    def _events(self, pending: Pending, check: Check) -> pa.Table:
        check()
        protosessions = sorted(pending.protosessions, key=lambda closed: int(closed.offsets[0]))
        plan = Plan(0, pending.log_time, protosessions, 0)
        try:
            records = self._log.get(pending.partition, np.concatenate([closed.offsets for closed in protosessions]))
        except Broken as error:
            raise Moved(pending.partition) from error
        return self._compute(pending.partition, plan, records).events


def noted(log: Log, sink: str) -> dict[int, Cursor]:
    """What a sink has, by partition, as the log knows it: for warehouses that are not read in the same transaction."""
    return {n: Cursor(log.id, n, log.cursor(n, sink), 0) for n in range(log.partitions)}


class _Recent:
    """Keeps the protosessions that were last active, as far as they are needed for so many hits; counts all."""

    def __init__(self, most_hits: int, avoid: int) -> None:
        self._most_hits, self._avoid = most_hits, avoid
        self._kept: deque[Closed] = deque()
        self._held = 0
        self.hits = self.avoided = 0

    def add(self, protosessions: Iterable[Closed], hits: int | None = None) -> None:
        """Add some, the last active last, all after those before. `hits` counts others that are not listed, too."""
        kept, listed = self._kept, 0
        for closed in protosessions:
            listed += (size := len(closed.offsets))
            if closed.offsets[0] < self._avoid:
                self.avoided += size
                continue
            kept.append(closed)
            self._held += size
            while self._held - len(kept[0].offsets) >= self._most_hits:
                self._held -= len(kept.popleft().offsets)
        self.hits += listed if hits is None else hits

    def listed(self) -> list[Closed]:
        """Those that are kept, the last active first."""
        return sorted(self._kept, key=lambda closed: -int(closed.offsets[-1]))


def _until(most_hits: int, protosessions: Iterable[Closed]) -> Iterator[Closed]:
    for closed in protosessions:
        if most_hits <= 0:
            return
        most_hits -= len(closed.offsets)
        yield closed


def _shares(hits: Sequence[int], most_hits: int) -> list[int]:
    """How many hits each partition may show: all that it has, or as many as the others that have too many."""
    shares = [0] * len(hits)
    for done, number in enumerate(sorted(range(len(hits)), key=hits.__getitem__)):
        shares[number] = min(hits[number], -(-most_hits // (len(hits) - done)))
        most_hits -= shares[number]
    return shares
