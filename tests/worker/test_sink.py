"""One sink working through plans: order, restarts, deaths at a plan, and cursors that do not belong."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.worker.shelf import Shelf, offsets_of, plan_offsets
from tracker.errors import Broken
from tracker.metrics import new_metrics
from tracker.model import Batch, Closed, Cursor, Plan, StartPoint
from tracker.testing import make_hit
from tracker.worker import codec
from tracker.worker.archive import Archive
from tracker.worker.lmdb_log import LmdbLog
from tracker.worker.sink import Behind, Sink, put_aside


class Died(BaseException):
    """What stands for the end of the process."""


@pytest.fixture
def log(tmp_path: Path) -> Iterator[LmdbLog]:
    """A log with eight hits in three plans."""
    made = LmdbLog.open(tmp_path / "log", quota=64 << 20, partitions=1, archive=Archive(tmp_path / "archive"))
    made.append([(0, codec.encode(make_hit(f"en=e{n}"))) for n in range(8)])
    for n, groups in enumerate([[[0, 1], [2]], [[3], [4, 5]], [[6, 7]]], start=1):
        closed = tuple(Closed(np.array(group), "timeout") for group in groups)
        made.put_plan(0, Plan(n, n, closed, made.totals(0).planned), StartPoint(0, 0))
    yield made
    made.close()


def compute(partition: int, plan: Plan, records: Sequence[bytes], killed: Sequence[int]) -> Batch:
    """A row for each hit; records must belong to the plan's offsets. Event e4 ends the program."""
    offsets = plan_offsets(plan)
    assert [codec.decode_hit(record).query for record in records] == [b"en=e%d" % offset for offset in offsets]
    if compute.deadly and 4 in set(offsets) - set(killed):  # type: ignore[attr-defined]
        raise Died
    return offsets_of(partition, plan, records, killed)


@pytest.fixture(autouse=True)
def harmless() -> None:
    """No event is deadly unless a test says so."""
    compute.deadly = False  # type: ignore[attr-defined]


def sink(log: LmdbLog, shelf: Shelf, reached: str = "") -> Sink:
    """A sink that dies at the point `reached`."""

    def at(point: str) -> None:
        if point == reached:
            raise Died

    made = Sink("main", log, compute, shelf, 3, new_metrics(), threading.Event(), threading.Event(), at)
    made.open()
    return made


def finish(one: Sink) -> None:
    """Write all plans."""
    while one.advance(0):
        pass


def test_plans_are_written_in_order(log: LmdbLog) -> None:
    """Each once, and the log's cursor follows."""
    shelf = Shelf()
    finish(sink(log, shelf))
    assert shelf.rows == [*range(8)]
    assert log.cursor(0, "main") == 3


@pytest.mark.parametrize("point", ["before_compute", "before_write", "after_write", "after_cursor"])
def test_a_death_anywhere_doubles_nothing(log: LmdbLog, point: str) -> None:
    """Whatever the last thing was that the program did."""
    shelf = Shelf()
    for _ in range(3):
        with pytest.raises(Died):
            finish(sink(log, shelf, point))
    finish(sink(log, shelf))
    assert shelf.rows == [*range(8)]


def test_the_warehouses_word_wins(log: LmdbLog) -> None:
    """It has plan 2 although the log was not told."""
    shelf = Shelf(rows=[], lasts={0: Cursor(log.id, 0, 2, 6)})
    finish(sink(log, shelf))
    assert shelf.rows == [6, 7]
    assert log.cursor(0, "main") == 3


def test_a_warehouse_put_back_from_a_backup_catches_up(log: LmdbLog) -> None:
    """As long as the plans are still in the log."""
    shelf = Shelf()
    finish(sink(log, shelf))
    older = Shelf(rows=[0, 1, 2], lasts={0: Cursor(log.id, 0, 1, 3)})
    finish(sink(log, older))
    assert older.rows == [*range(8)]


def test_a_warehouse_of_another_log_stops_the_sink(log: LmdbLog) -> None:
    """Its rows are not ours."""
    with pytest.raises(Broken, match="another log"):
        sink(log, Shelf(lasts={0: Cursor("someone else", 0, 1, 1)}))


def test_a_warehouse_beyond_the_log_stops_the_sink(log: LmdbLog) -> None:
    """The log was put back from a backup."""
    with pytest.raises(Broken, match="has plan 9"):
        sink(log, Shelf(lasts={0: Cursor(log.id, 0, 9, 99)}))


def test_a_warehouse_that_needs_trimmed_plans_stops_the_sink(log: LmdbLog) -> None:
    """Somebody deleted the file after the log was trimmed."""
    finish(sink(log, Shelf()))
    log.save_start(0, StartPoint(8, 0))
    log.trim(0, 8, 3)
    with pytest.raises(Behind, match=r"no longer in the log.* `tracker rebuild --sink main`") as error:
        sink(log, Shelf())
    assert (error.value.partition, error.value.plan) == (0, 1)


def test_a_warehouse_that_needs_trimmed_hits_stops_the_sink(log: LmdbLog) -> None:
    """The plan stays while a hit of it is after the start point; those before are gone."""
    finish(sink(log, Shelf()))
    log.save_start(0, StartPoint(5, 0))
    log.trim(0, 5, 3)
    assert [plan.n for plan in log.plans(0, 1)] == [2, 3]
    behind = sink(log, Shelf(lasts={0: Cursor(log.id, 0, 1, 3)}))
    with pytest.raises(Behind) as error:
        finish(behind)
    assert error.value.plan == 2


def test_what_kills_the_program_is_put_aside(log: LmdbLog) -> None:
    """After three deaths at a plan its protosessions are tried alone; only the killer's hits are missing."""
    compute.deadly = True  # type: ignore[attr-defined]
    shelf = Shelf()
    deaths = 0
    for _ in range(10):
        try:
            finish(sink(log, shelf))
            break
        except Died:
            deaths += 1
    assert deaths == 5
    assert shelf.rows == [0, 1, 2, 3, 6, 7]
    outcomes = log.outcomes(0, 2)
    assert outcomes is not None
    assert dict(outcomes.dead) == {4: "killed_the_worker", 5: "killed_the_worker"}
    assert put_aside(log, 0, ["other", "main"], next(log.plans(0, 2))) == [4, 5]
    assert put_aside(log, 0, ["other"], next(log.plans(0, 2))) == []


def test_a_suspect_is_not_put_aside(log: LmdbLog) -> None:
    """One death while it was tried alone may be anybody's doing."""
    compute.deadly = True  # type: ignore[attr-defined]
    for _ in range(4):
        with pytest.raises(Died):
            finish(sink(log, Shelf(lasts={0: Cursor(log.id, 0, 1, 3)})))
    assert put_aside(log, 0, ["main"], next(log.plans(0, 2))) == []
