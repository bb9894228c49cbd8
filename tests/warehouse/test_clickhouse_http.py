"""ClickHouse over HTTP when things go wrong: whatever happens, every event is there exactly once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pytest
import structlog

from tests.warehouse.chdb_server import ChdbServer
from tracker.errors import Retry
from tracker.metrics import new_metrics
from tracker.model import Batch, Cursor, DeadLetter, Outcomes
from tracker.warehouse.clickhouse import ClickHouse, ClickHouseSettings
from tracker.warehouse.driver import SchemaMismatch, TableBatch
from tracker.warehouse.layout import Layout
from tracker.warehouse.writer import Writer

EVENTS = pa.schema(
    [
        pa.field("property_id", pa.string(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("date_utc", pa.date32(), nullable=False),
        pa.field("received_at", pa.timestamp("us", "UTC"), nullable=False),
        pa.field("log_offset", pa.int64(), nullable=False),
        pa.field("value", pa.string()),
    ]
)
DAYS = (date(2026, 1, 31), date(2026, 2, 1))
TABLES = ("events", "tracker_ledger", "tracker_dead_letters", "tracker_cursor")
BAD: tuple[str | None, ...] = ("a", "b", None, "d")
INTO_EVENTS = r"INSERT INTO .*`events`"


@dataclass
class Bench:
    """A writer to a server, and how often it waited for it, and why."""

    settings: ClickHouseSettings
    folder: Path
    events: pa.Schema = EVENTS
    waits: list[str] = field(default_factory=list)
    patience: int = 10
    meanwhile: Callable[[int], None] = lambda times: None

    def __post_init__(self) -> None:
        self.driver = ClickHouse(self.settings, self.folder)
        self.writer = Writer(
            "main",
            self.driver,
            Layout(self.events, ()),
            wait=self._wait,
            metrics=new_metrics(),
            log=structlog.get_logger(),
            views=False,
        )

    def _wait(self, _: float) -> bool:
        self.waits.append(self.writer.problem)
        self.meanwhile(len(self.waits))
        return len(self.waits) >= self.patience

    def write(self, *plans: int) -> None:
        """Write plans of their usual events."""
        for plan in plans:
            self.writer.write(batch(plan), cursor(plan))

    def sql(self, statement: str) -> Any:
        """Say something to the engine that the writer does not know of."""
        return self.driver._opened().command(statement)

    def written(self) -> tuple[list[tuple[int, str]], list[tuple[int, str, int]], list[tuple[int, int]]]:
        """Events (offset, name), ledger (plan, outcome, hits) and dead letters (plan, offset) that are there."""
        return (
            self._rows("SELECT log_offset, name FROM events ORDER BY ALL"),
            self._rows("SELECT plan, outcome, hits FROM tracker_ledger ORDER BY ALL"),
            self._rows("SELECT plan, log_offset FROM tracker_dead_letters ORDER BY ALL"),
        )

    def _rows(self, sql: str) -> list[Any]:
        return [tuple(row.values()) for row in self.driver.query(sql).to_pylist()]


def batch(plan: int, names: Sequence[str | None] = ("a", "b", "c", "d")) -> Batch:
    """Events of two months with offsets 100, 101, ... for plan 1, a duplicate and a dead letter."""
    rows = [
        {
            "property_id": "p",
            "name": name,
            "date_utc": DAYS[n % 2],
            "received_at": datetime(2026, 2, 1, tzinfo=UTC),
            "log_offset": 100 * plan + n,
            "value": "1",
        }
        for n, name in enumerate(names)
    ]
    nullable = pa.schema([each.with_nullable(True) for each in EVENTS])
    letter = DeadLetter(0, 100 * plan + 90, plan, "p", 1, "column", "raised", b"\xff\x00")
    return Batch(
        0,
        plan,
        pa.Table.from_pylist(rows, nullable),
        Outcomes(plan, dead={letter.offset: "raised"}),
        (letter,),
        {("p", "duplicate", "event_key"): 1, ("p", "dead", "raised"): 1},
        lambda offset: b"record %d" % offset,
    )


def cursor(plan: int) -> Cursor:
    """The cursor of a plan."""
    return Cursor("log", 0, plan, 6 * plan)


def expected(*plans: int) -> Any:
    """What `Bench.written` should find."""
    return (
        [(100 * plan + n, name) for plan in plans for n, name in enumerate("abcd")],
        [row for plan in plans for row in ((plan, "dead", 1), (plan, "duplicate", 1), (plan, "written", 4))],
        [(plan, 100 * plan + 90) for plan in plans],
    )


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Keep logs out of the tests' output."""
    with structlog.testing.capture_logs():
        yield


@pytest.fixture
def make(clickhouse: ChdbServer, tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    """How to make a bench; all of a test share a database."""
    database, made = f"test_{uuid4().hex}", []

    def bench(patience: int = 10, events: pa.Schema = EVENTS, **settings: Any) -> Bench:
        chosen = ClickHouseSettings(port=clickhouse.port, database=database, connect_timeout=1, **settings)
        made.append(Bench(chosen, tmp_path, events, patience=patience))
        return made[-1]

    yield bench
    clickhouse.disarm()
    made[-1].sql(f"DROP DATABASE IF EXISTS `{database}`")
    for each in made:
        each.writer.close()


@pytest.fixture
def bench(make: Callable[..., Bench]) -> Bench:
    """A bench whose tables are there."""
    bench = make()
    bench.writer.prepare()
    return bench


FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "too many parts": ("Too many parts", {"kind": "fail_before", "code": 252, "message": "Too many parts (301)"}),
    "failed when done": ("went away", {"kind": "fail_after", "code": 319, "message": "went away, status unknown"}),
    "failed under way": ("went away", {"kind": "fail_after", "code": 319, "message": "went away", "status": 200}),
    "proxy without server": ("503", {"kind": "fail_before", "status": 503}),
    "answer cut": ("without response", {"kind": "cut_after", "times": 2}),
    "request cut": ("without response", {"kind": "cut_before", "times": 2}),
}
"""What the writer should say, and the fault; the client itself sends again once after a cut."""


@pytest.mark.parametrize("name", FAULTS)
def test_each_event_once_after_a_fault(bench: Bench, clickhouse: ChdbServer, name: str) -> None:
    """Whichever insert of a plan meets it: each table has its rows once, and the writer says what is wrong."""
    said, fault = FAULTS[name]
    for plan, table in enumerate(TABLES, 1):
        clickhouse.arm(pattern=f"INSERT INTO .*`{table}`", **fault)
        bench.write(plan)
        assert [said in wait for wait in bench.waits] == [True] * plan
        assert bench.writer.problem == ""
    assert bench.written() == expected(1, 2, 3, 4)
    assert bench.driver.cursor(0) == cursor(4)


def test_server_whose_profile_says_otherwise(bench: Bench, clickhouse: ChdbServer) -> None:
    """What keeps rows from being lost or doubled is asked for with each insert, not left to defaults."""
    clickhouse.profile = {
        "deduplicate_insert": "disable",
        "insert_deduplicate": "0",
        "input_format_null_as_default": "1",
        "async_insert": "1",
        "wait_for_async_insert": "0",
    }
    for table in TABLES:
        clickhouse.arm("cut_after", f"INSERT INTO .*`{table}`", times=2)
    bench.writer.write(batch(1, BAD), cursor(1))
    events, _, dead = bench.written()
    assert ([offset for offset, _ in events], dead) == ([100, 101, 103], [(1, 102), (1, 190)])


@pytest.mark.parametrize("kind", ["half", "cut_after", "fail_before"])
def test_question_that_is_not_answered(bench: Bench, clickhouse: ChdbServer, kind: Any) -> None:
    """Half an answer is none: neither no cursor nor a table without columns."""
    bench.write(1)
    clickhouse.arm(kind, "FROM `.*`tracker_cursor`", times=2)
    clickhouse.arm(kind, "FROM system.columns", times=2)
    bench.write(2)
    assert bench.written() == expected(1, 2)
    assert len(bench.waits) >= 2


def test_plans_come_in_order(bench: Bench, clickhouse: ChdbServer) -> None:
    """No plan begins before the one before it is whole, cursor included."""
    clickhouse.arm("fail_after", "INSERT INTO .*`tracker_ledger`", code=319, message="unknown status", times=3)
    bench.write(1, 2, 3)
    tokens = [settings.get("insert_deduplication_token", "") for _, settings in clickhouse.statements]
    sent = [tuple(token.split(":")[2:4]) for token in tokens if token]
    first = [("1", "events"), ("1", "tracker_ledger")]
    rest = [(plan, table) for plan in "123" for table in TABLES]
    assert sent == first * 3 + rest
    assert bench.written() == expected(1, 2, 3)


def test_server_away_for_a_while(bench: Bench, clickhouse: ChdbServer) -> None:
    """The writer says where nobody answers, and goes on when somebody does."""
    bench.write(1)
    clickhouse.go_away()
    bench.meanwhile = lambda times: clickhouse.come_back() if times == 3 else None
    bench.write(2, 3)
    assert bench.waits == [f"ClickHouse at 127.0.0.1:{clickhouse.port}: {REFUSED}"] * 3
    assert bench.written() == expected(1, 2, 3)


REFUSED = "Failed to establish a new connection: [Errno 111] Connection refused"


def test_answer_after_the_time_out(make: Callable[..., Bench], clickhouse: ChdbServer) -> None:
    """An insert that was given up, sent again, and done all the same in the end, is there once."""
    bench = make(timeout=1)
    bench.writer.prepare()
    clickhouse.arm("late", INTO_EVENTS)
    bench.write(1)
    clickhouse.release()
    inserts = [settings for statement, settings in clickhouse.statements if "`events`" in statement and settings]
    assert len([one for one in inserts if "insert_deduplication_token" in one]) >= 2
    assert bench.written() == expected(1)
    assert set(bench.waits) == {f"ClickHouse at 127.0.0.1:{clickhouse.port}: Read timed out. (read timeout=1)"}


@pytest.mark.parametrize("kind", ["cut_before", "cut_after"])
def test_killed_between_tables(make: Callable[..., Bench], clickhouse: ChdbServer, kind: Any) -> None:
    """A plan that a process began is finished by the next one, wherever it was cut off."""
    for plan, table in enumerate(TABLES, 1):
        killed = make(patience=1)
        killed.writer.prepare()
        clickhouse.arm(kind, f"INSERT INTO .*`{table}`", times=2)
        with pytest.raises(Retry):
            killed.write(plan)
        again = make()
        again.writer.prepare()
        again.write(plan)
    assert again.written() == expected(1, 2, 3, 4)


MAKING = ("system.settings", "EXISTS DATABASE", "CREATE DATABASE", "CREATE TABLE .*cursor", "CREATE TABLE .*ledger")


@pytest.mark.parametrize("kind", ["cut_after", "fail_before"])
def test_tables_are_made_in_the_end(make: Callable[..., Bench], clickhouse: ChdbServer, kind: Any) -> None:
    """Whatever fails on the way to the first batch is done again."""
    for statement in MAKING:
        clickhouse.arm(kind, statement, times=2)
    bench = make(patience=100)
    bench.writer.prepare()
    bench.write(1)
    assert bench.written() == expected(1)
    assert len(bench.waits) >= len(MAKING)


@pytest.mark.parametrize("kind", ["cut_after", "cut_before", "fail_after"])
def test_new_column_is_there_in_the_end(
    make: Callable[..., Bench], bench: Bench, clickhouse: ChdbServer, kind: Any
) -> None:
    """Widening that may or may not have been done is done again."""
    bench.write(1)
    clickhouse.arm(kind, "^ALTER", times=2)
    wider = make(events=EVENTS.append(pa.field("page", pa.string())))
    wider.writer.prepare()
    wider.write(2)
    assert wider.written() == expected(1, 2)
    assert wider.sql("SELECT countIf(page IS NULL) FROM events") == 8
    assert wider.waits


def test_who_may_not_create_databases(bench: Bench, make: Callable[..., Bench], clickhouse: ChdbServer) -> None:
    """Can write all the same when the database and the tables are there."""
    clickhouse.arm("fail_before", "^CREATE", times=100, code=497, message="Not enough privileges")
    limited = make()
    limited.writer.prepare()
    limited.write(1)
    assert limited.written() == expected(1)
    assert limited.waits == []


def test_bad_row(bench: Bench) -> None:
    """One row that is refused becomes a dead letter; the others are there, once."""
    for _ in range(2):
        outcomes = bench.writer.write(batch(1, BAD), cursor(1))
    events, ledger, dead = bench.written()
    assert events == [(100, "a"), (101, "b"), (103, "d")]
    assert ledger == [(1, "dead", 1), (1, "dead", 1), (1, "duplicate", 1), (1, "written", 3)]
    assert dead == [(1, 102), (1, 190)]
    assert outcomes.dead == {190: "raised"}
    assert (
        bench.sql("SELECT hex(record) FROM tracker_dead_letters WHERE log_offset = 102") == b"record 102".hex().upper()
    )


SEARCHING = [INTO_EVENTS, *(f"{verb} .*checked" for verb in ("CREATE TABLE", "INSERT INTO", "DROP TABLE"))]


@pytest.mark.parametrize("kind", ["cut_after", "fail_after"])
def test_bad_row_and_a_fault(bench: Bench, clickhouse: ChdbServer, kind: Any) -> None:
    """Faults while the bad row is looked for, and after it was found, change nothing."""
    for statement in (*SEARCHING, *(f"INSERT INTO .*`{table}`" for table in TABLES)):
        clickhouse.arm(kind, statement, times=2)
    bench.patience = 100
    bench.writer.write(batch(1, BAD), cursor(1))
    bench.write(2)
    events, ledger, dead = bench.written()
    assert [offset for offset, _ in events] == [100, 101, 103, 200, 201, 202, 203]
    assert sum(hits for _, _, hits in ledger) == 12
    assert dead == [(1, 102), (1, 190), (2, 290)]
    assert bench.sql("SHOW TABLES LIKE '%checked%'") == ""
    assert len(bench.waits) >= len(TABLES)


def test_rows_refused_by_mistake(bench: Bench, clickhouse: ChdbServer) -> None:
    """A refusal that does not come again costs no row."""
    clickhouse.arm("fail_before", INTO_EVENTS, code=117, message="Incorrect data")
    bench.write(1)
    assert bench.written() == expected(1)


def test_column_dropped_while_running(bench: Bench) -> None:
    """The sink stops and names it; nothing of the plan is there."""
    bench.write(1)
    bench.sql("ALTER TABLE events DROP COLUMN value")
    with pytest.raises(SchemaMismatch, match="table events has no column value"):
        bench.write(2)
    assert (bench.waits, bench.written()) == ([], expected(1))


def test_type_changed_while_running(bench: Bench) -> None:
    """The sink stops and says what it was and is: rows that could be turned into the other type are not."""
    bench.write(1)
    bench.sql("ALTER TABLE events MODIFY COLUMN value Nullable(Int64)")
    with pytest.raises(SchemaMismatch, match="column value is int64 in the warehouse and string here"):
        bench.write(2)
    assert (bench.waits, bench.written()) == ([], expected(1))


def test_type_changed_between_two_statements(bench: Bench, clickhouse: ChdbServer) -> None:
    """Rows that are refused for what was done to the table are not taken for bad ones."""
    change = partial(bench.sql, "ALTER TABLE events MODIFY COLUMN name DateTime64(6, 'UTC')")
    clickhouse.arm("well", INTO_EVENTS, meanwhile=change)
    with pytest.raises(SchemaMismatch, match="column name is timestamp"):
        bench.write(1)
    assert bench.driver.cursor(0) is None


def test_table_dropped_while_running(bench: Bench) -> None:
    """The sink stops and names it."""
    bench.sql("DROP TABLE tracker_ledger")
    with pytest.raises(SchemaMismatch, match="has no table tracker_ledger"):
        bench.write(1)
    assert bench.sql("SELECT count() FROM events") == 0


def test_many_columns(bench: Bench, clickhouse: ChdbServer) -> None:
    """Their names go into the body: addresses stay short enough for any proxy."""
    names = [f"a_column_with_quite_a_long_name_{n}" for n in range(300)]
    rows = pa.table({name: pa.array([n], pa.int64()) for n, name in enumerate(names)})
    bench.driver.create("many", rows.schema)
    bench.driver.append([TableBatch("many", rows)], cursor(1))
    assert bench.sql(f"SELECT {names[-1]} FROM many") == 299
    assert clickhouse.longest_address < 2_000


def test_days_as_partitions(make: Callable[..., Bench]) -> None:
    """More than ClickHouse takes at once by itself are taken, once."""
    bench = make(partition_by="date_utc")
    bench.writer.prepare()
    rows = batch(1, ["a"] * 150)
    days = pa.array([DAYS[0] + timedelta(n) for n in range(150)], pa.date32())
    events = rows.events.set_column(2, "date_utc", days)
    for _ in range(2):
        bench.driver.append([TableBatch("events", events)], cursor(1))
    assert (bench.sql("SELECT count() FROM events"), bench.waits) == (150, [])
