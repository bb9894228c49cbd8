"""The table of epochs: one row for each, there with the first plan that has it, and never again."""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pytest
import structlog

from tracker.config import SqlSettings
from tracker.errors import Retry
from tracker.metrics import new_metrics
from tracker.model import Batch, Cursor, Epoch, Outcomes
from tracker.warehouse.clickhouse import ClickHouse, ClickHouseSettings
from tracker.warehouse.driver import Driver, TableBatch
from tracker.warehouse.duckdb import DuckDB, DuckDBSettings
from tracker.warehouse.layout import EPOCHS, EPOCHS_SCHEMA, Layout
from tracker.warehouse.writer import Writer

EVENTS = pa.schema(
    [
        pa.field("name", pa.string(), nullable=False),
        pa.field("property_id", pa.string(), nullable=False),
        pa.field("received_at", pa.timestamp("us", "UTC"), nullable=False),
        pa.field("log_offset", pa.int64(), nullable=False),
    ]
)
NOON = datetime(2025, 10, 9, 12, tzinfo=UTC)
Make = Callable[[Driver], Writer]


def epoch(number: int) -> Epoch:
    """What a batch was computed with."""
    return Epoch(number, "1.0", '{"name":{}}', '{"defaults":{}}', '{"rates":"7"}')


def batch(number: int, plan: int = 1, partition: int = 0, names: Sequence[str | None] = ("a",)) -> Batch:
    """Events of an epoch; a name of None is one that the warehouse refuses."""
    events = pa.table(
        {
            "name": pa.array(names, pa.string()),
            "property_id": pa.array(["p"] * len(names)),
            "received_at": pa.array([NOON] * len(names), pa.timestamp("us", "UTC")),
            "log_offset": pa.array(range(len(names)), pa.int64()),
        }
    )
    log_time = int(NOON.timestamp() * 1_000_000) + plan
    return Batch(partition, plan, events, Outcomes(plan), (), {}, lambda offset: b"", epoch(number), log_time)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Keep logs out of the tests' output."""
    with structlog.testing.capture_logs():
        yield


@pytest.fixture(params=["duckdb", "clickhouse"])
def make_driver(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Driver]:
    """How to open this test's own warehouse, again and again."""
    if request.param == "duckdb":
        return lambda: DuckDB(DuckDBSettings(), tmp_path)
    settings = ClickHouseSettings(interface="chdb", database=f"test_{uuid4().hex}")
    return lambda: ClickHouse(settings, request.getfixturevalue("chdb_folder"))


@pytest.fixture
def make() -> Iterator[Make]:
    """How to make a writer that is ready to write."""
    made: list[Writer] = []

    def writer(driver: Driver) -> Writer:
        wait, log = threading.Event().wait, structlog.get_logger()
        made.append(Writer("main", driver, Layout(EVENTS, ()), wait=wait, metrics=new_metrics(), log=log))
        made[-1].prepare()
        return made[-1]

    yield writer
    for one in made:
        one.close()


@pytest.fixture
def duckdb(tmp_path: Path) -> DuckDB:
    """The default warehouse."""
    return DuckDB(DuckDBSettings(), tmp_path)


def write(writer: Writer, *batches: Batch) -> None:
    """Write batches, each with its cursor."""
    for one in batches:
        writer.write(one, Cursor("log", one.partition, one.plan, one.plan))


def seen(writer: Writer) -> list[tuple[int, int, int]]:
    """Epoch, partition and plan of every row."""
    found = writer.driver.query(f"SELECT epoch, first_partition, first_plan FROM {EPOCHS} ORDER BY epoch, first_plan")
    return [(row["epoch"], row["first_partition"], row["first_plan"]) for row in found.to_pylist()]


def test_a_row_for_each_epoch(make: Make, make_driver: Callable[[], Driver]) -> None:
    """All that describes it, and the plan that had it first; later plans of any partition add nothing."""
    writer = make(make_driver())
    write(writer, batch(7), batch(7, plan=2), batch(7, partition=1), batch(2**63 - 1, plan=2, partition=1))
    assert seen(writer) == [(7, 0, 1), (2**63 - 1, 1, 2)]
    (row,) = writer.driver.query(
        f"SELECT columns, settings, data_files, program FROM {EPOCHS} WHERE epoch = 7"
    ).to_pylist()
    assert row == {
        "columns": '{"name":{}}', "settings": '{"defaults":{}}', "data_files": '{"rates":"7"}', "program": "1.0"
    }  # fmt: skip


def test_not_again_after_a_restart(make: Make, make_driver: Callable[[], Driver]) -> None:
    """The warehouse is asked at the start what it has."""
    first = make(make_driver())
    write(first, batch(7))
    first.close()
    again = make(make_driver())
    write(again, batch(7, plan=2), batch(8, plan=3))
    assert seen(again) == [(7, 0, 1), (8, 0, 3)]


def test_cut_off_and_sent_again_under_another_epoch(make: Make, make_driver: Callable[[], Driver]) -> None:
    """A plan whose epoch arrived and whose events did not: settings changed before it came again."""
    before = make(make_driver())
    cut_off = TableBatch(EPOCHS, Layout(EVENTS, ())(batch(7))[0].rows)
    driver = before.driver
    if isinstance(driver, ClickHouse):
        driver._insert(EPOCHS, cut_off.rows, f"log:0:1:{EPOCHS}:0")
    before.close()
    again = make(make_driver())
    write(again, batch(8), batch(8, plan=2), batch(8, plan=3))
    assert [row[0] for row in seen(again) if row[0] == 8] == [8]


def test_first_seen_is_log_time(make: Make, duckdb: DuckDB) -> None:
    """Not the wall clock: tables that are built again say the same."""
    writer = make(duckdb)
    write(writer, batch(7, plan=5))
    assert duckdb.query(f"SELECT first_seen FROM {EPOCHS}")["first_seen"][0].as_py() == NOON.replace(microsecond=5)


def test_with_its_plan_or_not_at_all(make: Make, duckdb: DuckDB) -> None:
    """A plan that was given back has left no epoch behind; when it comes again it brings it."""
    writer = make(duckdb)
    append = duckdb.append

    def fails(tables: Sequence[TableBatch], cursor: Cursor) -> None:
        raise Retry("away")

    duckdb.append = fails  # type: ignore[method-assign]
    writer._wait = lambda seconds: True
    with pytest.raises(Retry):
        write(writer, batch(7))
    assert seen(writer) == []
    duckdb.append = append  # type: ignore[method-assign]
    write(writer, batch(7))
    assert seen(writer) == [(7, 0, 1)]


def test_beside_a_refused_row(make: Make, duckdb: DuckDB) -> None:
    """While the bad row is looked for no epoch is tried; with the good rows it is written, once."""
    writer, checked = make(duckdb), list[str]()
    check = duckdb.check

    def watched(tables: Sequence[TableBatch]) -> None:
        checked.extend(table.table for table in tables)
        check(tables)

    duckdb.check = watched  # type: ignore[method-assign]
    write(writer, batch(7, names=["a", None, "c"]))
    assert seen(writer) == [(7, 0, 1)]
    assert "events" in checked
    assert EPOCHS not in checked


class Silent(DuckDB):
    """A warehouse that answers no questions."""

    def query(self, sql: str) -> pa.Table:
        """None at all."""
        raise NotImplementedError


def test_a_warehouse_that_answers_nothing(make: Make, tmp_path: Path) -> None:
    """It gets the row once in each run of the program."""
    for plans in ((1, 2), (3, 4)):
        writer = make(Silent(DuckDBSettings(), tmp_path))
        write(writer, *(batch(7, plan=plan) for plan in plans))
        writer.close()
    assert seen(make(DuckDB(DuckDBSettings(), tmp_path))) == [(7, 0, 1), (7, 0, 3)]


def test_the_row_fits_its_schema() -> None:
    """It has what was announced, and comes before the events that point to it."""
    first = Layout(EVENTS, ())(batch(7))[0]
    assert (first.table, first.rows.schema) == (EPOCHS, EPOCHS_SCHEMA)


def test_users_may_ask(make: Make, duckdb: DuckDB) -> None:
    """`tracker sql` answers questions about it, down to the version of one column."""
    writer = make(duckdb)
    write(writer, batch(7))
    answer = duckdb.queries(SqlSettings()).run(f"SELECT *, data_files->>'$.rates' AS rates FROM {EPOCHS}")
    assert (answer.table["columns"].to_pylist(), answer.table["rates"].to_pylist()) == (['{"name":{}}'], ["7"])
