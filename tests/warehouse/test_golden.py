"""The statements of a migration: what they are, and that they can be pasted into the warehouse's own client."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import pytest

from tests.warehouse.chdb_server import ChdbServer
from tests.warehouse.golden.rewrite import FOLDER, PLANS, plan
from tracker.cli.migrating import migrations
from tracker.config import Settings
from tracker.warehouse.clickhouse import ClickHouse, ClickHouseSettings
from tracker.warehouse.driver import Driver
from tracker.warehouse.duckdb import DuckDB

IN_DUCKDB = ["duckdb", "duckdb_split", "duckdb_tables"]
IN_CLICKHOUSE = ["clickhouse", "clickhouse_split"]


def golden(name: str) -> str:
    """What was printed when the file was written."""
    return (FOLDER / f"{name}.sql").read_text()


@pytest.mark.parametrize("name", PLANS)
def test_golden(name: str) -> None:
    """The plan is, letter by letter, what stands in the file; `python -m tests.warehouse.golden.rewrite` writes it."""
    assert plan(name) == golden(name)


def test_no_other_files() -> None:
    """Every file belongs to a configuration."""
    assert {path.stem for path in FOLDER.glob("*.sql")} == set(PLANS)


@pytest.mark.parametrize("name", IN_DUCKDB)
def test_pasted_into_duckdb(name: str, tmp_path: Path) -> None:
    """Pasted into plain DuckDB, the plan makes the tables, views and comments that `--apply` makes."""
    with duckdb.connect(str(tmp_path / "pasted.duckdb")) as pasted:
        pasted.execute(plan(name))
        expected = _inside(pasted)
    (migration,) = migrations(Settings.model_validate({**PLANS[name], "data": tmp_path}), None)
    assert migration.apply(None)
    assert isinstance(migration.driver, DuckDB)
    with duckdb.connect(str(migration.driver.path)) as applied:
        assert _inside(applied) == expected


def _inside(connection: duckdb.DuckDBPyConnection) -> list[Any]:
    columns = "SELECT table_name, column_name, data_type, is_nullable FROM duckdb_columns() ORDER BY ALL"
    views = "SELECT view_name, sql, comment FROM duckdb_views() WHERE NOT internal ORDER BY ALL"
    return [connection.execute(sql).fetchall() for sql in (columns, views)]


@pytest.fixture
def database(clickhouse: ChdbServer, tmp_path: Path) -> Iterator[ClickHouse]:
    """A ClickHouse whose database `tracker` is gone afterwards."""
    driver = ClickHouse(ClickHouseSettings(port=clickhouse.port), tmp_path)
    driver.inspect()
    yield driver
    driver._opened().command("DROP DATABASE IF EXISTS tracker")
    driver.close()


@pytest.mark.parametrize("name", IN_CLICKHOUSE)
def test_pasted_into_clickhouse(name: str, database: ClickHouse, clickhouse: ChdbServer, tmp_path: Path) -> None:
    """Pasted into a client of ClickHouse, the plan makes the tables and views that `--apply` makes."""
    clickhouse.paste(plan(name))
    expected = _held(database)
    other = f"test_{uuid4().hex}"
    sinks = {"main": {"driver": "clickhouse", "port": clickhouse.port, "database": other}}
    warehouse = {**PLANS[name]["warehouse"], "sinks": sinks}
    (migration,) = migrations(Settings.model_validate({"warehouse": warehouse, "data": tmp_path}), None)
    assert migration.apply(None)
    migration.driver.open()
    assert _held(migration.driver) == expected
    database._opened().command(f"DROP DATABASE {other}")
    migration.driver.close()


def _held(driver: Driver) -> dict[str, tuple[Any, Any]]:
    return {name: (relation, driver.describe(name)) for name, relation in driver.relations().items()}
