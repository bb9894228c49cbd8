"""Where every accepted hit is, from what the warehouse and the log say.

Race-free beside a running tracker: the warehouse is asked first, in one statement; the log, which can only have moved
on since, accounts for the rest by its own counts. A warehouse that shows the tables of a plan one after the other can
be caught between two of them, so it is asked again.

The SQL is what DuckDB and ClickHouse both understand.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pyarrow as pa

from tracker.errors import Reject, Retry
from tracker.model import Offsets
from tracker.warehouse.driver import NothingThere
from tracker.worker.codec import is_hit
from tracker.worker.control import SqlAnswer
from tracker.worker.log import Log, Totals

T = TypeVar("T")

_PAGE = 10_000
_TRIES = 100
_COUNTS = 3
_CURSOR, _LEDGER, _DEAD = "tracker_cursor", "tracker_ledger", "tracker_dead_letters"
_ENDS = ("written", "duplicate", "filtered", "dead")


class NeverQuiet(Retry):
    """The log was written to in every moment that was tried."""

    def __str__(self) -> str:
        return "the log moves too fast to be counted; try again"


@dataclass(frozen=True, slots=True)
class Warehoused:
    """What the warehouse says of one partition."""

    hits: int = 0
    """Hits in all plans up to its cursor."""
    ends: Mapping[str, int] | None = None
    """Hits of those plans by where they ended: the ledger."""
    rows: int = 0
    repeated: int = 0
    """Rows whose offset another row has too."""
    dead_letters: int = 0


@dataclass(frozen=True, slots=True)
class Logged:
    """What the log says of one partition, at one moment."""

    totals: Totals
    unplanned: int
    """Hits that stand in no plan, counted one by one."""


@dataclass(frozen=True, slots=True)
class Balance:
    """One partition's sum."""

    partition: int
    log: Logged
    warehouse: Warehoused

    @property
    def places(self) -> dict[str, int]:
        """Hits by where they are."""
        ends = self.warehouse.ends or {}
        planned = self.log.totals.planned - self.warehouse.hits
        return {"open": self.log.unplanned, "planned": planned, **{end: ends.get(end, 0) for end in _ENDS}}

    @property
    def missing(self) -> int:
        """Hits that are in no place; negative: in more than one."""
        return self.log.totals.hits - sum(self.places.values())

    @property
    def faults(self) -> list[str]:
        """What does not add up, a sentence each."""
        places, here = self.places, f"partition {self.partition}:"
        faults = [
            (self.missing, f"{here} {self.log.totals.hits:,} hits were accepted and {self.missing:,} are in no place"),
            (places["planned"] < 0, f"{here} the warehouse holds {-places['planned']:,} hits more than were planned"),
            (
                self.warehouse.rows != places["written"],
                f"{here} the ledger says {places['written']:,} written, the table has {self.warehouse.rows:,} rows",
            ),
            (
                self.warehouse.dead_letters != places["dead"],
                f"{here} the ledger says {places['dead']:,} dead, and {self.warehouse.dead_letters:,} are kept",
            ),
            (self.warehouse.repeated, f"{here} {self.warehouse.repeated:,} rows repeat an offset"),
        ]
        return [sentence for is_wrong, sentence in faults if is_wrong]


def settled(
    ask: Callable[[str], SqlAnswer],
    events: Sequence[str],
    log: Log,
    tries: int = 1,
    wait: Callable[[float], object] = time.sleep,
) -> list[Balance]:
    """Every partition's sum, taken up to so many times, a second apart, until nothing is at fault."""
    for attempt in range(tries):
        if attempt:
            wait(1)
        found = balances(ask_warehouse(ask, events), log)
        if not any(balance.faults for balance in found):
            break
    return found


def ask_warehouse(ask: Callable[[str], SqlAnswer], events: Sequence[str]) -> dict[int, Warehoused]:
    """What the warehouse holds, by partition, up to its cursors. `events` are all its tables of events."""
    try:
        parts = list(_parts({table for table in (_CURSOR, _LEDGER, _DEAD, *events) if _is_there(ask, table)}, events))
    except NothingThere:
        return {}
    # One statement for all: between two the writer could commit.
    return _by_partition(ask(" UNION ALL ".join(parts)).table) if parts else {}


def _is_there(ask: Callable[[str], SqlAnswer], table: str) -> bool:
    try:
        ask(f"SELECT 1 AS one FROM {table} LIMIT 0")  # noqa: S608
    except Reject:
        return False
    return True


def _parts(there: Collection[str], events: Sequence[str]) -> Iterator[str]:
    """SELECTs of (kind, part, word, amount). In a ClickHouse a cursor can have older rows too."""
    if _CURSOR in there:
        yield f"{_counted('hits', 'max(hits)')} FROM {_CURSOR} GROUP BY partition"
    if {_CURSOR, _LEDGER} <= set(there):
        yield f"{_counted('end', 'sum(l.hits)', 'l.partition', 'l.outcome')} {_up_to_cursor(_LEDGER)}, l.outcome"
    if {_CURSOR, _DEAD} <= set(there):
        yield f"{_counted('dead', 'count(*)', 'l.partition')} {_up_to_cursor(_DEAD)}"
    if tables := [table for table in events if table in there]:
        each = " UNION ALL ".join(f"SELECT log_partition, log_offset FROM {table}" for table in tables)  # noqa: S608
        for kind, amount in (("rows", "count(*)"), ("repeated", "count(*) - count(DISTINCT log_offset)")):
            yield f"{_counted(kind, amount, 'log_partition')} FROM ({each}) AS e GROUP BY log_partition"


def _counted(kind: str, amount: str, part: str = "partition", word: str = "''") -> str:
    # Sums and counts are of several types, which have none in common.
    return f"SELECT '{kind}' AS kind, {part} AS part, {word} AS word, CAST({amount} AS BIGINT) AS amount"


def _up_to_cursor(table: str) -> str:
    return (
        f"FROM {table} AS l JOIN (SELECT partition, max(plan) AS last FROM {_CURSOR} GROUP BY partition) AS c "  # noqa: S608
        "ON l.partition = c.partition WHERE l.plan <= c.last GROUP BY l.partition"
    )


def balances(warehouse: Mapping[int, Warehoused], log: Log) -> list[Balance]:
    """Every partition's sum. `warehouse` must be older than this call."""
    return [
        Balance(partition, logged(log, partition), warehouse.get(partition, Warehoused()))
        for partition in range(log.partitions)
    ]


def logged(log: Log, partition: int) -> Logged:
    """The log's counts, and its unplanned hits counted one by one at the same moment.

    A worker that trims while this counts may take a hit from under it, so a count that does not fit is repeated.
    """
    for _ in range(_COUNTS):
        found = _looked_at(log, partition)
        if found.unplanned == found.totals.hits - found.totals.planned:
            break
    return found


def _looked_at(log: Log, partition: int) -> Logged:
    # Before the start point every hit is planned or carried; after it, no plan has left the log that has a hit there.
    start, planned = _steady(lambda: log.start(partition).offset, lambda: _planned(log, partition))
    end, totals = _steady(lambda: log.end(partition), lambda: log.totals(partition))
    found = [np.empty(0, np.int64)]
    while start < end and (records := log.read(partition, start, _PAGE)):
        found.append(np.array([at for at, record in records if at < end and is_hit(record)], np.int64))
        start = records[-1][0] + 1
    found.append(np.array([hit.offset for hit in log.carried(partition) if hit.offset < end], np.int64))
    return Logged(
        totals,
        len(np.setdiff1d(np.concatenate(found), np.concatenate([planned, _planned(log, partition, totals.plans)]))),
    )


def _planned(log: Log, partition: int, to_plan: float = math.inf) -> Offsets:
    """The offsets of all plans that are still in the log, up to `to_plan`."""
    plans = [plan.offsets() for plan in log.plans(partition, 1) if plan.n <= to_plan]
    return np.concatenate(plans) if plans else np.empty(0, np.int64)


def _steady(mark: Callable[[], int], value: Callable[[], T]) -> tuple[int, T]:
    """`mark` and `value` of one moment: `mark` was the same before and after."""
    for _ in range(_TRIES):
        before = mark()
        found = value()
        if mark() == before:
            return before, found
    raise NeverQuiet


def _by_partition(rows: pa.Table) -> dict[int, Warehoused]:
    sums: dict[int, Counter[str]] = {}
    ends: dict[int, dict[str, int]] = {}
    for row in rows.to_pylist():
        if row["kind"] == "end":
            ends.setdefault(row["part"], {})[row["word"]] = row["amount"]
        else:
            sums.setdefault(row["part"], Counter())[row["kind"]] += row["amount"]
    return {
        partition: Warehoused(
            hits=sums[partition]["hits"],
            ends=ends.get(partition),
            rows=sums[partition]["rows"],
            repeated=sums[partition]["repeated"],
            dead_letters=sums[partition]["dead"],
        )
        for partition in sums
    }
