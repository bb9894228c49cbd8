"""Users' SQL beside the running writer."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pyarrow as pa
import pytest
from pyarrow import parquet

from tracker.config import SqlSettings
from tracker.errors import Reject, Retry
from tracker.model import Cursor
from tracker.warehouse.driver import TableBatch
from tracker.warehouse.duckdb import DuckDB, DuckDBSettings
from tracker.warehouse.queries import Queries, open_offline

ENDLESS = "SELECT sum(a.range * b.range) FROM range(10_000_000) a, range(10_000_000) b"


@contextmanager
def three_events(data: Path) -> Iterator[DuckDB]:
    """A file with a table of three events."""
    driver = DuckDB(DuckDBSettings(), data)
    driver.open()
    driver.create("events", pa.schema([("n", pa.int64()), ("name", pa.string())]))
    write(driver, 1)
    yield driver
    driver.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDB]:
    """A file for tests that only ask."""
    with three_events(tmp_path_factory.mktemp("shared")) as driver:
        yield driver


@pytest.fixture
def queries(shared: DuckDB) -> Queries:
    """Questions to the shared file."""
    return shared.queries(SqlSettings())


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[DuckDB]:
    """A file for a test that writes."""
    with three_events(tmp_path) as driver:
        yield driver


def write(driver: DuckDB, plan: int) -> None:
    rows = pa.table({"n": [1, 2, 3], "name": ["a", "b", "ä"]})
    driver.append([TableBatch("events", rows)], Cursor("log", 0, plan, 3 * plan))


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


def wait_until_running(queries: Queries) -> None:
    """Until a question is under way; there is no event to wait for inside DuckDB."""
    deadline = time.monotonic() + 10
    while not queries.is_busy() and time.monotonic() < deadline:
        time.sleep(0.005)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT name FROM events ORDER BY n",
        "FROM events SELECT name ORDER BY n;",
        "-- a comment\nWITH e AS (SELECT * FROM events) SELECT name FROM e ORDER BY n",
        "(SELECT name FROM tracker.main.events ORDER BY n)",
    ],
)
def test_select(queries: Queries, sql: str) -> None:
    """A SELECT is answered, however it is written."""
    assert queries.run(sql).table.to_pylist() == [{"name": "a"}, {"name": "b"}, {"name": "ä"}]


@pytest.mark.parametrize(
    "sql",
    [
        "DESCRIBE events",
        "SHOW TABLES",
        "SUMMARIZE events",
        "TABLE events",
        "VALUES (1)",
        "FROM range(3)",
        "FROM duckdb_columns()",
    ],
)
def test_other_questions(queries: Queries, sql: str) -> None:
    """What only looks is answered too."""
    assert queries.run(sql).table.num_rows > 0


@pytest.mark.parametrize("sql", ["EXPLAIN", "explain analyze", "/* why */ EXPLAIN (FORMAT json)", "EXPLAIN (ANALYZE)"])
def test_explain(queries: Queries, sql: str) -> None:
    """EXPLAIN of a SELECT is answered, with its options."""
    assert queries.run(f"{sql} SELECT count(*) FROM events").table.num_rows == 1


def test_explain_options(queries: Queries) -> None:
    """The options of EXPLAIN are passed on."""
    (row,) = queries.run("EXPLAIN (FORMAT json) SELECT count(*) FROM events").table.to_pylist()
    assert isinstance(orjson.loads(row["explain_value"]), list)


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO events VALUES (1, 'x')",
        "DELETE FROM events",
        "CREATE TABLE t AS SELECT 1",
        "CREATE TEMP TABLE t AS SELECT 1",
        "DROP TABLE events",
        "COPY events TO '/tmp/x.csv'",
        "ATTACH '/tmp/x.db'",
        "DETACH tracker",
        "USE memory",
        "SET threads = 8",
        "RESET threads",
        "PRAGMA database_size",
        "CALL duckdb_tables()",
        "CHECKPOINT",
        "LOAD httpfs",
        "INSTALL httpfs",
        "BEGIN",
        "COMMIT",
        "PREPARE p AS SELECT 1",
        "EXECUTE p",
        "EXPORT DATABASE '/tmp/x'",
        "VACUUM",
        "EXPLAIN DELETE FROM events",
        "EXPLAIN ANALYZE DELETE FROM events",
        "EXPLAIN (ANALYZE) INSERT INTO events VALUES (1, 'x')",
        "WITH gone AS (DELETE FROM events RETURNING *) SELECT * FROM gone",
        "SELECT * INTO copy FROM events",
    ],
)
def test_only_questions(shared: DuckDB, queries: Queries, sql: str) -> None:
    """Whatever is no question is refused and changes nothing."""
    with pytest.raises(Reject):
        queries.run(sql)
    assert shared.query("SELECT count(*) AS n FROM events")["n"].to_pylist() == [3]


@pytest.mark.parametrize(
    "call",
    [
        "FROM read_text('/etc/passwd')",
        "FROM read_csv('/etc/passwd')",
        "FROM '/etc/passwd'",
        "FROM glob('/*')",
        "FROM query('SELECT 1')",
        "FROM query_table('events')",
        "FROM parquet_metadata('x.parquet')",
        "FROM sniff_csv('/etc/passwd')",
        "FROM duckdb_secrets()",
        "FROM duckdb_settings()",
        "FROM pragma_storage_info('events')",
        "FROM checkpoint()",
        "FROM force_checkpoint()",
        "FROM enable_logging()",
        "FROM json_execute_serialized_sql('{}')",
        "FROM seq_scan('events')",
        "SELECT getenv('HOME')",
        "SELECT getvariable('x')",
        "SELECT nextval('s')",
        "SELECT setseed(0.5)",
        "SELECT main.sleep_ms(1000)",
        "SELECT pg_sleep(1)",
        "SELECT write_log('x')",
        "SELECT (SELECT max(x) FROM (SELECT setval('s', 1) AS x))",
        "SELECT n FROM events WHERE n IN (SELECT nextval('s') FROM events) ORDER BY nextval('s')",
        "WITH x AS (FROM read_blob('/etc/passwd')) FROM x",
        "EXPLAIN ANALYZE FROM glob('/*')",
        "SELECT * FROM events JOIN read_json('/etc/passwd') ON true",
    ],
)
def test_functions(queries: Queries, call: str) -> None:
    """Functions that reach beyond the tables are refused, wherever they stand."""
    with pytest.raises(Reject):
        queries.run(call)


@pytest.mark.parametrize("sql", ["SELECT nextval('s')", "FROM glob('*')"])
def test_refused_by_us(queries: Queries, sql: str) -> None:
    """A refused function is named."""
    with pytest.raises(Reject, match=r"the function (nextval|glob) may not be called here"):
        queries.run(sql)


@pytest.mark.parametrize("question", ["FROM '{}'", 'EXPLAIN ANALYZE FROM "{}"', "SELECT (SELECT count(*) FROM '{}')"])
def test_files_are_no_tables(driver: DuckDB, tmp_path: Path, question: str) -> None:
    """Neither is a file in a folder that the instance itself may use, such as the one for what queries spill."""
    spilled = tmp_path / "tracker.duckdb.tmp" / "x.parquet"
    spilled.parent.mkdir(exist_ok=True)
    parquet.write_table(pa.table({"secret": [1]}), spilled)
    with pytest.raises(Reject, match="files are not read here"):
        driver.queries(SqlSettings()).run(question.format(spilled))


def test_python_variables_are_no_tables(queries: Queries) -> None:
    """A name in the program's own Python frames is no table."""
    secret = pa.table({"a": [1]})
    with pytest.raises(Reject, match="does not exist"):
        queries.run("SELECT * FROM secret")
    assert secret.num_rows == 1


@pytest.mark.parametrize("sql", ["SELECT 1; SELECT 2", "", "-- nothing", ";", "SELECT 1; DELETE FROM events"])
def test_one_statement(queries: Queries, sql: str) -> None:
    """Exactly one statement at a time."""
    with pytest.raises(Reject, match="one statement at a time"):
        queries.run(sql)


def test_sentences(queries: Queries) -> None:
    """What is wrong with a question is said in DuckDB's words."""
    with pytest.raises(Reject, match=r'(?s)"nam" not found.*name'):
        queries.run("SELECT nam FROM events")


def test_error_while_fetching(queries: Queries) -> None:
    """A question that fails half way is refused with DuckDB's words."""
    with pytest.raises(Reject, match="boom"):
        queries.run("SELECT CASE WHEN range = 50000 THEN error('boom') ELSE 'x' END FROM range(100000)")


def test_usable_after_error(queries: Queries) -> None:
    """An error leaves nothing behind."""
    with pytest.raises(Reject):
        queries.run("SELECT 1 +")
    assert queries.run("SELECT 1 AS x").table.to_pylist() == [{"x": 1}]


def test_utc(queries: Queries) -> None:
    """Times are told in UTC."""
    answer = queries.run("SELECT TIMESTAMPTZ '2024-07-01 12:00:00' AS seen, current_setting('TimeZone') AS zone").table
    assert answer.schema.field("seen").type == pa.timestamp("us", "UTC")
    assert answer["zone"].to_pylist() == ["UTC"]


@pytest.mark.parametrize(("rows", "truncated"), [(4_999, True), (5_000, False), (5_001, False)])
def test_row_cap(shared: DuckDB, rows: int, truncated: bool) -> None:
    """An answer has so many rows at most, and says when there would be more."""
    answer = shared.queries(SqlSettings(max_rows=rows)).run("FROM range(5000)")
    assert (answer.table.num_rows, answer.truncated) == (min(rows, 5_000), truncated)


def test_byte_cap(shared: DuckDB) -> None:
    """An answer stops soon after so many bytes."""
    answer = shared.queries(SqlSettings(max_bytes=1 << 20)).run("SELECT repeat('x', 100) FROM range(1000000000)")
    assert answer.truncated
    assert answer.table.nbytes < 2 << 20


def test_timeout(shared: DuckDB) -> None:
    """A question that takes too long is interrupted and says so."""
    begun = time.monotonic()
    with pytest.raises(Reject, match="longer than 300ms"):
        shared.queries(SqlSettings.model_validate({"timeout": "300ms"})).run(ENDLESS)
    assert time.monotonic() - begun < 5


def test_interrupt_all(queries: Queries) -> None:
    """Running questions can be interrupted, and say why."""
    thread, raised = in_background(lambda: queries.run(ENDLESS))
    wait_until_running(queries)
    assert queries.interrupt_all("the memory was needed")
    thread.join(10)
    assert [str(error) for error in raised] == ["the query was interrupted: the memory was needed"]


def test_held_off(queries: Queries) -> None:
    """Running questions are interrupted and say why; one that comes meanwhile waits, and is answered."""
    thread, raised = in_background(lambda: queries.run(ENDLESS))
    wait_until_running(queries)
    with queries.held_off("the memory was needed"):
        thread.join(10)
        waiting, _ = in_background(lambda: queries.run("SELECT 1"))
        waiting.join(0.2)
        assert (waiting.is_alive(), queries.is_busy()) == (True, False)
    waiting.join(10)
    assert not waiting.is_alive()
    assert [str(error) for error in raised] == ["the query was interrupted: the memory was needed"]


@pytest.mark.parametrize("is_busy", [True, False])
def test_held_off_if_idle(queries: Queries, is_busy: bool) -> None:
    """Questions wait where none is under way; one that is goes on, and others beside it."""
    thread, _ = in_background(lambda: queries.run(ENDLESS if is_busy else "SELECT 1"))
    if is_busy:
        wait_until_running(queries)
    else:
        thread.join(10)
    with queries.held_off_if_idle() as is_idle:
        other, _ = in_background(lambda: queries.run("SELECT 1"))
        other.join(5 if is_busy else 0.2)
        assert (is_idle, other.is_alive()) == (not is_busy, not is_busy)
    other.join(10)
    queries.interrupt_all("over")
    thread.join(10)


def test_nothing_to_interrupt(queries: Queries) -> None:
    """Interrupting says when there was nothing to interrupt."""
    assert not queries.interrupt_all("why")


def test_writing_goes_on(driver: DuckDB) -> None:
    """Plans are written and checkpointed while a long question runs."""
    queries = driver.queries(SqlSettings())
    thread, _ = in_background(lambda: queries.run(ENDLESS))
    wait_until_running(queries)
    for plan in range(2, 12):
        write(driver, plan)
        driver.tidy()
    assert queries.run("SELECT count(*) AS n FROM events").table["n"].to_pylist() == [33]
    assert thread.is_alive()
    queries.interrupt_all("over")
    thread.join(10)


def test_many_threads(driver: DuckDB) -> None:
    """Several threads may ask at once while the writer writes; each sees whole plans."""
    queries = driver.queries(SqlSettings())
    counts: list[int] = []

    def ask() -> None:
        for _ in range(5):
            counts.extend(queries.run("SELECT count(*) AS n FROM events").table["n"].to_pylist())

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for plan in range(2, 12):
        write(driver, plan)
    for thread in threads:
        thread.join(30)
    assert len(counts) == 20
    assert {count % 3 for count in counts} == {0}


def test_closing_ends_questions(driver: DuckDB) -> None:
    """Closing the warehouse interrupts what still runs, and the file is free."""
    queries = driver.queries(SqlSettings())
    thread, raised = in_background(lambda: queries.run(ENDLESS))
    wait_until_running(queries)
    driver.close()
    thread.join(10)
    assert "closing" in str(raised[0])
    with open_offline(driver.path, SqlSettings()) as offline:
        assert offline.run("FROM events").table.num_rows == 3


def test_offline(driver: DuckDB) -> None:
    """Without a tracker, the file itself is asked, by the same rules."""
    driver.close()
    with open_offline(driver.path, SqlSettings()) as offline:
        assert offline.run("SELECT max(n) AS n FROM tracker.events").table["n"].to_pylist() == [3]
        with pytest.raises(Reject):
            offline.run("FROM read_text('/etc/passwd')")


def test_offline_while_running(driver: DuckDB) -> None:
    """The file of a running tracker cannot be opened beside it."""
    with pytest.raises(Retry, match=r"tracker\.duckdb"), open_offline(driver.path, SqlSettings()):
        pass
