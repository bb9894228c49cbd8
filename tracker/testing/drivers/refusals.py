"""Refusals: what a warehouse cannot take is named as such, and nothing of it is kept."""

import pyarrow as pa
import pytest

from tracker.errors import Broken
from tracker.model import Cursor
from tracker.testing.drivers.base import NARROW, WIDE, Declared, at_plan, batch, numbers, row, write
from tracker.warehouse.driver import BadRows, Driver, SchemaMismatch, TableBatch

_BAD = row(2, at=None)
"""Time is NOT NULL."""


class Refusals(Declared):
    """A refused plan leaves no row and no cursor behind, and what is good of it can be written."""

    def test_bad_row(self, driver: Driver) -> None:
        """A row that the warehouse refuses is `BadRows`, and the rows beside it are not written either."""
        driver.create("wide", WIDE)
        with pytest.raises(BadRows):
            write(driver, [row(1), _BAD, row(3)])
        assert self.rows(driver, "wide") == []
        self.cursor_here(driver, None)

    def test_works_after_bad_row(self, driver: Driver) -> None:
        """After a refusal the good rows of the same plan can be written."""
        driver.create("wide", WIDE)
        with pytest.raises(BadRows):
            write(driver, [row(1), _BAD, row(3)])
        write(driver, [row(1), row(3)])
        assert numbers(self.rows(driver, "wide")) == [1, 3]
        self.cursor_here(driver, at_plan(1))

    @pytest.mark.parametrize("bad", [0, 1, 2])
    def test_bad_row_in_any_table(self, driver: Driver, bad: int) -> None:
        """A refusal in one table leaves nothing in the others, and the same plan without it is written once."""
        tables = ("first", "second", "third")
        for table in tables:
            driver.create(table, WIDE)
        with pytest.raises(BadRows):
            driver.append(
                [batch(WIDE, [row(1), _BAD if at == bad else row(2)], table) for at, table in enumerate(tables)],
                at_plan(1),
            )
        assert [self.rows(driver, table) for table in tables] == [[], [], []]
        self.cursor_here(driver, None)
        driver.append([batch(WIDE, [row(1)], table) for table in tables], at_plan(1))
        assert [numbers(self.rows(driver, table)) for table in tables] == [[1], [1], [1]]

    def test_cursor_with_bad_row(self, driver: Driver) -> None:
        """The cursor stays at the plan before the refused one."""
        self.needs(self.keeps_cursor, "a cursor")
        driver.create("wide", WIDE)
        write(driver, [row(1)], plan=1)
        with pytest.raises(BadRows):
            write(driver, [_BAD], plan=2)
        assert driver.cursor(0) == at_plan(1)

    def test_find_bad_rows(self, driver: Driver) -> None:
        """`check` tells the bad rows from their neighbours, which can be written then."""
        self.needs(self.checks_rows, "check")
        driver.create("wide", WIDE)
        whole = batch(WIDE, [_BAD if n % 4 == 2 else row(n) for n in range(10)]).rows
        good = [n for n in range(10) if not _is_refused(driver, whole.slice(n, 1))]
        assert good == [0, 1, 3, 4, 5, 7, 8, 9]
        driver.append([TableBatch("wide", whole.take(good))], at_plan(1))
        assert numbers(self.rows(driver, "wide")) == good

    def test_check_bad(self, driver: Driver) -> None:
        """`check` raises for a row that `append` would refuse, in whatever table and wherever it stands."""
        self.needs(self.checks_rows, "check")
        for table in ("wide", "other"):
            driver.create(table, WIDE)
        with pytest.raises(BadRows):
            driver.check([batch(WIDE, [row(1)]), batch(WIDE, [row(1), row(3), _BAD], "other")])

    def test_check_keeps_nothing(self, driver: Driver) -> None:
        """`check` leaves no row, no table and no cursor behind, and the rows can be written after it."""
        self.needs(self.checks_rows, "check")
        driver.create("wide", WIDE)
        driver.check([batch(WIDE, [row(1)])])
        assert self.rows(driver, "wide") == []
        self.cursor_here(driver, None)
        write(driver, [row(1)])
        assert numbers(self.rows(driver, "wide")) == [1]

    def test_check_after_append(self, driver: Driver) -> None:
        """`check` leaves what was there, also after it has refused."""
        self.needs(self.checks_rows, "check")
        driver.create("wide", WIDE)
        write(driver, [row(1)])
        driver.check([batch(WIDE, [row(5)])])
        with pytest.raises(BadRows):
            driver.check([batch(WIDE, [_BAD])])
        assert numbers(self.rows(driver, "wide")) == [1]
        self.cursor_here(driver, at_plan(1))

    def test_unknown_column(self, driver: Driver) -> None:
        """Rows with a column that the table lacks are an error, and none is kept."""
        driver.create("wide", WIDE)
        rows = batch(WIDE, [row(1)]).rows.append_column("surplus", pa.array([1]))
        with pytest.raises(SchemaMismatch, match="surplus"):
            driver.append([TableBatch("wide", rows)], at_plan(1))
        assert self.rows(driver, "wide") == []
        self.cursor_here(driver, None)

    def test_unknown_member(self, driver: Driver) -> None:
        """Rows with a member that the table's struct lacks are an error: it must not be lost in silence."""
        schema, more = (
            pa.schema([("n", pa.int64()), ("page", pa.struct([(name, pa.string()) for name in names]))])
            for names in (("a",), ("a", "surplus"))
        )
        driver.create("narrow", schema)
        with pytest.raises(SchemaMismatch, match="page"):
            driver.append([batch(more, [{"n": 1, "page": {"a": "A", "surplus": "B"}}], "narrow")], at_plan(1))
        assert self.rows(driver, "narrow") == []

    def test_unknown_table_appended(self, driver: Driver) -> None:
        """Rows for a table that is not there are an error, and the plan's other tables get none."""
        driver.create("narrow", NARROW)
        with pytest.raises(SchemaMismatch, match="gone"):
            driver.append([batch(NARROW, [{"n": 1}], "narrow"), batch(WIDE, [row(1)], "gone")], at_plan(1))
        assert self.rows(driver, "narrow") == []
        self.cursor_here(driver, None)

    def test_another_log(self, driver: Driver) -> None:
        """Plans of another log are refused as `Broken`: their numbers say nothing about what is here."""
        self.needs(self.keeps_cursor, "a cursor")
        driver.create("wide", WIDE)
        write(driver, [row(1)], plan=3)
        for plan in (2, 3, 4):
            with pytest.raises(Broken, match="other"):
                driver.append([batch(WIDE, [row(2)])], Cursor("other", 0, plan, 1))
        assert numbers(self.rows(driver, "wide")) == [1]
        assert driver.cursor(0) == at_plan(3)


def _is_refused(driver: Driver, rows: pa.Table) -> bool:
    try:
        driver.check([TableBatch("wide", rows)])
    except BadRows:
        return True
    return False
