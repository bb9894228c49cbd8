"""The ready views say what their documentation says, and the same in both layouts of both engines."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import pyarrow as pa
import pytest

from tests.warehouse.test_same_tables import type_of
from tests.warehouse.views import expected, traffic
from tests.warehouse.views.warehouses import SPLIT, WIDE, fill
from tracker.warehouse.clickhouse import ClickHouse, ClickHouseSettings
from tracker.warehouse.duckdb import DuckDB, DuckDBSettings
from tracker.warehouse.tables import Tables
from tracker.warehouse.views.views import NAMES, view_name

PLACES = [(engine, own) for engine in ("duckdb", "clickhouse") for own in (WIDE, SPLIT)]
FAR_AWAY = "Pacific/Kiritimati"
LEAVES = ("daily_traffic", "people", "orders", "retention_cohorts")
"""Views that go by days or join much."""
PROPERTY_NAMES = {traffic.SHOP: "Shop", traffic.NIGHT: "Night", traffic.BOUTIQUE: "Boutique"}


@dataclass
class Warehouses:
    """Both engines, each with the same rows in both layouts."""

    duckdb: duckdb.DuckDBPyConnection
    clickhouse: ClickHouse
    answers: dict[str, pa.Table] = field(default_factory=dict)

    def read(self, engine: str, own: Tables, name: str) -> pa.Table:
        """All rows of a view."""
        sql = f'SELECT * FROM "{view_name(own, name)}"'
        key = f"{engine} {sql}"
        if key not in self.answers:
            is_duckdb = engine == "duckdb"
            self.answers[key] = self.duckdb.sql(sql).to_arrow_table() if is_duckdb else self.clickhouse.query(sql)
        return self.answers[key]

    def read_far_away(self, engine: str, sql: str) -> list[dict[str, Any]]:
        """An answer for somebody who lives 14 hours ahead of UTC and has other ways of joining."""
        if engine == "duckdb":
            with self.duckdb.cursor() as reader:
                reader.execute(f"SET TimeZone = '{FAR_AWAY}'")
                rows: list[dict[str, Any]] = reader.sql(sql).to_arrow_table().to_pylist()
                return rows
        settings = {"output_format_arrow_string_as_string": 1, "session_timezone": FAR_AWAY, "join_use_nulls": 1}
        return list(self.clickhouse._opened().query_arrow(sql, settings=settings).to_pylist())


@pytest.fixture(scope="module")
def warehouses(tmp_path_factory: pytest.TempPathFactory, chdb_folder: Path) -> Iterator[Warehouses]:
    """The traffic in both engines."""
    duck = DuckDB(DuckDBSettings(), tmp_path_factory.mktemp("duckdb"))
    click = ClickHouse(ClickHouseSettings(interface="chdb", database=f"test_{uuid4().hex}"), chdb_folder)
    fill(duck, traffic.batches())
    duck.close()
    fill(click, traffic.batches())
    with duckdb.connect(duck.path, read_only=True) as reader:
        reader.execute("SET TimeZone = 'UTC'")
        yield Warehouses(reader, click)
    click.close()


@pytest.fixture(scope="module")
def wanted() -> dict[str, list[dict[str, Any]]]:
    """What each view should say."""
    known = expected.Known(traffic.rows())
    return {name: rows(known) for name, (rows, _) in expected.VIEWS.items()}


def keyed(rows: list[dict[str, Any]], keys: tuple[str, ...]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Rows by what tells them apart."""
    found = {tuple(row[key] for key in keys): row for row in rows}
    assert len(found) == len(rows), "some rows are not told apart"
    return found


def same(one: Any, other: Any) -> bool:
    """Equal, amounts up to how they were added."""
    if isinstance(one, float) and isinstance(other, float | int):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return bool(one == other)


def differences(found: list[dict[str, Any]], wanted: list[dict[str, Any]], keys: tuple[str, ...]) -> list[Any]:
    """Rows on one side only, and values that differ: (row, column, found, wanted)."""
    here, there = keyed(found, keys), keyed(wanted, keys)
    sides = [(key, "is here only" if key in here else "is missing") for key in here.keys() ^ there.keys()]
    values = [
        (key, column, value, there[key][column])
        for key in here.keys() & there.keys()
        for column, value in here[key].items()
        if not same(value, there[key][column])
    ]
    return sorted([*sides, *values], key=str)


def of_layout(one: object) -> str:
    """How a test calls an engine or a table set."""
    return one.layout if isinstance(one, Tables) else str(one)


@pytest.mark.parametrize("name", expected.VIEWS)
@pytest.mark.parametrize(("engine", "own"), PLACES, ids=of_layout)
def test_rows(warehouses: Warehouses, wanted: dict[str, Any], engine: str, own: Tables, name: str) -> None:
    """Each column of each row is what the view's definition makes of the events, in any place alike."""
    if name == "sessions" and own == SPLIT:
        pytest.skip("there it is a table")
    rows = [{"property_name": PROPERTY_NAMES[row["property_id"]], **row} for row in wanted[name]]
    found = warehouses.read(engine, own, name).to_pylist()
    if name == "client_users":
        found = [{**row, "property_name": PROPERTY_NAMES[row["property_id"]]} for row in found]
    assert differences(found, rows, expected.VIEWS[name][1]) == []


def test_every_view_is_expected() -> None:
    """No view goes without, but those that others are seen through."""
    assert set(NAMES) - set(expected.VIEWS) == {"events_wide", "order_events"}


@pytest.mark.parametrize("name", NAMES)
def test_same_types(warehouses: Warehouses, name: str) -> None:
    """A column has the same name and type in every place."""
    places = [(engine, own) for engine, own in PLACES if name != "sessions" or own == WIDE]
    types = [[(field.name, type_of(field)) for field in warehouses.read(*place, name).schema] for place in places]
    assert all(one == types[0] for one in types)


@pytest.mark.parametrize("name", ["events_wide", "order_events"])
def test_same_rows(warehouses: Warehouses, name: str) -> None:
    """In every place are the same rows; events of a session that was uploaded twice are those of their own upload."""
    key = "log_offset" if name == "events_wide" else "event_id"
    found = [sorted(warehouses.read(*place, name).to_pylist(), key=lambda row: str(row[key])) for place in PLACES]
    first, *others = found
    assert first
    assert all(one == first for one in others)


def test_lists_are_empty(warehouses: Warehouses) -> None:
    """Where an event has no session, lists of the session are empty and never null."""
    for place in PLACES:
        rows = [row for row in warehouses.read(*place, "events_wide").to_pylist() if row["session_id"] is None]
        assert {tuple(row["session_custom_dimensions"]) for row in rows} == {()}


@pytest.mark.parametrize("own", [WIDE, SPLIT], ids=of_layout)
@pytest.mark.parametrize("engine", ["duckdb", "clickhouse"])
def test_reader(warehouses: Warehouses, engine: str, own: Tables) -> None:
    """Where the reader lives, and what they have set for joins, changes nothing."""
    for name in LEAVES:
        found = warehouses.read_far_away(engine, f'SELECT * FROM "{view_name(own, name)}"')
        assert differences(found, warehouses.read(engine, own, name).to_pylist(), expected.VIEWS[name][1]) == []
