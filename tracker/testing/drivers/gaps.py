"""Gaps: what a driver declares to do without, it really does without. A gap that is none would skip tests for nothing.

The gaps in values (`has_null_lists`, `has_null_structs`) are proved where values are.
"""

from typing import Any

import pytest

from tracker.testing.drivers.base import NARROW, WIDE, MakeDriver, at_plan, batch, row, write
from tracker.testing.drivers.readers import Readers
from tracker.warehouse.driver import Driver

_HAS = "this driver has no such gap"


class Gaps(Readers):
    """Every declared gap is true."""

    def test_gap_cursor(self, driver: Driver) -> None:
        """A driver without a cursor never has one."""
        self.lacks(self.keeps_cursor)
        driver.create("wide", WIDE)
        write(driver, [row(1)])
        assert driver.cursor(0) is None, "keeps_cursor is False, but there is a cursor"

    def test_gap_check(self, driver: Driver) -> None:
        """A driver without `check` says that it has none."""
        self.lacks(self.checks_rows)
        driver.create("wide", WIDE)
        with pytest.raises(NotImplementedError):
            driver.check([batch(WIDE, [row(1)])])

    def test_gap_readers(self, make_driver: MakeDriver, driver: Driver) -> None:
        """Where plans are not seen whole, there is a step of an append at which a reader sees some tables only."""
        self.lacks(driver.writes_at_once)
        seen = {tuple(len(rows) for rows in tables) for tables in self.seen(make_driver, driver)}
        assert any(len(set(tables)) > 1 for tables in seen), f"writes_at_once is False, but readers saw {seen}"

    def test_gap_null_lists(self, driver: Driver) -> None:
        """Where there are no null lists, one is empty."""
        self.lacks(self.has_null_lists)
        assert self.stored(driver, "words") == []

    def test_gap_null_structs(self, driver: Driver) -> None:
        """Where there are no null structs, one is a struct of nulls."""
        self.lacks(self.has_null_structs)
        assert self.stored(driver, "page") == {"url": None, "facts": {"host": None, "is_home": None}}

    def test_gap_sql(self, driver: Driver) -> None:
        """Where nobody can change tables by hand, `run` says so."""
        self.lacks(self.takes_sql)
        driver.create("narrow", NARROW)
        with pytest.raises(NotImplementedError):
            self.run(driver, "ALTER TABLE narrow ADD COLUMN extra INTEGER NULL")

    def stored(self, driver: Driver, column: str) -> Any:
        """What a null in this column reads back as, beside a row that has a value."""
        driver.create("wide", WIDE)
        values = {"words": ["a"], "page": {"url": "/", "facts": None}}
        driver.append([batch(WIDE, [row(1, **{column: None}), row(2, **{column: values[column]})])], at_plan(1))
        return self.rows(driver, "wide")[0][column]

    def lacks(self, has: bool) -> None:
        """Skip the test for a driver that has no gap here."""
        if has:
            pytest.skip(_HAS)
