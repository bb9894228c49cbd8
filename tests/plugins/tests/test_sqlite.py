"""The SQLite driver under the contract of all drivers."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlite import SQLite, SQLiteSettings

from tracker.testing import DriverContract
from tracker.warehouse.driver import Driver


class TestSQLite(DriverContract):
    """What every driver must do."""

    @pytest.fixture
    def make_driver(self, tmp_path: Path) -> Callable[[], Driver]:
        """A driver on a file of this test's own."""
        return lambda: SQLite(SQLiteSettings(), tmp_path)

    def rows(self, driver: Driver, table: str) -> list[dict[str, Any]]:
        """This driver answers no SQL; it reads whole tables."""
        assert isinstance(driver, SQLite)
        return driver.rows(table, "n")

    def run(self, driver: Driver, sql: str) -> None:
        """Somebody else opens the file and changes a table."""
        with closing(sqlite3.connect(driver.data / driver.settings.path)) as other:
            other.execute(sql)
            other.commit()
