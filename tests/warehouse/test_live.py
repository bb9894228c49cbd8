"""The relation `live_events` in questions: when it is there, what it looks like, and what it costs others."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tracker.config import SqlSettings
from tracker.errors import Reject, Retry
from tracker.model import Cursor
from tracker.warehouse.driver import TableBatch
from tracker.warehouse.duckdb import DuckDB, DuckDBSettings
from tracker.warehouse.live import LiveRelations, written
from tracker.warehouse.queries import Queries
from tracker.warehouse.tables import tables

SCHEMA = pa.schema(
    [
        pa.field("log_offset", pa.int64(), nullable=False),
        pa.field("property_id", pa.string(), nullable=False),
        pa.field("seen", pa.timestamp("us", "UTC")),
        pa.field("params", pa.list_(pa.struct([("name", pa.string()), ("value", pa.string())]))),
    ]
)
SHOP = tables("wide", "shop_events")


def rows(*offsets: int, property_id: str = "G-1") -> pa.Table:
    return pa.Table.from_pylist(
        [{"log_offset": n, "property_id": property_id, "seen": n, "params": [{"name": "a"}]} for n in offsets], SCHEMA
    )


@dataclass(frozen=True)
class Missing:
    """What is in no table."""

    events: pa.Table
    shown: int = 2
    hits: int = 2
    avoided: int = 0


class Log:
    """Hands out what it is told is missing, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[int, int]] = []
        self.missing: Callable[[], Missing] = lambda: Missing(rows(3, 4))

    def __call__(self, has: Mapping[int, Cursor], check: Callable[[], None]) -> Missing:
        """What is missing from tables that have these plans."""
        self.asked.append({partition: cursor.plan for partition, cursor in has.items()})
        check()
        return self.missing()


@pytest.fixture
def log() -> Log:
    """Two hits that are in no table."""
    return Log()


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[DuckDB]:
    """A table with two events."""
    driver = DuckDB(DuckDBSettings(), tmp_path)
    driver.open()
    driver.create("events", SCHEMA)
    driver.append([TableBatch("events", rows(1, 2))], Cursor("log", 0, 7, 2))
    yield driver
    driver.close()


@pytest.fixture
def queries(driver: DuckDB, log: Log) -> Queries:
    """Questions that may name the relation."""
    return driver.queries(SqlSettings(), LiveRelations(log, written))


def ask(queries: Queries, sql: str) -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = queries.run(sql).table.to_pylist()
    return answer


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM live_events",
        'SELECT * FROM "Live_Events"',
        "FROM LIVE_EVENTS",
        "FROM main.live_events",
        "WITH l AS (FROM live_events) FROM l",
        "SELECT * FROM events RIGHT JOIN live_events AS l USING (log_offset)",
        "SELECT * FROM (SELECT * FROM live_events) WHERE log_offset IN (SELECT log_offset FROM live_events)",
        "SELECT unnest((SELECT list(log_offset) FROM live_events))",
    ],
)
def test_however_it_is_named(queries: Queries, sql: str) -> None:
    """Case, quotes, aliases, joins and subqueries make no difference."""
    assert len(ask(queries, sql)) == 2


def test_with_the_table(queries: Queries, log: Log) -> None:
    """Table and relation stand in one question, and the relation knows what the table has."""
    assert ask(queries, "SELECT count(*) AS n FROM (FROM events UNION ALL FROM live_events)") == [{"n": 4}]
    assert log.asked == [{0: 7}]


@pytest.mark.parametrize(
    "sql", ["EXPLAIN FROM live_events", "EXPLAIN ANALYZE FROM live_events", "SUMMARIZE live_events"]
)
def test_questions_about_it(queries: Queries, sql: str) -> None:
    """It can be explained and summarised."""
    assert ask(queries, sql)


def test_it_costs_nothing_unnamed(queries: Queries, log: Log) -> None:
    """Where it is not asked for nothing is computed, though its name is in a text."""
    assert ask(queries, "SELECT 'live_events' AS live_events FROM events") != []
    assert log.asked == []


def test_it_is_gone_afterwards(driver: DuckDB, queries: Queries) -> None:
    """It belongs to one question: neither the file nor others see it."""
    ask(queries, "FROM live_events")
    assert ask(queries, "SELECT count(*) AS n FROM duckdb_views() WHERE view_name LIKE '%live%'") == [{"n": 0}]
    with pytest.raises(Reject, match="live_events does not exist"):
        driver.queries(SqlSettings()).run("FROM live_events")


def test_columns_of_the_table(queries: Queries) -> None:
    """Names, types and order are those of the table."""
    described = [
        ask(queries, f"SELECT column_name, column_type FROM (DESCRIBE {name})") for name in ("events", "live_events")
    ]
    assert described[0] == described[1]


def test_nothing_missing(queries: Queries, log: Log) -> None:
    """Without missing hits it is empty, with all columns."""
    log.missing = lambda: Missing(SCHEMA.empty_table(), 0, 0)
    assert queries.run("FROM live_events").table.column_names == SCHEMA.names


def test_a_table_with_columns_of_another_time(driver: DuckDB, queries: Queries, log: Log) -> None:
    """Columns that only the table has are null, in their own place and type; those that only the rows have are not."""
    driver._connection().execute("ALTER TABLE events ADD COLUMN note DECIMAL(10, 2)")
    log.missing = lambda: Missing(rows(3, 4).append_column("new", pa.array([1, 2])))
    assert ask(
        queries, "SELECT note, log_offset FROM (FROM events UNION ALL FROM live_events) WHERE log_offset = 3"
    ) == [{"note": None, "log_offset": 3}]


def test_the_view_of_a_split_layout(driver: DuckDB, queries: Queries) -> None:
    """Where a view puts tables together, the relation is as the view."""
    driver._connection().execute("CREATE VIEW events_wide AS SELECT property_id, log_offset FROM events")
    assert queries.run("FROM live_events").table.column_names == ["property_id", "log_offset"]


def test_ours_wins(driver: DuckDB, queries: Queries) -> None:
    """A table of that name is hidden."""
    driver._connection().execute("CREATE TABLE live_events (n BIGINT)")
    assert len(ask(queries, "FROM live_events")) == 2


def test_each_table_set_has_its_own(driver: DuckDB, log: Log) -> None:
    """The relation of a table set shows the hits of its properties, and none that this sink does not get."""
    log.missing = lambda: Missing(
        pa.concat_tables([rows(3), rows(4, property_id="G-SHOP"), rows(5, property_id="G-ELSEWHERE")])
    )
    to = {"G-1": tables("wide", "events"), "G-SHOP": SHOP}
    queries = driver.queries(SqlSettings(), LiveRelations(log, written, tuple(to.values()), to.get))
    both = "SELECT log_offset AS n FROM live_events UNION ALL SELECT -log_offset FROM shop_live_events ORDER BY n"
    assert ask(queries, both) == [{"n": -4}, {"n": 3}]
    assert len(log.asked) == 1


def test_tables_that_fell_behind_are_asked_again(driver: DuckDB, queries: Queries, log: Log) -> None:
    """When the log has moved past what the tables had, both are asked again, in a new transaction."""

    def moved() -> Missing:
        driver.append([TableBatch("events", rows(3))], Cursor("log", 0, 8, 3))
        log.missing = lambda: Missing(rows(4))
        raise Retry("moved")

    log.missing = moved
    assert ask(queries, "SELECT count(*) AS n FROM (FROM events UNION ALL FROM live_events)") == [{"n": 4}]
    assert log.asked == [{0: 7}, {0: 8}]


def test_a_log_that_never_rests(queries: Queries, log: Log) -> None:
    """After three times the asker is told to try again."""

    def moved() -> Missing:
        raise Retry("moved")

    log.missing = moved
    with pytest.raises(Retry, match="moved"):
        queries.run("FROM live_events")
    assert len(log.asked) == 3


def test_the_time_of_a_question_counts(driver: DuckDB, log: Log) -> None:
    """A question whose time is over while hits are computed is interrupted."""
    relations = LiveRelations(log, written)
    queries = driver.queries(SqlSettings(timeout=1), relations)

    def endless(has: Mapping[int, Cursor], check: Callable[[], None]) -> Missing:
        while True:
            check()

    queries._live = replace(relations, missing=endless)
    with pytest.raises(Reject, match="it took longer than"):
        queries.run("FROM live_events")


def test_an_answer_says_what_is_left_out(queries: Queries, log: Log) -> None:
    """Hits beyond the limit are counted in the note."""
    log.missing = lambda: Missing(rows(3, 4), shown=2, hits=1_002)
    assert "leaves out 1,000" in queries.run("FROM live_events").note


def test_an_answer_that_is_whole_says_nothing(queries: Queries) -> None:
    """No note where nothing is left out."""
    assert queries.run("FROM live_events").note == ""
