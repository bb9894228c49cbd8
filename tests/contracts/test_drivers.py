"""Every built-in driver under the driver contract."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.warehouse.chdb_server import ChdbServer
from tracker.config import SqlSettings
from tracker.testing import DriverContract
from tracker.testing.drivers.base import opened
from tracker.warehouse.clickhouse import ClickHouse, ClickHouseSettings
from tracker.warehouse.driver import Driver
from tracker.warehouse.duckdb import DuckDB, DuckDBSettings


class TestDuckDB(DriverContract):
    """DuckDB, with a file."""

    @pytest.fixture
    def make_driver(self, tmp_path: Path) -> Callable[[], Driver]:
        """A driver on a file of this test's own."""
        return lambda: DuckDB(DuckDBSettings(), tmp_path)

    @contextmanager
    def reader(
        self, make_driver: Callable[[], Driver], driver: Driver
    ) -> Iterator[Callable[[str], list[dict[str, Any]]]]:
        """Nobody else can open the file: users' questions go through the driver."""
        assert isinstance(driver, DuckDB)
        queries = driver.queries(SqlSettings())
        yield lambda table: queries.run(f'SELECT * FROM "{table}" ORDER BY n').table.to_pylist()


class ClickHouseContract(DriverContract):
    """What ClickHouse does without, however it is reached."""

    has_null_lists = False
    has_null_structs = False

    def run(self, driver: Driver, sql: str) -> None:
        """Statements that answer nothing are commands."""
        assert isinstance(driver, ClickHouse)
        driver._opened().command(sql)

    def database(self, settings: ClickHouseSettings, data: Path) -> Iterator[Callable[[], Driver]]:
        """Drivers on one database, which is gone afterwards: the engine loads all of them whenever it starts."""
        yield lambda: ClickHouse(settings, data)
        with opened(lambda: ClickHouse(settings, data)) as driver:
            self.run(driver, f"DROP DATABASE {settings.database}")


@pytest.mark.slow  # the engine starts anew for each test; the one behind HTTP stays
class TestClickHouse(ClickHouseContract):
    """ClickHouse's own engine, inside this process."""

    @pytest.fixture
    def make_driver(self, chdb_folder: Path) -> Iterator[Callable[[], Driver]]:
        """A driver on a database of this test's own."""
        settings = ClickHouseSettings(interface="chdb", database=f"test_{uuid4().hex}")
        yield from self.database(settings, chdb_folder)


class TestClickHouseServer(ClickHouseContract):
    """The same engine, spoken to over HTTP."""

    @pytest.fixture
    def make_driver(self, clickhouse: ChdbServer, tmp_path: Path) -> Iterator[Callable[[], Driver]]:
        """A driver on a database of this test's own."""
        settings = ClickHouseSettings(port=clickhouse.port, database=f"test_{uuid4().hex}")
        yield from self.database(settings, tmp_path)
