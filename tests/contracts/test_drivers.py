"""Every built-in driver under the driver contract."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tracker.testing import DriverContract
from tracker.warehouse.driver import Driver
from tracker.warehouse.duckdb import DuckDB, DuckDBSettings


class TestDuckDB(DriverContract):
    """DuckDB, with a file."""

    @pytest.fixture
    def make_driver(self, tmp_path: Path) -> Callable[[], Driver]:
        """A driver on a file of this test's own."""
        return lambda: DuckDB(DuckDBSettings(), tmp_path)
