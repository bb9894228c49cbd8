"""The audit's sum is right when everything is in its place, and says so when it is not."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from tracker.cli.balance import Balance, ask_warehouse, balances, logged, settled
from tracker.config import SqlSettings
from tracker.errors import Reject
from tracker.model import Carried, Closed, Cursor, Plan, StartPoint
from tracker.testing.hits import make_hit
from tracker.warehouse.clickhouse import ClickHouse, ClickHouseSettings
from tracker.warehouse.driver import TableBatch
from tracker.warehouse.layout import DEAD_LETTERS, DEAD_LETTERS_SCHEMA, LEDGER, LEDGER_SCHEMA
from tracker.worker.codec import encode, tick
from tracker.worker.control import SqlAnswer
from tracker.worker.lmdb_log import LmdbLog
from tracker.worker.log import Totals

TABLES = """
CREATE TABLE tracker_cursor (partition BIGINT, log_id VARCHAR, plan BIGINT, hits BIGINT);
CREATE TABLE tracker_ledger
    (partition BIGINT, plan BIGINT, property_id VARCHAR, outcome VARCHAR, reason VARCHAR, hits BIGINT);
CREATE TABLE tracker_dead_letters (partition BIGINT, plan BIGINT);
CREATE TABLE events (log_partition BIGINT, log_offset BIGINT);
"""
SCHEMAS = {LEDGER: LEDGER_SCHEMA, DEAD_LETTERS: DEAD_LETTERS_SCHEMA}
EVENTS = pa.schema(
    [pa.field("log_partition", pa.int64(), nullable=False), pa.field("log_offset", pa.int64(), nullable=False)]
)
LETTERS = "INSERT INTO tracker_dead_letters VALUES (0, 2), (0, 2);"
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
    return asking(connection)


def asking(connection: duckdb.DuckDBPyConnection) -> Callable[[str], SqlAnswer]:
    """What asks a connection, as the control socket does."""

    def ask(sql: str) -> SqlAnswer:
        try:
            return SqlAnswer(connection.sql(sql).to_arrow_table(), truncated=False)
        except duckdb.Error as error:
            raise Reject(str(error)) from error

    return ask


def balance(log: LmdbLog, statements: str = "") -> Balance:
    (found,) = balances(ask_warehouse(warehouse(statements), ["events"]), log)
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
        INSERT INTO tracker_dead_letters VALUES (0, 1);
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


def test_a_plan_behind_the_cursor_does_not_count(log: LmdbLog) -> None:
    """Its ledger and letters can be there before its cursor; only its rows have no plan to know them by."""
    plan(log, 1, 0, 1)
    plan(log, 2, 2, 4, before=2)
    half = "INSERT INTO tracker_ledger VALUES (0, 2, 'G-1', 'dead', 'decode', 2);" + LETTERS
    found = balance(log, written(0, 1) + half)
    assert (found.places["planned"], found.places["dead"], found.faults) == (2, 0, [])


def test_the_newest_cursor_counts(log: LmdbLog) -> None:
    """A ClickHouse keeps older ones until it merges."""
    plan(log, 1, 0, 1)
    plan(log, 2, 2, before=2)
    second = "INSERT INTO tracker_cursor VALUES (0, 'x', 2, 3);"
    second += "INSERT INTO tracker_ledger VALUES (0, 2, 'G-1', 'written', '', 1); INSERT INTO events VALUES (0, 2);"
    found = balance(log, written(0, 1) + second)
    assert (found.places["written"], found.faults) == (3, [])


def test_all_tables_of_events_count(log: LmdbLog) -> None:
    """A row in two of them repeats its offset."""
    plan(log, 1, 0, 1)
    shop = "CREATE TABLE shop_events AS FROM events WHERE log_offset = 1;"
    moved, copied = ("DELETE FROM events WHERE log_offset = 1;", "")
    faults = []
    for also in (moved, copied):
        found = ask_warehouse(warehouse(written(0, 1) + shop + also), ["events", "shop_events"])
        faults.append(balances(found, log)[0].faults)
    assert faults == [
        [],
        ["partition 0: the ledger says 2 written, the table has 3 rows", "partition 0: 1 rows repeat an offset"],
    ]


def test_a_warehouse_caught_between_two_tables_is_asked_again(log: LmdbLog) -> None:
    """Until the sum is right, a second apart."""
    plan(log, 1, 0, 1)
    connection = duckdb.connect(":memory:")
    connection.execute(TABLES + "INSERT INTO events VALUES (0, 0), (0, 1);")
    rest = "INSERT INTO tracker_cursor VALUES (0, 'x', 1, 2);"
    rest += "INSERT INTO tracker_ledger VALUES (0, 1, 'G-1', 'written', '', 2)"
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 2:
            connection.execute(rest)

    found = settled(asking(connection), ["events"], log, 5, wait)
    assert (found[0].faults, waited) == ([], [1, 1])


def test_it_is_asked_only_so_often(log: LmdbLog) -> None:
    """Then the faults are told."""
    plan(log, 1, 0, 1)
    waited: list[float] = []
    found = settled(warehouse("INSERT INTO events VALUES (0, 0);"), ["events"], log, 3, waited.append)
    assert (len(found[0].faults), waited) == (1, [1, 1])


def test_clickhouse_is_asked_the_same(log: LmdbLog, chdb_folder: Path) -> None:
    """With the cursors of two plans, a plan half written behind them, and every kind of end."""
    driver = ClickHouse(ClickHouseSettings(interface="chdb", database=f"test_{uuid4().hex}"), chdb_folder)
    driver.open()
    for table, schema in {**SCHEMAS, "events": EVENTS}.items():
        driver.create(table, schema)
    for n, (offset, end) in enumerate([(0, "written"), (1, "dead"), (2, "filtered")], 1):
        plan(log, n, offset, before=n - 1)
        ledger = {"partition": 0, "plan": n, "property_id": "G-1", "outcome": end, "reason": "", "hits": 1}
        letter: dict[str, object] = dict.fromkeys(DEAD_LETTERS_SCHEMA.names, "") | {
            "partition": 0,
            "log_offset": offset,
            "plan": n,
        }
        letter |= {"received_at": 0, "record": b""}
        tables = [
            TableBatch("events", pa.Table.from_pylist([{"log_partition": 0, "log_offset": offset}], EVENTS)),
            TableBatch(LEDGER, pa.Table.from_pylist([ledger], LEDGER_SCHEMA)),
            TableBatch(DEAD_LETTERS, pa.Table.from_pylist([letter], DEAD_LETTERS_SCHEMA)),
        ]
        wanted = {"written": tables[:2], "dead": tables[1:], "filtered": tables[1:2]}[end]
        driver.append(wanted, Cursor("x", 0, n, n))
    plan(log, 4, 4, before=3)
    dead = pa.Table.from_pylist([letter | {"plan": 4, "log_offset": 4}], DEAD_LETTERS_SCHEMA)
    driver._insert(DEAD_LETTERS, dead, "")  # as after a crash between two tables
    queries = driver.queries(SqlSettings())
    found = settled(lambda sql: SqlAnswer(queries.run(sql).table, truncated=False), ["events", "none"], log)
    driver.close()
    places = {"open": 1, "planned": 1, "written": 1, "duplicate": 0, "filtered": 1, "dead": 1}
    assert (found[0].places, found[0].faults) == (places, [])


def test_without_tables_nothing_is_written(log: LmdbLog) -> None:
    """A tracker that has just begun balances too."""
    found = ask_warehouse(asking(duckdb.connect(":memory:")), ["events"])
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
