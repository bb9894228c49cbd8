"""The ClickHouse driver on ClickHouse's own engine; what every driver must do is in the contract."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pytest

from tracker.errors import Broken, Retry
from tracker.model import ENUMERATION, Cursor
from tracker.warehouse.clickhouse import ClickHouse, ClickHouseSettings
from tracker.warehouse.clickhouse_errors import translated
from tracker.warehouse.clickhouse_sql import CURSOR_TABLE, Storage, add_columns, create_table, cursor_engine
from tracker.warehouse.clickhouse_types import UnsupportedType, from_clickhouse, to_clickhouse
from tracker.warehouse.driver import BadRows, SchemaMismatch, TableBatch

UTC_TIME = pa.timestamp("us", "UTC")
EVENTS = pa.schema(
    [
        pa.field("property_id", pa.string(), nullable=False, metadata={ENUMERATION: "1"}),
        pa.field("name", pa.string(), nullable=False),
        pa.field("date_utc", pa.date32(), nullable=False),
        pa.field("timestamp_utc", UTC_TIME, nullable=False),
        pa.field("session_id", pa.string()),
        pa.field("value", pa.float64()),
    ]
)


INNER = pa.list_(pa.struct([("e", pa.bool_())]))


@pytest.fixture
def make_driver(chdb_folder: Path) -> Callable[[], ClickHouse]:
    """A driver on a database of this test's own."""
    settings = ClickHouseSettings(interface="chdb", database=f"test_{uuid4().hex}")
    return lambda: ClickHouse(settings, chdb_folder)


@pytest.fixture
def driver(make_driver: Callable[[], ClickHouse]) -> Iterator[ClickHouse]:
    """An open driver with a table of events."""
    driver = make_driver()
    driver.open()
    driver.create("events", EVENTS)
    yield driver
    driver.close()


def event(day: date = date(2026, 1, 1), **values: Any) -> dict[str, Any]:
    """One row."""
    time = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return {"property_id": "G-1", "name": "a", "date_utc": day, "timestamp_utc": time, **values}


def batch(*rows: dict[str, Any]) -> TableBatch:
    """Rows of the table of events."""
    return TableBatch("events", pa.Table.from_pylist(list(rows), EVENTS))


def cursor(plan: int = 1, log: str = "log") -> Cursor:
    """The cursor of a plan."""
    return Cursor(log, 0, plan, 10 * plan)


def count(driver: ClickHouse) -> int:
    """Rows of the table of events."""
    return int(driver.query("SELECT count() AS n FROM events")["n"][0].as_py())


def test_table_is_ordered_for_the_usual_questions(driver: ClickHouse) -> None:
    """By property, day and session, a partition a month; it remembers inserts, and repeated texts are a dictionary."""
    found = driver.query(
        "SELECT engine, partition_key, sorting_key, engine_full FROM system.tables "
        f"WHERE database = '{driver.storage.database}' AND name = 'events'"
    ).to_pylist()[0]
    assert (found["engine"], found["partition_key"]) == ("MergeTree", "toYYYYMM(date_utc)")
    assert found["sorting_key"] == "property_id, date_utc, session_id, timestamp_utc"
    assert "non_replicated_deduplication_window = 10000" in found["engine_full"]
    types = dict(driver._opened().query("SELECT name, type FROM system.columns WHERE table = 'events'").result_rows)
    assert (types["property_id"], types["session_id"]) == ("LowCardinality(String)", "Nullable(String)")


def test_cursors_do_not_pile_up(driver: ClickHouse) -> None:
    """Of each partition only the newest stays."""
    for plan in (1, 2, 3):
        driver.append([], cursor(plan))
    driver._opened().command(f"OPTIMIZE TABLE {CURSOR_TABLE} FINAL")
    assert driver.query(f"SELECT plan FROM {CURSOR_TABLE}").to_pylist() == [{"plan": 3}]
    assert driver.cursor(0) == cursor(3)


def test_null_is_not_zero(driver: ClickHouse) -> None:
    """Nor the empty text."""
    driver.append([batch(event())], cursor())
    row = driver.query("SELECT session_id, value FROM events").to_pylist()[0]
    assert row == {"session_id": None, "value": None}


def test_column_without_values(driver: ClickHouse) -> None:
    """Is not sent, and null all the same; one that must not be null is sent and refused."""
    driver.append([batch(event(), event())], cursor())
    assert driver.query("SELECT session_id, value FROM events").to_pylist() == [{"session_id": None, "value": None}] * 2
    nameless = batch(event()).rows.set_column(1, "name", pa.nulls(1, pa.string()))
    with pytest.raises(BadRows, match="name"):
        driver.append([TableBatch("events", nameless)], cursor(2))


def test_columns_of_an_analysts_own(driver: ClickHouse) -> None:
    """Those that ClickHouse computes are not ours to write, and a default does not stand in for our null."""
    own = "ADD COLUMN cents Decimal(18, 2) MATERIALIZED value / 100, ADD COLUMN word String ALIAS upper(name)"
    driver._opened().command(f"ALTER TABLE events {own}, ADD COLUMN note String DEFAULT 'new'")
    driver._opened().command("ALTER TABLE events MODIFY COLUMN session_id DEFAULT 'none'")
    driver.append([batch(event(value=5.0))], cursor())
    row = driver.query("SELECT session_id, note, word, toFloat64(cents) AS cents FROM events").to_pylist()[0]
    assert row == {"session_id": None, "note": "new", "word": "A", "cents": 0.05}


def test_column_of_a_foreign_type(driver: ClickHouse) -> None:
    """Is named with its table."""
    driver._opened().command("ALTER TABLE events ADD COLUMN price Decimal(18, 2)")
    with pytest.raises(SchemaMismatch, match=r"(?s)table events .*column price is NOT NULL"):
        driver.append([batch(event())], cursor())


def test_more_months_than_one_insert_may_hold(driver: ClickHouse) -> None:
    """Several inserts, each of at most 100 partitions, and sent again none is there twice."""
    months = [event(date(2005 + n // 12, 1 + n % 12, 1)) for n in range(260)]
    driver.append([batch(*months)], cursor())
    assert count(driver) == 260
    assert driver.query("SELECT min(date_utc) AS first FROM events")["first"][0].as_py() == date(2005, 1, 1)


def test_cut_off_between_tables(driver: ClickHouse, make_driver: Callable[[], ClickHouse]) -> None:
    """Rows that came without their cursor are there once when the plan is sent again, by another process too."""
    rows = batch(*(event(date(2020, 1 + n, 1)) for n in range(5)))
    driver._insert("events", rows.rows, "log:0:1:events:6")
    assert driver.cursor(0) is None
    again = make_driver()
    again.append([rows], cursor())
    assert count(again) == 5
    assert again.cursor(0) == cursor()
    again.close()


def test_without_the_refused_row_the_rest_is_there_once(driver: ClickHouse) -> None:
    """The parts of a plan have the same names whichever rows are left of it."""
    good = [event(date(2001, 1, 1)), event(date(2026, 1, 1))]
    driver._insert("events", batch(good[0]).rows, "log:0:1:events:3")
    driver.append([batch(*good)], cursor())
    assert count(driver) == 2


def test_times_that_cannot_be_held(driver: ClickHouse) -> None:
    """Are refused, not wrapped into another century."""
    late = event(timestamp_utc=datetime(2400, 1, 1, tzinfo=UTC))
    with pytest.raises(BadRows, match="timestamp_utc"):
        driver.append([batch(event(), late)], cursor())
    with pytest.raises(BadRows):
        driver.check([batch(late)])
    assert count(driver) == 0


def test_another_log(driver: ClickHouse) -> None:
    """Tables that follow one log take nothing of another."""
    driver.append([batch(event())], cursor())
    with pytest.raises(Broken, match="other"):
        driver.append([batch(event())], cursor(2, "other"))


def test_nobody_answers(tmp_path: Path) -> None:
    """Is to be tried again, and says where and why, and nothing else."""
    driver = ClickHouse(ClickHouseSettings(port=9, connect_timeout=1), tmp_path)
    said = r"ClickHouse at 127\.0\.0\.1:9: Failed to establish a new connection: \[Errno 111\] Connection refused"
    with pytest.raises(Retry, match=f"^{said}$"):
        driver.open()


@pytest.mark.parametrize(
    ("field", "native"),
    [
        (pa.field("n", pa.int64(), nullable=False), "Int64"),
        (pa.field("text", pa.string()), "Nullable(String)"),
        (pa.field("kind", pa.string()), "LowCardinality(Nullable(String))"),
        (pa.field("few", pa.string(), metadata={ENUMERATION: "1"}), "LowCardinality(Nullable(String))"),
        (pa.field("at", UTC_TIME, nullable=False), "DateTime64(6, 'UTC')"),
        (pa.field("words", pa.list_(pa.string())), "Array(Nullable(String))"),
        (
            pa.field("items", pa.list_(pa.struct([("a,b`c", pa.string()), ("d", INNER)]))),
            r"Array(Tuple(`a,b\`c` Nullable(String), `d` Array(Tuple(`e` Nullable(Bool)))))",
        ),
    ],
    ids=lambda case: case.name if isinstance(case, pa.Field) else "",
)  # fmt: skip
def test_types(field: pa.Field, native: str) -> None:
    """There and back."""
    assert to_clickhouse(field, {"kind"}) == native
    assert from_clickhouse(field.name, native) == field


def test_type_that_is_not_ours() -> None:
    """Names the column."""
    with pytest.raises(UnsupportedType, match="price"):
        from_clickhouse("price", "Nullable(Decimal(18, 2))")


STORAGE = Storage("web", "all", "ReplicatedMergeTree", "toYYYYMM(date_utc)", ("property_id", "date_utc"), {"name"})


def test_table_of_a_cluster() -> None:
    """Is made on all of it, with the replicated engine's own memory of inserts."""
    schema = pa.schema([EVENTS.field(name) for name in ("property_id", "name", "date_utc", "value")])
    assert create_table(STORAGE, "events", schema) == (
        "CREATE TABLE IF NOT EXISTS `web`.`events` ON CLUSTER `all` (\n"
        "  `property_id` LowCardinality(String),\n"
        "  `name` LowCardinality(String),\n"
        "  `date_utc` Date32,\n"
        "  `value` Nullable(Float64)\n"
        ")\n"
        "ENGINE = ReplicatedMergeTree\n"
        "PARTITION BY toYYYYMM(date_utc)\n"
        "ORDER BY (`property_id`, `date_utc`)\n"
        "SETTINGS replicated_deduplication_window = 10000, "
        "replicated_deduplication_window_seconds = 315360000, min_bytes_for_wide_part = 536870912, "
        "allow_nullable_key = 1"
    )


@pytest.mark.parametrize(
    ("engine", "expected"),
    [
        ("MergeTree", "ReplacingMergeTree(plan)"),
        ("ReplicatedMergeTree", "ReplicatedReplacingMergeTree(plan)"),
        ("ReplicatedMergeTree('/x/{table}', 'a')", "ReplicatedReplacingMergeTree('/x/{table}', 'a', plan)"),
        ("SharedMergeTree", "SharedReplacingMergeTree(plan)"),
        ("ReplacingMergeTree(v)", "ReplacingMergeTree(plan)"),
    ],
)
def test_engine_of_cursors(engine: str, expected: str) -> None:
    """Is of the same kind, replicated where the rows are, or a replica would not know what it has."""
    assert cursor_engine(engine) == expected


def test_widening_on_a_cluster() -> None:
    """One statement for all of it."""
    here = pa.schema([("page", pa.struct([("a", pa.string())]))])
    fields = [pa.field("page", pa.struct([("a", pa.string()), ("b", pa.int64())])), pa.field("new", pa.bool_())]
    assert add_columns(STORAGE, "events", here, fields) == (
        "ALTER TABLE `web`.`events` ON CLUSTER `all`\n"
        "  MODIFY COLUMN `page` Tuple(`a` Nullable(String), `b` Nullable(Int64)),\n"
        "  ADD COLUMN IF NOT EXISTS `new` Nullable(Bool)"
    )


@pytest.mark.parametrize(
    ("code", "kind"), [(60, SchemaMismatch), (16, SchemaMismatch), (349, BadRows), (252, Retry), (241, Retry)]
)
def test_errors(code: int, kind: type[Exception]) -> None:
    """By what to do: too many parts and too little memory pass, a missing table and a null do not."""
    from clickhouse_connect.driver.exceptions import DatabaseError

    assert type(translated(DatabaseError("Code", code=code), "here")) is kind
    assert type(translated(OSError("reset"), "here")) is Retry


def test_what_errors_say() -> None:
    """ClickHouse's own sentence, without the client's and without the address it was sent to."""
    from clickhouse_connect.driver.exceptions import DatabaseError

    sentence = "Code: 252. DB::Exception: Too many parts (301). Merges are slow. (TOO_MANY_PARTS)"
    said = (
        f"Received ClickHouse exception, code: 252, server response: {sentence} (version 26.9.2.1 (official build)) "
        "(for url http://127.0.0.1:8123)"
    )
    assert str(translated(DatabaseError(said, code=252), "here")) == f"here: {sentence}"
