"""Whether the tables of a warehouse hold what its cursor says: asked before and after they are built again."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tracker.errors import Broken
from tracker.model import Cursor
from tracker.warehouse.driver import Driver
from tracker.warehouse.layout import LEDGER


class Meddled(Broken):
    """Tables and cursor of a warehouse contradict each other."""

    def __init__(self, sink: str, faults: Sequence[str]) -> None:
        super().__init__(sink, faults)
        self.sink, self.faults = sink, tuple(faults)

    def __str__(self) -> str:
        return (
            f"sink {self.sink!r}: {'; '.join(self.faults)}. Somebody emptied or changed some of its tables: remove all "
            "of them, `tracker_cursor` and the other `tracker_...` tables too (of DuckDB: the file), and try again"
        )


def faults(driver: Driver, events: Sequence[str], cursors: Iterable[Cursor], *, exact: bool) -> Iterator[str]:
    """What is wrong, a sentence each; nothing where the warehouse answers no questions.

    `events` are the tables of events, `cursors` what the warehouse says it has of each partition. Unless `exact` the
    plan after the cursor's may be there in part.
    """
    try:
        for cursor in cursors:
            yield from _faults(driver, events, cursor, exact=exact)
    except NotImplementedError:
        return


def _faults(driver: Driver, events: Sequence[str], cursor: Cursor, *, exact: bool) -> Iterator[str]:
    here = f"of partition {cursor.partition}"
    ledger = f"FROM {LEDGER} WHERE partition = {cursor.partition}"
    hits = _number(driver, f"SELECT sum(hits) AS n {ledger} AND plan <= {cursor.plan}")
    written = _number(driver, f"SELECT sum(hits) AS n {ledger} AND outcome = 'written' AND plan <= {cursor.plan}")
    newest = _number(driver, f"SELECT max(plan) AS n {ledger}")
    counts = (f"SELECT count(*) AS n FROM {table} WHERE log_partition = {cursor.partition}" for table in events)  # noqa: S608
    rows = sum(_number(driver, sql) for sql in counts)
    if hits != cursor.hits:
        yield f"its cursor says that it has {cursor.hits:,} hits {here}, and its ledger counts {hits:,}"
    if newest > cursor.plan + (not exact):
        yield f"its cursor says that it has plans up to {cursor.plan} {here}, and its ledger knows plan {newest}"
    elif rows < written or (exact and rows > written):
        yield f"its ledger says that {written:,} hits {here} were written, and there are {rows:,} rows"


def _number(driver: Driver, sql: str) -> int:
    value: Any = driver.query(sql)["n"][0].as_py()
    return int(value or 0)
