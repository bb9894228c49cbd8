"""Changes by others: somebody alters or drops a table while the driver is open."""

from collections.abc import Sequence

import pyarrow as pa
import pytest

from tracker.testing.drivers.base import NARROW, WIDE, Declared, at_plan, batch, numbers, row, write
from tracker.warehouse.driver import Driver, SchemaMismatch
from tracker.warehouse.evolve import Widen, plan

DROPPED = ("ALTER TABLE wide DROP COLUMN text",)
TURNED = (*DROPPED, "ALTER TABLE wide ADD COLUMN text INTEGER NULL")
REQUIRED = ("ALTER TABLE wide ADD COLUMN extra INTEGER NOT NULL",)
GONE = ("DROP TABLE wide",)


class Outside(Declared):
    """The driver sees a table as it is now, and blames the change, never the rows: else each would be a dead letter."""

    def changed(self, driver: Driver, statements: Sequence[str]) -> None:
        """Make the tables `narrow` and `wide`, use them once, and change `wide` by hand."""
        self.needs(self.takes_sql, "SQL")
        driver.create("narrow", NARROW)
        driver.create("wide", WIDE)
        write(driver, [], plan=1)
        for statement in statements:
            self.run(driver, statement)

    @pytest.mark.parametrize("statements", [DROPPED, TURNED, REQUIRED, GONE], ids=["drop", "type", "required", "gone"])
    def test_changed_outside(self, driver: Driver, statements: Sequence[str]) -> None:
        """What rows no longer fit is `SchemaMismatch`; no table of the plan is written, and no cursor."""
        self.changed(driver, statements)
        tables = [batch(NARROW, [{"n": 1}], "narrow"), batch(WIDE, [row(1, text="12")])]
        with pytest.raises(SchemaMismatch, match="wide"):
            driver.append(tables, at_plan(2))
        assert self.rows(driver, "narrow") == []
        self.cursor_here(driver, at_plan(1))

    @pytest.mark.parametrize("statements", [DROPPED, TURNED, REQUIRED, GONE], ids=["drop", "type", "required", "gone"])
    def test_check_changed_outside(self, driver: Driver, statements: Sequence[str]) -> None:
        """`check` does not blame the rows either."""
        self.needs(self.checks_rows, "check")
        self.changed(driver, statements)
        with pytest.raises(SchemaMismatch, match="wide"):
            driver.check([batch(WIDE, [row(1, text="12")])])

    def test_described_outside(self, driver: Driver) -> None:
        """A dropped column is missing in the description, and one that was added stands in it."""
        self.changed(driver, [*DROPPED, "ALTER TABLE wide ADD COLUMN extra INTEGER NULL"])
        here = driver.describe("wide")
        assert here is not None
        assert here.names == [*(name for name in WIDE.names if name != "text"), "extra"]
        assert here.field("extra").nullable

    def test_required_outside(self, driver: Driver) -> None:
        """A column that was added as NOT NULL is described so, which no evolution mends."""
        self.changed(driver, REQUIRED)
        with pytest.raises(SchemaMismatch, match="extra"):
            plan("wide", driver.describe("wide"), WIDE)

    def test_turned_outside(self, driver: Driver) -> None:
        """A column whose type somebody changed is found by comparing the description."""
        self.changed(driver, TURNED)
        with pytest.raises(SchemaMismatch, match="text"):
            plan("wide", driver.describe("wide"), WIDE)

    def test_gone_outside(self, driver: Driver) -> None:
        """A dropped table is described as None, and can be made again."""
        self.changed(driver, GONE)
        assert driver.describe("wide") is None
        driver.create("wide", WIDE)
        write(driver, [row(1)], plan=2)
        assert numbers(self.rows(driver, "wide")) == [1]

    @pytest.mark.parametrize("kind", ["INTEGER NULL", "INTEGER DEFAULT 7 NOT NULL"])
    def test_added_outside(self, driver: Driver, kind: str) -> None:
        """A column of somebody's own is left alone: it gets nulls, or what it has for a default."""
        self.changed(driver, [f"ALTER TABLE wide ADD COLUMN extra {kind}"])
        write(driver, [row(1, text="a", last_text="z")], plan=2)
        (found,) = self.rows(driver, "wide")
        assert (found["text"], found["last_text"]) == ("a", "z")
        assert found["extra"] == (None if kind == "INTEGER NULL" else 7)

    def test_mended_outside(self, driver: Driver) -> None:
        """The plan that was refused is written, once, when the column has been added again."""
        self.changed(driver, DROPPED)
        with pytest.raises(SchemaMismatch):
            write(driver, [row(1, text="a")], plan=2)
        evolution = plan("wide", driver.describe("wide"), WIDE)
        assert evolution == Widen((pa.field("text", pa.string()),))
        driver.widen("wide", [pa.field("text", pa.string())])
        for _ in range(2):
            write(driver, [row(1, text="a")], plan=2)
        assert [row["text"] for row in self.rows(driver, "wide")] == ["a"]

    def test_widened_outside(self, driver: Driver) -> None:
        """Rows may have a column that somebody has added by hand as it should be."""
        self.changed(driver, ["ALTER TABLE narrow ADD COLUMN extra INTEGER NULL"])
        here = driver.describe("narrow")
        assert here is not None
        driver.append([batch(here, [{"n": 1, "extra": 5}], "narrow")], at_plan(2))
        assert self.rows(driver, "narrow") == [{"n": 1, "extra": 5}]
