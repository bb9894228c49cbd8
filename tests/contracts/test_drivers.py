"""Every built-in driver under the driver contract."""

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from tests.warehouse.chdb_server import ChdbServer
from tracker.testing import DriverContract
from tracker.warehouse.clickhouse import ClickHouse, ClickHouseSettings
from tracker.warehouse.driver import Driver
from tracker.warehouse.duckdb import DuckDB, DuckDBSettings


class TestDuckDB(DriverContract):
    """DuckDB, with a file."""

    @pytest.fixture
    def make_driver(self, tmp_path: Path) -> Callable[[], Driver]:
        """A driver on a file of this test's own."""
        return lambda: DuckDB(DuckDBSettings(), tmp_path)


class TestClickHouse(DriverContract):
    """ClickHouse's own engine, inside this process."""

    has_null_lists = False

    @pytest.fixture
    def make_driver(self, chdb_folder: Path) -> Callable[[], Driver]:
        """A driver on a database of this test's own."""
        settings = ClickHouseSettings(interface="chdb", database=f"test_{uuid4().hex}")
        return lambda: ClickHouse(settings, chdb_folder)


class TestClickHouseServer(DriverContract):
    """The same engine, spoken to over HTTP."""

    has_null_lists = False

    @pytest.fixture
    def make_driver(self, clickhouse: ChdbServer, tmp_path: Path) -> Callable[[], Driver]:
        """A driver on a database of this test's own."""
        settings = ClickHouseSettings(port=clickhouse.port, database=f"test_{uuid4().hex}")
        return lambda: ClickHouse(settings, tmp_path)
