"""Tables: making, describing and widening them."""

from typing import Any

import pyarrow as pa
import pytest

from tracker.testing.drivers.base import (
    NARROW,
    WIDE,
    Declared,
    MakeDriver,
    Rows,
    at_plan,
    batch,
    numbers,
    opened,
    row,
    write,
)
from tracker.warehouse.driver import Driver
from tracker.warehouse.evolve import Nothing, Widen, plan

_ODD_MEMBERS = ["from", "page title", "a.b", "it's", 'say "hi"', "back`tick", "back\\slash", "größe", "a, b", "f(x)"]
_SQL_WORDS = ["order", "select", "from", "table", "group", "user", "timestamp", "index", "values", "end"]


class Tables(Declared):
    """Tables are described as they were made, and only ever gain columns and members."""

    def test_unknown_table(self, driver: Driver) -> None:
        """A table that is not there is described as None."""
        assert driver.describe("nothing") is None

    def test_describe(self, driver: Driver) -> None:
        """A table is described as it was created: names, order, types and nullability."""
        driver.create("wide", WIDE)
        assert driver.describe("wide") == WIDE

    def test_created_is_settled(self, driver: Driver) -> None:
        """A table that was just created needs no evolution."""
        driver.create("wide", WIDE)
        assert plan("wide", driver.describe("wide"), WIDE) == Nothing()

    def test_created_is_empty(self, driver: Driver) -> None:
        """A new table has no rows."""
        driver.create("wide", WIDE)
        assert self.rows(driver, "wide") == []

    def test_similar_names(self, driver: Driver) -> None:
        """Tables whose names look alike to a pattern of SQL are different tables."""
        other = NARROW.append(pa.field("other", pa.string()))
        driver.create("shop_events", NARROW)
        driver.create("shop1events", other)
        assert [driver.describe(name) for name in ("shop_events", "shop1events", "shop_", "events")] == [
            NARROW, other, None, None,
        ]  # fmt: skip

    @pytest.mark.parametrize("table", ["order", "group_by", "t" + 62 * "x"])
    def test_odd_names(self, driver: Driver, table: str) -> None:
        """Tables and columns may be called like words of SQL, and have up to 63 characters."""
        names = [*_SQL_WORDS, "c" + 62 * "y"]
        schema = pa.schema([pa.field("n", pa.int64()), *(pa.field(name, pa.int64()) for name in names)])
        values = {name: number for number, name in enumerate(["n", *names])}
        driver.create(table, schema)
        driver.append([batch(schema, [values], table)], at_plan(1))
        assert driver.describe(table) == schema
        assert self.rows(driver, table) == [values]

    def test_odd_members(self, driver: Driver) -> None:
        """Members of structs may have any name."""
        members = pa.struct([(name, pa.string()) for name in _ODD_MEMBERS])
        schema = pa.schema([("n", pa.int64()), ("odd", members), ("odds", pa.list_(members))])
        value = {name: f"value of {name}" for name in _ODD_MEMBERS}
        driver.create("narrow", schema)
        driver.append([batch(schema, [{"n": 1, "odd": value, "odds": [value]}], "narrow")], at_plan(1))
        assert driver.describe("narrow") == schema
        assert self.rows(driver, "narrow") == [{"n": 1, "odd": value, "odds": [value]}]

    def test_widen(self, driver: Driver) -> None:
        """An added column stands last, and is null in the rows that were there."""
        wanted = NARROW.append(pa.field("added", pa.string()))
        found = self.widened(driver, NARROW, wanted, {"n": 1}, {"n": 2, "added": "x"})
        assert found == [{"n": 1, "added": None}, {"n": 2, "added": "x"}]
        assert driver.describe("narrow") == wanted

    def test_widen_not_null(self, driver: Driver) -> None:
        """An added column that should be NOT NULL is added as nullable: there may be rows."""
        wanted = NARROW.append(pa.field("added", pa.int64(), nullable=False))
        found = self.widened(driver, NARROW, wanted, {"n": 1}, {"n": 2, "added": 3})
        assert [row["added"] for row in found] == [None, 3]

    def test_widen_list(self, driver: Driver) -> None:
        """An added list is empty or null in the rows that were there."""
        wanted = NARROW.append(pa.field("added", pa.list_(pa.struct([("a", pa.string())]))))
        found = self.widened(driver, NARROW, wanted, {"n": 1}, {"n": 2, "added": [{"a": "A"}]})
        assert [row["added"] or [] for row in found] == [[], [{"a": "A"}]]

    def test_widen_struct(self, driver: Driver) -> None:
        """A struct gains a member, null in the rows that were there."""
        old = pa.schema([("n", pa.int64()), ("page", pa.struct([("a", pa.string())]))])
        new = pa.schema([("n", pa.int64()), ("page", pa.struct([("b", pa.int64()), ("a", pa.string())]))])
        found = self.widened(driver, old, new, {"n": 1, "page": {"a": "A"}}, {"n": 2, "page": {"a": "B", "b": 2}})
        assert [row["page"] for row in found] == [{"a": "A", "b": None}, {"a": "B", "b": 2}]

    def test_widen_list_of_structs(self, driver: Driver) -> None:
        """The structs of a list gain a member, null in the rows that were there."""
        old = pa.schema([("n", pa.int64()), ("items", pa.list_(pa.struct([("a", pa.string())])))])
        new = pa.schema([("n", pa.int64()), ("items", pa.list_(pa.struct([("a", pa.string()), ("b", pa.string())])))])
        found = self.widened(
            driver, old, new, {"n": 1, "items": [{"a": "A"}]}, {"n": 2, "items": [{"a": "B", "b": ""}]}
        )
        assert [row["items"] for row in found] == [[{"a": "A", "b": None}], [{"a": "B", "b": ""}]]

    def test_widen_deep(self, driver: Driver) -> None:
        """So do structs in lists in structs in lists."""
        old, new = (_deep(pa.struct([(name, pa.string()) for name in names])) for names in ("a", "ab"))
        before = {"n": 1, "items": [{"name": "x", "page": {"tags": [{"a": "1"}, {"a": "2"}]}}]}
        after = {"n": 2, "items": [{"name": "y", "page": {"tags": [{"a": "3", "b": "4"}]}}]}
        found = self.widened(driver, old, new, before, after)
        assert [row["items"][0]["page"]["tags"] for row in found] == [
            [{"a": "1", "b": None}, {"a": "2", "b": None}],
            [{"a": "3", "b": "4"}],
        ]

    def test_widen_many(self, driver: Driver) -> None:
        """Columns and members are added at once; what was there keeps its place, its values and its nullability."""
        driver.create("wide", WIDE)
        write(driver, [row(1, text="kept", page={"url": "/", "facts": {"host": "h", "is_home": True}})])
        page = pa.struct([*WIDE.field("page").type, pa.field("title", pa.string())])
        added = [pa.field("z", pa.string()), pa.field("page", page), pa.field("a", pa.int64())]
        driver.widen("wide", added)
        at = WIDE.get_field_index("page")
        assert driver.describe("wide") == WIDE.set(at, added[1]).append(added[0]).append(added[2])
        (found,) = self.rows(driver, "wide")
        facts = {"host": "h", "is_home": True}
        assert (found["text"], found["page"]) == ("kept", {"url": "/", "facts": facts, "title": None})

    def test_widen_leaves_other_tables(self, driver: Driver) -> None:
        """Only the table that is named changes."""
        driver.create("narrow", NARROW)
        driver.create("wide", WIDE)
        driver.widen("narrow", [pa.field("added", pa.string())])
        assert driver.describe("wide") == WIDE

    def test_widened_and_reopened(self, make_driver: MakeDriver, driver: Driver) -> None:
        """A widened table is the same for a driver that opens it later."""
        wanted = NARROW.append(pa.field("added", pa.struct([("a", pa.string())])))
        self.widened(driver, NARROW, wanted, {"n": 1}, {"n": 2, "added": {"a": "A"}})
        driver.close()
        with opened(make_driver) as again:
            assert again.describe("narrow") == wanted
            assert numbers(self.rows(again, "narrow")) == [1, 2]

    def test_tidy(self, driver: Driver) -> None:
        """Tidying keeps every row."""
        driver.create("wide", WIDE)
        write(driver, [row(1)])
        driver.tidy()
        assert numbers(self.rows(driver, "wide")) == [1]

    def test_close_unopened(self, make_driver: MakeDriver) -> None:
        """A driver that never came to open can be closed."""
        make_driver().close()

    def widened(
        self, driver: Driver, old: pa.Schema, new: pa.Schema, before: dict[str, Any], after: dict[str, Any]
    ) -> Rows:
        """The rows of a table that was widened between two plans."""
        driver.create("narrow", old)
        driver.append([batch(old, [before], "narrow")], at_plan(1))
        evolution = plan("narrow", driver.describe("narrow"), new)
        assert isinstance(evolution, Widen)
        driver.widen("narrow", evolution.fields)
        assert plan("narrow", driver.describe("narrow"), new) == Nothing()
        driver.append([batch(new, [after], "narrow")], at_plan(2))
        return self.rows(driver, "narrow")


def _deep(tag: pa.DataType) -> pa.Schema:
    item = pa.struct([("name", pa.string()), ("page", pa.struct([("tags", pa.list_(tag))]))])
    return pa.schema([("n", pa.int64()), ("items", pa.list_(item))])
