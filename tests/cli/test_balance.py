"""The audit's sum is right when everything is in its place, and says so when it is not."""

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import numpy as np
import pytest

from tracker.cli.balance import Balance, ask_warehouse, balances, logged
from tracker.model import Carried, Closed, Plan, StartPoint
from tracker.testing.hits import make_hit
from tracker.worker.codec import encode, tick
from tracker.worker.control import SqlAnswer
from tracker.worker.lmdb_log import LmdbLog
from tracker.worker.log import Totals

TABLES = """
CREATE TABLE tracker_cursor (partition BIGINT, log_id VARCHAR, plan BIGINT, hits BIGINT);
CREATE TABLE tracker_ledger
    (partition BIGINT, plan BIGINT, property_id VARCHAR, outcome VARCHAR, reason VARCHAR, hits BIGINT);
CREATE TABLE tracker_dead_letters (partition BIGINT);
CREATE TABLE events (log_partition BIGINT, log_offset BIGINT);
"""
START = StartPoint(0, 0)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[LmdbLog]:
    """Five hits with a tick among them: offsets 0 to 2, 4 and 5."""
    log = LmdbLog.open(tmp_path, quota=1 << 24, partitions=1, archive=None)
    record = encode(make_hit())
    log.append([(0, record)] * 3)
    log.append_own(0, tick(1))
    log.append([(0, record)] * 2)
    yield log
    log.close()


def plan(log: LmdbLog, n: int, *offsets: int, before: int = 0) -> None:
    log.put_plan(0, Plan(n, 1, [Closed(np.array(offsets, np.int64), "timeout")], before), START)


def warehouse(statements: str = "") -> Callable[[str], SqlAnswer]:
    """A DuckDB with our tables, after `statements`."""
    connection = duckdb.connect(":memory:")
    connection.execute(TABLES + statements)
    return lambda sql: SqlAnswer(connection.sql(sql).to_arrow_table(), truncated=False)


def balance(log: LmdbLog, statements: str = "") -> Balance:
    (found,) = balances(ask_warehouse(warehouse(statements), "events"), log)
    return found


def written(*offsets: int, plan: int = 1) -> str:
    """Statements that leave hits as rows, with cursor and ledger."""
    rows = "".join(f"INSERT INTO events VALUES (0, {offset});" for offset in offsets)
    return (
        f"INSERT INTO tracker_cursor VALUES (0, 'x', {plan}, {len(offsets)});"
        f"INSERT INTO tracker_ledger VALUES (0, {plan}, 'G-1', 'written', '', {len(offsets)});{rows}"
    )


def test_before_any_plan_all_hits_are_open(log: LmdbLog) -> None:
    """Ticks are no hits."""
    assert (balance(log).places["open"], balance(log).faults) == (5, [])


def test_a_plan_that_is_not_written_yet(log: LmdbLog) -> None:
    """Its hits are planned, and open no more."""
    plan(log, 1, 0, 4)
    found = balance(log)
    assert (found.places["planned"], found.places["open"], found.faults) == (2, 3, [])


def test_every_place_counts(log: LmdbLog) -> None:
    """Rows, duplicates, filtered and dead hits of written plans, a planned one and an open one."""
    plan(log, 1, 0, 1, 2)
    plan(log, 2, 4, before=3)
    statements = """
        INSERT INTO tracker_cursor VALUES (0, 'x', 1, 3);
        INSERT INTO tracker_ledger VALUES (0, 1, 'G-1', 'written', '', 1), (0, 1, 'G-1', 'filtered', 'bot', 1),
                                          (0, 1, 'G-1', 'dead', 'decode', 1);
        INSERT INTO tracker_dead_letters VALUES (0);
        INSERT INTO events VALUES (0, 0);"""
    found = balance(log, statements)
    places = {"open": 1, "planned": 1, "written": 1, "duplicate": 0, "filtered": 1, "dead": 1}
    assert (found.places, found.faults) == (places, [])


def test_a_missing_row_is_told(log: LmdbLog) -> None:
    """The ledger knows better than the table."""
    plan(log, 1, 0, 1)
    found = balance(log, written(0, 1) + "DELETE FROM events WHERE log_offset = 1;")
    assert found.faults == ["partition 0: the ledger says 2 written, the table has 1 rows"]


def test_a_hit_that_the_ledger_forgot_is_told(log: LmdbLog) -> None:
    """The cursor says two, the ledger one: one hit is nowhere."""
    plan(log, 1, 0, 1)
    found = balance(log, written(0) + "UPDATE tracker_cursor SET hits = 2;")
    assert found.faults == ["partition 0: 5 hits were accepted and 1 are in no place"]


def test_a_row_that_is_there_twice_is_told(log: LmdbLog) -> None:
    """Even where the number of rows is right."""
    plan(log, 1, 0, 1)
    assert balance(log, written(0, 0)).faults == ["partition 0: 1 rows repeat an offset"]


def test_a_dead_letter_that_was_not_kept_is_told(log: LmdbLog) -> None:
    """A counted death needs its letter."""
    plan(log, 1, 0)
    statements = """INSERT INTO tracker_cursor VALUES (0, 'x', 1, 1);
                    INSERT INTO tracker_ledger VALUES (0, 1, 'G-1', 'dead', 'decode', 1);"""
    assert balance(log, statements).faults == ["partition 0: the ledger says 1 dead, and 0 are kept"]


def test_a_warehouse_of_another_log_is_told(log: LmdbLog) -> None:
    """More rows than were ever planned cannot be ours."""
    assert balance(log, written(0, 1)).faults == ["partition 0: the warehouse holds 2 hits more than were planned"]


def test_without_tables_nothing_is_written(log: LmdbLog) -> None:
    """A tracker that has just begun balances too."""
    connection = duckdb.connect(":memory:")
    found = ask_warehouse(lambda sql: SqlAnswer(connection.sql(sql).to_arrow_table(), truncated=False), "events")
    assert [one.faults for one in balances(found, log)] == [[]]


def test_hits_before_the_start_count_where_they_are_carried(log: LmdbLog) -> None:
    """What the fold has left behind is open only if it was carried."""
    plan(log, 1, 0, 1)
    log.carry(0, [Carried(2, encode(make_hit()), 0, 9)], StartPoint(4, 2))
    assert logged(log, 0).unplanned == 3


def test_what_comes_in_while_counting_is_not_counted(log: LmdbLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Log and count are of one moment, even when a hit and its plan arrive between them."""
    read = log.read

    def late(partition: int, from_offset: int, limit: int) -> list[tuple[int, bytes]]:
        monkeypatch.undo()
        log.append([(0, encode(make_hit()))])
        plan(log, 1, 0, 6)
        return read(partition, from_offset, limit)

    monkeypatch.setattr(log, "read", late)
    found = logged(log, 0)
    assert (found.totals, found.unplanned) == (Totals(hits=5, planned=0, plans=0), 5)
