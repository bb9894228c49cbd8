"""Where every accepted hit is, from what the warehouse and the log say.

Race-free beside a running tracker: the warehouse is asked first, in one statement; the log, which can only have moved
on since, accounts for the rest by its own counts.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pyarrow as pa

from tracker.cli.asking import NoFile
from tracker.errors import Retry
from tracker.model import Offsets
from tracker.worker.codec import is_hit
from tracker.worker.control import SqlAnswer
from tracker.worker.log import Log, Totals

T = TypeVar("T")

_PAGE = 10_000
_TRIES = 100
_COUNTS = 3
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


def ask_warehouse(ask: Callable[[str], SqlAnswer], events: str) -> dict[int, Warehoused]:
    """What the warehouse holds, by partition, in one transaction of its own. `events` is its table of events."""
    try:
        names = ask("SELECT table_name FROM duckdb_tables()").table["table_name"].to_pylist()
    except NoFile:
        return {}
    # One statement for all: between two the writer could commit.
    parts = {
        "tracker_cursor": "SELECT 'hits', partition, '', hits FROM tracker_cursor",
        "tracker_ledger": "SELECT 'end', partition, outcome, sum(hits) FROM tracker_ledger GROUP BY partition, outcome",
        "tracker_dead_letters": "SELECT 'dead', partition, '', count(*) FROM tracker_dead_letters GROUP BY partition",
        events: f"SELECT 'rows', log_partition, '', count(*) FROM {events} GROUP BY log_partition"  # noqa: S608
        " UNION ALL SELECT 'repeated', log_partition, '', count(*) - count(DISTINCT log_offset)"
        f" FROM {events} GROUP BY log_partition",
    }
    present = [part for table, part in parts.items() if table in names]
    if not present:
        return {}
    rows = ask(f"SELECT * FROM ({' UNION ALL '.join(present)}) AS t(kind, partition, name, hits)").table  # noqa: S608
    return _by_partition(rows)


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
        found = _counted(log, partition)
        if found.unplanned == found.totals.hits - found.totals.planned:
            break
    return found


def _counted(log: Log, partition: int) -> Logged:
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
            ends.setdefault(row["partition"], {})[row["name"]] = int(row["hits"])
        else:
            sums.setdefault(row["partition"], Counter())[row["kind"]] += int(row["hits"])
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
