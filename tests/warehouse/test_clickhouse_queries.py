"""Users' SQL against ClickHouse, over HTTP and in process: answered beside the writer, and unable to hurt it."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pytest

from tests.warehouse.chdb_server import ChdbServer
from tracker.config import SqlSettings
from tracker.errors import Reject, Retry
from tracker.model import Cursor
from tracker.warehouse.clickhouse import ClickHouse, ClickHouseSettings
from tracker.warehouse.clickhouse_queries import ClickHouseQueries
from tracker.warehouse.driver import NothingThere, TableBatch

ENDLESS = "SELECT count() FROM numbers(1000000000000000) WHERE number % 7 = sipHash64(number)"
EVENTS = pa.schema(
    [
        pa.field("n", pa.int64(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("seen", pa.timestamp("us", "UTC")),
        pa.field("day", pa.date32()),
        pa.field("tags", pa.list_(pa.struct([("key", pa.string()), ("value", pa.float64())]))),
    ]
)
ROWS = [
    {"n": 1, "name": "a", "seen": 0, "day": date(2026, 1, 1), "tags": []},
    {"n": 2, "name": "b", "seen": None, "day": None, "tags": [{"key": "k", "value": None}]},
    {"n": 3, "name": "ä", "seen": None, "day": None, "tags": []},
]


@pytest.fixture(scope="module", params=["chdb", "http"])
def driver(request: pytest.FixtureRequest, chdb_folder: Path, clickhouse_process: ChdbServer) -> Iterator[ClickHouse]:
    """A driver with a table of three events."""
    reach: dict[str, Any] = {"interface": "chdb"} if request.param == "chdb" else {"port": clickhouse_process.port}
    driver = ClickHouse(ClickHouseSettings(database=f"test_{uuid4().hex}", **reach), chdb_folder)
    driver.open()
    driver.create("events", EVENTS)
    write(driver, 1)
    yield driver
    driver.close()


@pytest.fixture
def queries(driver: ClickHouse) -> ClickHouseQueries:
    """Questions to the table."""
    return driver.queries(SqlSettings())


def write(driver: ClickHouse, plan: int) -> None:
    driver.append([TableBatch("events", pa.Table.from_pylist(ROWS, EVENTS))], Cursor("log", 0, plan, 3 * plan))


def count(driver: ClickHouse) -> int:
    return int(driver.query("SELECT count() AS n FROM events")["n"][0].as_py())


def in_background(run: Callable[[], object]) -> tuple[threading.Thread, list[BaseException]]:
    """Run something that should raise `Reject` in another thread."""
    raised: list[BaseException] = []

    def target() -> None:
        try:
            run()
        except Reject as error:
            raised.append(error)

    thread = threading.Thread(target=target)
    thread.start()
    return thread, raised


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT name FROM events ORDER BY n",
        "FROM events SELECT name ORDER BY n;",
        "-- a comment\nWITH e AS (SELECT * FROM events) SELECT name FROM e ORDER BY n -- ; another",
        "(SELECT name FROM events ORDER BY n)",
    ],
)
def test_select(queries: ClickHouseQueries, sql: str) -> None:
    """A SELECT is answered in the sink's database, however it is written."""
    assert queries.run(sql).table.to_pylist() == [{"name": "a"}, {"name": "b"}, {"name": "ä"}]


@pytest.mark.parametrize(
    "sql",
    [
        "DESCRIBE events",
        "DESC (SELECT 1 AS a)",
        "SHOW TABLES",
        "SHOW TABLES LIKE 'ev%' LIMIT 1",
        "SHOW CREATE TABLE events",
        "EXISTS TABLE events",
        "EXPLAIN SELECT count() FROM events",
        "explain indexes = 1 SELECT * FROM events WHERE n = 1",
        "EXPLAIN PIPELINE SELECT * FROM events",
        "EXPLAIN QUERY TREE SELECT * FROM events",
        "EXPLAIN SYNTAX SELECT * FROM events",
        "SELECT * FROM numbers(3)",
        "SELECT * FROM system.columns WHERE table = 'events'",
        "SELECT 'FORMAT CSV; file(1)' AS `INTO OUTFILE`, 'it''s' AS `s3(`, 'x SETTINGS a = 1' AS settings",
    ],
)
def test_other_questions(queries: ClickHouseQueries, sql: str) -> None:
    """What only looks is answered too."""
    assert queries.run(sql).table.num_rows > 0


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO events (n) VALUES (1)",
        "INSERT INTO events SELECT * FROM events",
        "ALTER TABLE events DELETE WHERE 1",
        "DELETE FROM events WHERE 1",
        "TRUNCATE TABLE events",
        "CREATE TABLE t (n Int64) ENGINE = Memory",
        "CREATE TEMPORARY TABLE t (n Int64)",
        "DROP TABLE events",
        "RENAME TABLE events TO other",
        "OPTIMIZE TABLE events",
        "SYSTEM FLUSH LOGS",
        "KILL QUERY WHERE 1",
        "USE system",
        "SET max_threads = 1",
        "SELECT 1 SETTINGS readonly = 0",
        "SELECT * FROM (SELECT 1 SETTINGS max_execution_time = 0)",
        "DESCRIBE events SETTINGS max_threads = 1",
        "EXPLAIN DROP TABLE events",
        "EXPLAIN AST DROP TABLE events",
        "EXPLAIN SYNTAX INSERT INTO events (n) VALUES (1)",
        "SELECT 1 PARALLEL WITH DROP TABLE events",
        "SELECT 1 FORMAT JSON",
    ],
)
def test_only_questions(driver: ClickHouse, queries: ClickHouseQueries, sql: str) -> None:
    """Whatever is no question is refused and changes nothing."""
    before = count(driver)
    with pytest.raises(Reject):
        queries.run(sql)
    assert count(driver) == before


@pytest.mark.parametrize(
    "sql", ["SELECT 1", "EXPLAIN SELECT 1", "SHOW TABLES", "DESCRIBE events", "EXISTS TABLE events"]
)
def test_no_files_are_written(queries: ClickHouseQueries, tmp_path: Path, sql: str) -> None:
    """In process the engine would write them, though it may read only."""
    with pytest.raises(Reject, match="INTO OUTFILE"):
        queries.run(f"{sql} INTO OUTFILE '{tmp_path / 'out'}'")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("file", "SELECT file('/etc/passwd')"),
        ("file", "SELECT `file`('/etc/passwd')"),
        ("file", "SELECT * FROM file('/etc/passwd', 'LineAsString')"),
        ("file", "SELECT n FROM events WHERE name IN (SELECT file('/etc/passwd'))"),
        ("file", "SELECT * APPLY file FROM (SELECT '/etc/passwd')"),
        ("file", "SELECT * APPLY(file) FROM (SELECT '/etc/passwd')"),
        ("file", "SELECT * APPLY(x -> file(x)) FROM (SELECT '/etc/passwd')"),
        ("file", "SELECT * REPLACE(file('/etc/passwd') AS a) FROM (SELECT 1 AS a)"),
        ("file", "WITH file('/etc/passwd') AS x SELECT x"),
        ("url", "SELECT * FROM url('http://127.0.0.1:9/', 'CSV')"),
        ("url", "DESCRIBE url('http://127.0.0.1:9/', 'CSV')"),
        ("s3", "SELECT * FROM s3('http://127.0.0.1:9/b/x', 'CSV')"),
        ("s3", "SELECT 1 WHERE 1 IN s3('http://127.0.0.1:9/b/x', 'CSV')"),
        ("remote", "SELECT * FROM remote('127.0.0.1:9', 'system', 'one')"),
        ("cluster", "EXPLAIN SELECT * FROM cluster('default', 'system', 'one')"),
        ("executable", "SELECT * FROM executable('x.sh', 'CSV', 'a String')"),
        ("sqlite", "SELECT * FROM sqlite('/tmp/x', 't')"),
        ("python", "SELECT * FROM Python(driver)"),
        ("mysql", "SELECT * FROM /* no */ mysql -- ()\n('127.0.0.1:9', 'd', 't', 'u', 'p')"),
        ("sleep", "SELECT sleep(3)"),
    ],
)
def test_functions(queries: ClickHouseQueries, name: str, call: str) -> None:
    """Functions that reach beyond the tables are refused by name, wherever they stand."""
    with pytest.raises(Reject, match=f"the function {name} may not be called here"):
        queries.run(call)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT 1; SELECT 2", "Multi-statements are not allowed"),
        ("SELECT 1; DROP TABLE events", "Multi-statements are not allowed"),
        ("", "Empty query"),
        ("-- nothing", "Empty query"),
        ("SELEC 1", "Syntax error"),
        ("SELECT nam FROM events", "Unknown expression identifier `nam`"),
        ("SELECT * FROM nowhere", "nowhere"),
        ("SELECT throwIf(number = 99999, 'boom') FROM numbers(100000)", "boom"),
        ("SELECT {x:String}", "Substitution `x` is not set"),
    ],
)
def test_sentences(queries: ClickHouseQueries, sql: str, said: str) -> None:
    """What is wrong with a question is said in ClickHouse's words, even where rows had come already."""
    with pytest.raises(Reject, match=said) as error:
        queries.run(sql)
    assert "formatQuery" not in str(error.value)


def test_types(queries: ClickHouseQueries) -> None:
    """Rows have the types that they were written with."""
    schema = queries.run("SELECT * FROM events").table.schema
    assert [(field.name, field.type) for field in schema] == [
        ("n", pa.int64()),
        ("name", pa.string()),
        ("seen", pa.timestamp("us", "UTC")),
        ("day", pa.date32()),
        ("tags", pa.list_(pa.field("item", EVENTS.field("tags").type.value_type, nullable=False))),
    ]


def test_times_in_seconds(queries: ClickHouseQueries) -> None:
    """ClickHouse's times without fractions are times too, and numbers stay numbers."""
    sql = "SELECT toDateTime(60, 'UTC') AS at, toUInt32(60) AS n, CAST(NULL AS Nullable(DateTime)) AS never"
    table = queries.run(sql).table
    assert table.schema.types == [pa.timestamp("s", "UTC"), pa.uint32(), pa.timestamp("s", "UTC")]
    assert [str(value) for value in table.to_pylist()[0].values()] == ["1970-01-01 00:01:00+00:00", "60", "None"]


def test_utc(queries: ClickHouseQueries) -> None:
    """Times are told in UTC, wherever the server stands."""
    assert queries.run("SELECT timezone() AS zone").table.to_pylist() == [{"zone": "UTC"}]


@pytest.mark.parametrize("sql", ["SELECT n, name FROM events WHERE n > 9", "SELECT 1 AS n, 2 AS name FROM numbers(0)"])
def test_no_rows(queries: ClickHouseQueries, sql: str) -> None:
    """An answer without rows has its columns."""
    table = queries.run(sql).table
    assert (table.num_rows, table.column_names) == (0, ["n", "name"])


@pytest.mark.parametrize(("rows", "truncated"), [(99_999, True), (100_000, False), (100_001, False)])
def test_row_cap(driver: ClickHouse, rows: int, truncated: bool) -> None:
    """An answer has so many rows at most, and says when there would be more."""
    answer = driver.queries(SqlSettings(max_rows=rows)).run("SELECT number FROM numbers(100000)")
    assert (answer.table.num_rows, answer.truncated) == (min(rows, 100_000), truncated)


def test_the_caps_are_those_of_the_answer(driver: ClickHouse) -> None:
    """What a question reads on its way may be longer."""
    few = "SELECT number FROM numbers(150000)"
    sql = f"SELECT count() AS n FROM (SELECT number FROM numbers(200000)) WHERE number IN ({few})"
    answer = driver.queries(SqlSettings(max_rows=1)).run(sql)
    assert (answer.table.to_pylist(), answer.truncated) == ([{"n": 150_000}], False)


def test_byte_cap(driver: ClickHouse) -> None:
    """An answer stops soon after so many bytes."""
    sql = "SELECT repeat('x', 100 + number % 2) FROM numbers(1000000000000)"
    answer = driver.queries(SqlSettings(max_rows=10**9, max_bytes=1 << 20)).run(sql)
    assert answer.truncated
    assert 1 << 20 <= answer.table.nbytes < 2 << 20


def test_timeout(driver: ClickHouse) -> None:
    """A question that takes too long is ended."""
    begun = time.monotonic()
    with pytest.raises(Reject, match="Timeout exceeded"):
        driver.queries(SqlSettings.model_validate({"timeout": "1s"})).run(ENDLESS)
    assert time.monotonic() - begun < 10


def test_memory(driver: ClickHouse) -> None:
    """A question that wants too much memory is ended."""
    with pytest.raises(Reject, match="emory limit"):
        driver.queries(SqlSettings()).run("SELECT length(groupArray(number)) FROM numbers(1000000000)")


def test_usable_after_error(queries: ClickHouseQueries) -> None:
    """An error leaves nothing behind."""
    with pytest.raises(Reject):
        queries.run("SELECT 1 +")
    assert (queries.run("SELECT 1 AS x").table.to_pylist(), queries.is_busy()) == ([{"x": 1}], False)


def test_the_server_is_away(clickhouse: ChdbServer) -> None:
    """That is no fault of the question."""
    queries = ClickHouse(ClickHouseSettings(port=clickhouse.port), Path()).queries(SqlSettings())
    clickhouse.go_away()
    with pytest.raises(Retry, match="Connection refused"):
        queries.run("SELECT 1")


def test_the_server_goes_away(driver: ClickHouse, queries: ClickHouseQueries, clickhouse: ChdbServer) -> None:
    """Half an answer is no answer."""
    if driver.settings.interface == "chdb":
        pytest.skip("there is no server")
    clickhouse.arm("half", "numbers")
    with pytest.raises(Retry):
        queries.run("SELECT * FROM numbers(100000)")


def test_the_server_is_busy(driver: ClickHouse, queries: ClickHouseQueries, clickhouse: ChdbServer) -> None:
    """That is no fault of the question either."""
    if driver.settings.interface == "chdb":
        pytest.skip("there is no server")
    clickhouse.arm("fail_before", "numbers", code=202, message="Too many simultaneous queries")
    with pytest.raises(Retry, match="Too many"):
        queries.run("SELECT * FROM numbers(3)")


def test_before_anything_was_made(chdb_folder: Path, tmp_path: Path) -> None:
    """Without a tracker nothing is made by asking."""
    settings = ClickHouseSettings(interface="chdb", path=tmp_path / "none")
    with (
        pytest.raises(NothingThere, match="none yet: start one"),
        ClickHouse(settings, chdb_folder).reading(SqlSettings()),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_without_a_tracker(driver: ClickHouse) -> None:
    """The warehouse is opened to read, by the same rules."""
    alone = ClickHouse(driver.settings, driver.data)
    with alone.reading(SqlSettings()) as questions:
        assert questions.run("SELECT max(n) AS n FROM events").table.to_pylist() == [{"n": 3}]
        with pytest.raises(Reject):
            questions.run("DROP TABLE events")


def test_writing_goes_on(chdb_folder: Path) -> None:
    """Plans are written while long questions run, and closing ends these, saying why."""
    driver = ClickHouse(ClickHouseSettings(interface="chdb", database=f"test_{uuid4().hex}"), chdb_folder)
    driver.open()
    driver.create("events", EVENTS)
    queries = driver.queries(SqlSettings())
    asked = [in_background(lambda: queries.run(ENDLESS)) for _ in range(3)]
    for plan in range(1, 6):
        write(driver, plan)
    assert queries.run("SELECT count() AS n FROM events").table.to_pylist() == [{"n": 15}]
    assert [thread.is_alive() for thread, _ in asked] == [True] * 3
    driver.close()
    for thread, raised in asked:
        thread.join(20)
        assert [str(error) for error in raised] == ["the query was interrupted: the warehouse is closing"]
