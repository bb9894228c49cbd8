"""Migrations that break off: the release before starts again and writes, and the next attempt ends what was begun."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pytest
import structlog

from tests.warehouse.chdb_server import ChdbServer
from tracker.errors import Retry, TrackerError
from tracker.metrics import new_metrics
from tracker.model import Batch, Cursor, Outcomes
from tracker.warehouse.change import CreateTable, PutView
from tracker.warehouse.changes import Changes, compared
from tracker.warehouse.clickhouse import ClickHouse, ClickHouseSettings
from tracker.warehouse.driver import Driver, View
from tracker.warehouse.duckdb import DuckDB, DuckDBSettings
from tracker.warehouse.layout import Layout
from tracker.warehouse.writer import Writer

ITEM = pa.struct([("sku", pa.string())])
OLD = pa.schema(
    [
        pa.field("property_id", pa.string(), nullable=False),
        pa.field("received_at", pa.timestamp("us", "UTC"), nullable=False),
        pa.field("log_offset", pa.int64(), nullable=False),
        pa.field("items", pa.list_(ITEM)),
    ]
)
NEW = pa.schema(
    [
        *OLD.set(3, pa.field("items", pa.list_(pa.struct([*ITEM, ("price", pa.float64())])))),
        pa.field("page", pa.string()),
        pa.field("seconds", pa.int64(), nullable=False),
    ]
)
COUNTS = View("counts", "How many events there are.", "SELECT property_id, count(*) AS events FROM events GROUP BY ALL")
PAGES = View("pages", "Pages.", "SELECT page FROM events")
BROKEN = View("broken", "No such column.", "SELECT nowhere FROM events")


class Viewed(Layout):
    """A layout with views of this test's own."""

    def __init__(self, columns: pa.Schema, views: Sequence[View]) -> None:
        super().__init__(columns, ())
        self._views = views

    def views(self, dialect: str) -> Sequence[View]:
        """Those it was given."""
        return self._views


BEFORE, AFTER = Viewed(OLD, [COUNTS]), Viewed(NEW, [COUNTS, PAGES])


@pytest.fixture
def duckdb_driver(tmp_path: Path) -> Iterator[Driver]:
    """A DuckDB file that the release before has made."""
    driver = DuckDB(DuckDBSettings(), tmp_path)
    writer(driver, BEFORE).prepare()
    yield driver
    driver.close()


@pytest.fixture
def clickhouse_driver(clickhouse: ChdbServer, tmp_path: Path) -> Iterator[Driver]:
    """A ClickHouse database that the release before has made."""
    settings = ClickHouseSettings(port=clickhouse.port, database=f"test_{uuid4().hex}", connect_timeout=1)
    driver = ClickHouse(settings, tmp_path)
    writer(driver, BEFORE).prepare()
    yield driver
    driver._opened().command(f"DROP DATABASE {settings.database}")
    driver.close()


@pytest.fixture(params=["duckdb", "clickhouse"])
def driver(request: pytest.FixtureRequest) -> Driver:
    """Either."""
    made: Driver = request.getfixturevalue(f"{request.param}_driver")
    return made


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Keep logs out of the tests' output."""
    with structlog.testing.capture_logs():
        yield


def writer(driver: Driver, layout: Layout, wait: Callable[[float], bool] = lambda seconds: True) -> Writer:
    """A writer that gives up where it would wait."""
    return Writer("main", driver, layout, wait=wait, metrics=new_metrics(), log=structlog.get_logger())


def changes(driver: Driver, layout: Layout) -> Changes:
    """What the layout needs."""
    return compared(driver, layout.schemas, layout.views(driver.dialect))


def run(driver: Driver, sql: str) -> None:
    """Run a statement as somebody else would."""
    if isinstance(driver, ClickHouse):
        driver._opened().command(sql)
    else:
        driver.query(sql)


def written(driver: Driver, layout: Layout, plan: int) -> int:
    """Start a release, write a plan of two events: how many events there are then."""
    row: dict[str, Any] = {"property_id": "p", "received_at": datetime(2026, 1, 1, tzinfo=UTC), "log_offset": plan}
    row |= {"items": [{"sku": "a", "price": 1.5}], "page": "/", "seconds": 1}
    events = pa.Table.from_pylist([row, row], layout.columns)
    started = writer(driver, layout)
    started.prepare()
    started.write(Batch(0, plan, events, Outcomes(plan), (), {}, lambda offset: b""), Cursor("log", 0, plan, 2 * plan))
    assert started.complaints == []
    (counted,) = driver.query("SELECT events FROM counts")["events"].to_pylist()
    assert isinstance(counted, int)
    return counted


def test_both_releases_write(driver: Driver) -> None:
    """After the additions both releases write, in turns; what the older one does not know is null."""
    driver.apply(changes(driver, AFTER).pre)
    for plan, layout in enumerate((BEFORE, AFTER, BEFORE, AFTER), 1):
        assert written(driver, layout, plan) == 2 * plan
    assert driver.query("SELECT count(*) AS n FROM events WHERE page IS NULL")["n"].to_pylist() == [4]


def test_statements_are_what_is_done(driver: Driver) -> None:
    """Applied twice, the statements make what is wanted, and nothing is left to do."""
    needed = changes(driver, AFTER)
    assert len(driver.statements(needed.of(None))) >= 3
    driver.apply(needed.of(None))
    driver.apply(needed.of(None))
    assert changes(driver, AFTER) == Changes((), ())


def test_duckdb_is_all_or_nothing(duckdb_driver: Driver) -> None:
    """A statement that fails takes back those before it: columns, tables and views."""
    here = duckdb_driver.describe("events")
    with pytest.raises(TrackerError, match="nowhere"):
        duckdb_driver.apply(
            [*changes(duckdb_driver, AFTER).pre, CreateTable("more", OLD), PutView(BROKEN, "00", replaces=False)]
        )
    assert duckdb_driver.describe("events") == here
    assert set(duckdb_driver.relations()).isdisjoint({"more", "pages", "broken"})
    assert written(duckdb_driver, BEFORE, 1) == 2


FULL = """
import resource, sys
from pathlib import Path
from tests.warehouse.test_migration_failures import AFTER, DuckDB, DuckDBSettings, changes
driver = DuckDB(DuckDBSettings(), Path(sys.argv[1]))
driver.open()
needed = changes(driver, AFTER)
resource.setrlimit(resource.RLIMIT_FSIZE, (64, resource.RLIM_INFINITY))
driver.apply(needed.of(None))
"""


def test_duckdb_on_a_full_disk(duckdb_driver: Driver, tmp_path: Path) -> None:
    """Where nothing more can be written, nothing is changed; the release before goes on when there is room again."""
    assert written(duckdb_driver, BEFORE, 1) == 2
    here = duckdb_driver.describe("events")
    duckdb_driver.close()
    ended = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "tracker.errors.Retry: " in ended.stderr
    assert written(duckdb_driver, BEFORE, 2) == 4
    assert duckdb_driver.describe("events") == here


@pytest.mark.parametrize("kind", ["fail_before", "cut_before", "cut_after"])
def test_clickhouse_away_between_statements(clickhouse_driver: Driver, clickhouse: ChdbServer, kind: Any) -> None:
    """What was done stays, the release before writes into it, and applying again does the rest."""
    wanted = Viewed(NEW, [COUNTS, PAGES, View("more", "More.", "SELECT page FROM pages")])
    clickhouse.arm(kind, "VIEW .*`pages`", times=2)
    with pytest.raises(Retry):
        clickhouse_driver.apply(changes(clickhouse_driver, wanted).of(None))
    clickhouse.disarm()
    assert "page" in (clickhouse_driver.describe("events") or OLD).names
    assert written(clickhouse_driver, BEFORE, 1) == 2
    clickhouse_driver.apply(changes(clickhouse_driver, wanted).of(None))
    assert changes(clickhouse_driver, wanted) == Changes((), ())
    assert written(clickhouse_driver, wanted, 2) == 4


def test_server_away_while_the_writer_prepares(clickhouse_driver: Driver, clickhouse: ChdbServer) -> None:
    """The writer waits until tables fit; for a view it does not wait, and makes it when there is time."""
    clickhouse.arm("fail_before", "^ALTER", times=2)
    clickhouse.arm("fail_before", "VIEW .*`pages`")
    waits: list[float] = []
    started = writer(clickhouse_driver, AFTER, lambda seconds: waits.append(seconds) or False)  # type: ignore[func-returns-value]
    started.prepare()
    assert (len(waits), len(started.complaints)) == (2, 1)
    started.tidy()
    assert started.complaints == []
    assert "pages" in clickhouse_driver.relations()


def test_broken_view(driver: Driver) -> None:
    """A view that cannot be made is named; the views behind it are made, and rows are written."""
    started = writer(driver, Viewed(OLD, [BROKEN, COUNTS]))
    started.prepare()
    (complaint,) = started.complaints
    assert complaint.startswith("view broken cannot be made: ")
    assert written(driver, BEFORE, 1) == 2


def test_view_of_a_column_that_is_gone(driver: Driver) -> None:
    """A view of ours that somebody has broken by dropping its column stops nobody, and works when it is back."""
    assert written(driver, AFTER, 1) == 2
    run(driver, "ALTER TABLE events DROP COLUMN page")
    assert written(driver, BEFORE, 2) == 4
    assert written(driver, AFTER, 3) == 6
    assert sorted(driver.query("SELECT page FROM pages")["page"].to_pylist(), key=str) == [*["/"] * 2, *[None] * 4]


def test_views_that_are_not_ours(driver: Driver) -> None:
    """A view or table of somebody else with a name of ours stays as it is, and that is said."""
    run(driver, "CREATE VIEW pages AS SELECT 'mine' AS page")
    started = writer(driver, AFTER)
    started.prepare()
    assert started.complaints == [
        "view pages is not made: something that is not ours has the name, and is what other views read"
    ]
    assert driver.query("SELECT page FROM pages")["page"].to_pylist() == ["mine"]


def test_going_back(driver: Driver) -> None:
    """After everything, the end included, the release before starts and puts its own views back."""
    newer = Viewed(
        NEW, [View("counts", COUNTS.doc, "SELECT property_id, count(*) AS events, 1 AS more FROM events GROUP BY ALL")]
    )
    driver.apply(changes(driver, newer).of(None))
    assert driver.query("SELECT * FROM counts").column_names == ["property_id", "events", "more"]
    assert written(driver, BEFORE, 1) == 2
    assert driver.query("SELECT * FROM counts").column_names == ["property_id", "events"]


def test_split_where_a_view_stood(driver: Driver) -> None:
    """A table that is wanted where a view of ours stands takes its place; an older release leaves it there."""
    viewed = Viewed(OLD, [COUNTS, View("sessions", "Sessions.", "SELECT log_offset FROM events")])
    writer(driver, viewed).prepare()
    needed = compared(driver, {**BEFORE.schemas, "sessions": OLD}, [COUNTS])
    driver.apply(needed.of("pre"))
    assert driver.relations()["sessions"].kind == "table"
    again = writer(driver, viewed)
    again.prepare()
    assert again.complaints == [
        "view sessions is not made: something that is not ours has the name, and is what other views read"
    ]


def test_members_reach_views(driver: Driver) -> None:
    """When a struct gains a member, views show it."""
    items = View("bought", "Items.", "SELECT items FROM events")
    assert written(driver, Viewed(OLD, [COUNTS, items]), 1) == 2
    assert written(driver, Viewed(NEW, [COUNTS, items]), 2) == 4
    found = [item for row in driver.query("SELECT items FROM bought")["items"].to_pylist() for item in row]
    assert sorted(item["price"] or 0 for item in found) == [0, 0, 1.5, 1.5]
