"""How batches get into a sink: tables that fit, plans that are tried for ever, bad rows set aside."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import structlog

from tracker.errors import Retry
from tracker.metrics import Metrics, new_metrics
from tracker.model import Batch, Cursor, Outcome, Outcomes
from tracker.warehouse.driver import SchemaMismatch, TableBatch
from tracker.warehouse.duckdb import DuckDB, DuckDBSettings
from tracker.warehouse.layout import Layout
from tracker.warehouse.tables import Tables
from tracker.warehouse.writer import Writer

EVENTS = pa.schema(
    [
        pa.field("name", pa.string(), nullable=False),
        pa.field("property_id", pa.string(), nullable=False),
        pa.field("received_at", pa.timestamp("us", "UTC"), nullable=False),
        pa.field("log_offset", pa.int64(), nullable=False),
    ]
)
LAYOUT = Layout(EVENTS, ())
SPLIT = Tables("split")


class Unsteady(DuckDB):
    """A DuckDB whose next calls fail as often as they are told to."""

    failures = 0

    def append(self, tables: Sequence[TableBatch], cursor: Cursor) -> None:
        """Fail, or write."""
        if self.failures:
            self.failures -= 1
            raise Retry("the disk is full")
        super().append(tables, cursor)


@dataclass
class Bench:
    """A writer on a file of its own, and what it waited and counted."""

    path: Path
    layout: Layout = LAYOUT
    waits: list[float] = field(default_factory=list)
    stop_after: int = 1_000
    metrics: Metrics = field(default_factory=new_metrics)

    def __post_init__(self) -> None:
        self.driver = Unsteady(DuckDBSettings(), self.path)
        self.writer = Writer(
            "main",
            self.driver,
            self.layout,
            wait=self._wait,
            metrics=self.metrics,
            log=structlog.get_logger(),
            views=False,
        )

    def _wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        return len(self.waits) >= self.stop_after

    def values(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of an answer, as tuples."""
        return [tuple(row.values()) for row in self.driver.query(sql).to_pylist()]

    def counted(self, name: str, **labels: str) -> float:
        """The value of a counter."""
        return self.metrics.registry.get_sample_value(name, labels) or 0


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Keep logs out of the tests' output."""
    with structlog.testing.capture_logs():
        yield


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    """How to make a bench on this test's folder."""
    made: list[Bench] = []

    def bench(**changes: Any) -> Bench:
        made.append(Bench(tmp_path, **changes))
        return made[-1]

    yield bench
    for each in made:
        each.writer.close()


@pytest.fixture
def bench(make: Callable[..., Bench]) -> Bench:
    """A bench whose tables are there."""
    bench = make()
    bench.writer.prepare()
    return bench


def batch(names: Sequence[str | None], plan: int = 1) -> Batch:
    """Events with offsets 100, 101, ...; a name of None is one that the warehouse refuses."""
    events = pa.table(
        {
            "name": pa.array(names, pa.string()),
            "property_id": pa.array(["p"] * len(names)),
            "received_at": pa.array([datetime(2024, 1, 1, tzinfo=UTC)] * len(names), pa.timestamp("us", "UTC")),
            "log_offset": pa.array(range(100, 100 + len(names)), pa.int64()),
        }
    )
    ledger: dict[tuple[str, Outcome, str], int] = {("p", "duplicate", "event_key"): 1}
    return Batch(0, plan, events, Outcomes(plan, duplicate=(7,)), (), ledger, lambda offset: b"record %d" % offset)


def cursor(plan: int = 1) -> Cursor:
    """The cursor of a plan."""
    return Cursor("log", 0, plan, plan)


def test_prepare_creates(bench: Bench) -> None:
    """Every table of the layout is there after preparing."""
    assert {table: bench.driver.describe(table) for table in LAYOUT.schemas} == LAYOUT.schemas


def test_prepare_again(make: Callable[..., Bench], bench: Bench) -> None:
    """A new column is added when the writer starts again."""
    bench.writer.close()
    wider = EVENTS.append(pa.field("page", pa.string()))
    again = make(layout=Layout(wider, ()))
    again.writer.prepare()
    assert again.driver.describe("events") == wider


def test_prepare_refuses_everything_first(make: Callable[..., Bench]) -> None:
    """All that does not fit is listed, and nothing is changed before."""
    bench = make()
    bench.driver.create("events", pa.schema([("name", pa.int64()), ("log_offset", pa.string())]))
    with pytest.raises(SchemaMismatch, match=r"(?s)name is int64.*log_offset is string"):
        bench.writer.prepare()
    assert bench.driver.describe("tracker_ledger") is None


def test_prepare_waits_for_the_file(tmp_path: Path, make: Callable[..., Bench]) -> None:
    """While the warehouse cannot be opened, preparing waits and tries again."""
    (tmp_path / "tracker.duckdb").mkdir()
    bench = make(stop_after=3)
    with pytest.raises(Retry, match=r"tracker\.duckdb"):
        bench.writer.prepare()
    assert bench.waits == [1, 2, 4]


def test_write(bench: Bench) -> None:
    """Rows, ledger and cursor of a plan are there."""
    assert bench.writer.write(batch(["a", "b"]), cursor()) == Outcomes(1, duplicate=(7,))
    assert bench.values("SELECT name FROM events ORDER BY log_offset") == [("a",), ("b",)]
    assert bench.values("SELECT outcome, hits FROM tracker_ledger ORDER BY ALL") == [("duplicate", 1), ("written", 2)]
    assert bench.driver.cursor(0) == cursor()


def test_rows_are_counted(bench: Bench) -> None:
    """Written rows are counted by sink and table."""
    bench.writer.write(batch(["a", "b"]), cursor())
    assert bench.counted("tracker_rows_total", sink="main", table="events") == 2


def test_retries(bench: Bench) -> None:
    """A warehouse that is away is tried after 1, 2, 4 ... and at most 60 seconds, until it is back."""
    bench.driver.failures = 8
    bench.writer.write(batch(["a"]), cursor())
    assert bench.waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert bench.values("SELECT name FROM events") == [("a",)]


def test_retries_are_counted(bench: Bench) -> None:
    """Each failed attempt is counted."""
    bench.driver.failures = 2
    bench.writer.write(batch(["a"]), cursor())
    assert bench.counted("tracker_sink_retries_total", sink="main") == 2


def test_stop(make: Callable[..., Bench]) -> None:
    """A writer that is told to stop while it waits gives the plan back, unwritten."""
    bench = make(stop_after=2)
    bench.writer.prepare()
    bench.driver.failures = 100
    with pytest.raises(Retry, match="the disk is full"):
        bench.writer.write(batch(["a"]), cursor())
    assert bench.driver.cursor(0) is None


def test_schema_changed_while_running(bench: Bench) -> None:
    """A table that somebody dropped stops the sink and is not retried."""
    bench.driver.query("DROP TABLE events")
    with pytest.raises(SchemaMismatch):
        bench.writer.write(batch(["a"]), cursor())
    assert bench.waits == []


def test_what_mends_it_is_pointed_at(bench: Bench) -> None:
    """Whoever reads that a table does not fit is told how to see the statements that mend it."""
    bench.driver.query("ALTER TABLE events DROP COLUMN log_offset")
    with pytest.raises(SchemaMismatch, match="tracker migrate --plan"):
        bench.writer.write(batch(["a"]), cursor())


def test_dropped_table(make: Callable[..., Bench], bench: Bench) -> None:
    """A table that somebody dropped is made again, and it is said how many rows went with it."""
    bench.writer.write(batch(["a", "b"]), cursor())
    bench.driver.query("DROP TABLE events")
    bench.writer.close()
    again = make()
    again.writer.prepare()
    assert again.driver.describe("events") == EVENTS
    (complaint,) = again.writer.complaints
    assert complaint.startswith("table events was missing and is made anew; 2 of 2 rows are gone")
    again.writer.close()
    later = make()
    later.writer.prepare()
    assert later.writer.complaints == []


def test_dropped_sessions(make: Callable[..., Bench]) -> None:
    """A table of sessions that was dropped beside its events is told of too."""
    columns = pa.schema([*EVENTS, pa.field("session_id", pa.string()), pa.field("session_n", pa.int64())])
    split = Layout(columns, {"session_n"}, lambda property_id: SPLIT, sets=(SPLIT,))
    bench = make(layout=split)
    bench.writer.prepare()
    bench.driver.query("DROP TABLE sessions")
    bench.writer.close()
    again = make(layout=split)
    again.writer.prepare()
    assert [text.partition(":")[0] for text in again.writer.complaints] == [
        "table sessions was missing and is made anew, empty"
    ]


def test_new_table_beside_others(make: Callable[..., Bench], bench: Bench) -> None:
    """A property that gets tables of its own later is nothing to complain about."""
    bench.writer.write(batch(["a"]), cursor())
    bench.writer.close()
    wider = make(layout=Layout(EVENTS, (), sets=(Tables(), Tables("wide", "shop_events", "shop_sessions"))))
    wider.writer.prepare()
    assert "shop_events" in wider.layout.schemas
    assert wider.writer.complaints == []


def test_bad_row(bench: Bench) -> None:
    """One bad row harms only itself."""
    bench.writer.write(batch(["a", "b", None, "d"]), cursor())
    assert bench.values("SELECT name FROM events ORDER BY log_offset") == [("a",), ("b",), ("d",)]


def test_bad_row_is_a_dead_letter(bench: Bench) -> None:
    """A refused row is kept whole, with what the warehouse said."""
    bench.writer.write(batch(["a", None]), cursor())
    ((*letter, reason),) = bench.values(
        "SELECT log_offset, plan, property_id, stage, record, reason FROM tracker_dead_letters"
    )
    assert letter == [101, 1, "p", "warehouse", b"record 101"]
    assert "NOT NULL constraint failed" in reason


def test_bad_row_in_ledger(bench: Bench) -> None:
    """The ledger counts a refused row as dead, and no longer as written."""
    bench.writer.write(batch(["a", None, "c", None]), cursor())
    assert bench.values("SELECT outcome, reason, hits FROM tracker_ledger ORDER BY ALL") == [
        ("dead", "bad_row", 2),
        ("duplicate", "event_key", 1),
        ("written", "", 2),
    ]


def test_bad_row_in_outcomes(bench: Bench) -> None:
    """What is returned says which hits died, beside what was known before."""
    outcomes = bench.writer.write(batch(["a", None]), cursor())
    assert outcomes == Outcomes(1, duplicate=(7,), dead={101: "bad_row"})


def test_bad_rows_are_counted(bench: Bench) -> None:
    """Refused rows are counted by stage and reason."""
    bench.writer.write(batch([None, "b"]), cursor())
    assert bench.counted("tracker_dropped_hits_total", stage="warehouse", reason="bad_row") == 1


def test_only_bad_rows(bench: Bench) -> None:
    """A plan whose rows are all refused still moves the cursor."""
    bench.writer.write(batch([None, None]), cursor())
    assert bench.values("SELECT count(*) FROM tracker_dead_letters") == [(2,)]
    assert bench.driver.cursor(0) == cursor()


def test_many_bad_rows(bench: Bench) -> None:
    """Past 64 bad rows, refused slices die as a whole; every hit still ends in exactly one place."""
    bench.writer.write(batch([None if n % 2 else "x" for n in range(300)]), cursor())
    ((written,),) = bench.values("SELECT count(*) FROM events")
    ((dead,),) = bench.values("SELECT count(*) FROM tracker_dead_letters")
    assert written + dead == 300
    assert 150 < dead < 300


def test_bad_plan_again(bench: Bench) -> None:
    """A plan with a bad row that is sent again changes nothing."""
    for _ in range(2):
        bench.writer.write(batch(["a", None]), cursor())
    assert bench.values("SELECT count(*) FROM tracker_dead_letters") == [(1,)]
