"""What every warehouse driver must do, as tests to inherit. Needs pytest."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any, ClassVar

import pyarrow as pa
import pytest

from tracker.model import Cursor
from tracker.warehouse.driver import BadRows, Driver, SchemaMismatch, TableBatch
from tracker.warehouse.evolve import Nothing, Widen, plan

_UTC = pa.timestamp("us", "UTC")
_PAIRS = pa.list_(pa.struct([("name", pa.string()), ("value", pa.string())]))

WIDE = pa.schema(
    [
        pa.field("n", pa.int64(), nullable=False),
        pa.field("text", pa.string()),
        pa.field("amount", pa.float64()),
        pa.field("is_new", pa.bool_()),
        pa.field("day", pa.date32()),
        pa.field("at", _UTC, nullable=False),
        pa.field("pairs", _PAIRS),
        pa.field("words", pa.list_(pa.string())),
    ]
)
"""One column of every type that columns have."""


class DriverContract:
    """Inherit this, give it a `make_driver` fixture, and pytest runs the contract on your driver.

    `make_driver` returns a function that makes an unopened driver; each call within one test must lead to the same
    warehouse, which must be empty when the test begins::

        class TestAcme(DriverContract):
            @pytest.fixture
            def make_driver(self, tmp_path):
                return lambda: Acme(Acme.Settings(), tmp_path)

    The contract reads tables through `rows`; override it where `Driver.query` is not supported. A driver that cannot do
    something says so by setting one of the class attributes; its documentation should say so too.
    """

    keeps_cursor: ClassVar[bool] = True
    """The warehouse stores the cursor, with the rows, in one transaction."""
    checks_rows: ClassVar[bool] = True
    """`Driver.check` is supported, so that one bad row can be found."""
    has_null_lists: ClassVar[bool] = True
    """A list can be null; otherwise a null list reads back as an empty one."""

    @pytest.fixture
    def make_driver(self) -> Callable[[], Driver]:
        """How to make the driver under test."""
        raise NotImplementedError("a contract needs a make_driver fixture")

    @pytest.fixture
    def driver(self, make_driver: Callable[[], Driver]) -> Iterator[Driver]:
        """The driver under test, open."""
        driver = make_driver()
        driver.open()
        yield driver
        driver.close()

    def rows(self, driver: Driver, table: str) -> list[dict[str, Any]]:
        """The rows of a table, in order of its column `n`."""
        found: list[dict[str, Any]] = driver.query(f"SELECT * FROM {table} ORDER BY n").to_pylist()  # noqa: S608
        return found

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

    def test_types(self, driver: Driver) -> None:
        """Every type comes back as it went in."""
        row = {
            "n": -(2**63) + 1,
            "text": "Grüße 🎉 'quoted' \"twice\" \\ \n\t end",
            "amount": 0.1,
            "is_new": False,
            "day": date(2024, 2, 29),
            "at": datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC),
            "pairs": [{"name": "plan", "value": "pro"}, {"name": "ünï", "value": None}],
            "words": ["a", "", None],
        }
        driver.create("wide", WIDE)
        _write(driver, WIDE, [row])
        assert self.rows(driver, "wide") == [row]

    def test_nulls(self, driver: Driver) -> None:
        """Nulls stay nulls: not zero, not empty text."""
        driver.create("wide", WIDE)
        _write(driver, WIDE, [_row(1)])
        (row,) = self.rows(driver, "wide")
        assert [row[name] for name in ("text", "amount", "is_new", "day")] == [None] * 4

    def test_empty_lists(self, driver: Driver) -> None:
        """An empty list is not a null list, where the warehouse knows the difference."""
        driver.create("wide", WIDE)
        _write(driver, WIDE, [_row(1, words=[]), _row(2, words=None)])
        nothing: list[str] | None = None if self.has_null_lists else []
        assert [row["words"] for row in self.rows(driver, "wide")] == [[], nothing]

    def test_time_zone(self, driver: Driver) -> None:
        """Times are UTC to the microsecond, also those before 1970 and in the hour that summer time repeats."""
        times = [
            datetime(1969, 12, 31, 23, 59, 59, 1, tzinfo=UTC),
            datetime(2024, 10, 27, 0, 30, 0, 123_456, tzinfo=UTC),
            datetime(2024, 10, 27, 1, 30, 0, 123_456, tzinfo=UTC),
        ]
        driver.create("wide", WIDE)
        _write(driver, WIDE, [_row(n, at=at) for n, at in enumerate(times)])
        assert [row["at"] for row in self.rows(driver, "wide")] == times

    def test_long_text(self, driver: Driver) -> None:
        """Texts of 8 KB come back whole."""
        texts = ["x" * 8192, "é" * 4096]
        driver.create("wide", WIDE)
        _write(driver, WIDE, [_row(n, text=text) for n, text in enumerate(texts)])
        assert [row["text"] for row in self.rows(driver, "wide")] == texts

    def test_sql_words_as_names(self, driver: Driver) -> None:
        """Tables and columns may be called like words of SQL."""
        schema = pa.schema([("n", pa.int64()), ("order", pa.int64()), ("select", pa.struct([("from", pa.string())]))])
        row = {"n": 1, "order": 2, "select": {"from": "here"}}
        driver.create("group_by", schema)
        driver.append([TableBatch("group_by", pa.Table.from_pylist([row], schema))], _cursor(1))
        assert driver.describe("group_by") == schema
        assert self.rows(driver, "group_by") == [row]

    def test_columns_by_name(self, driver: Driver) -> None:
        """Columns are matched by name, not by place, and missing ones are null."""
        driver.create("wide", WIDE)
        rows = _table(WIDE, [_row(1, text="a")]).select(["text", "at", "n"])
        driver.append([TableBatch("wide", rows)], _cursor(1))
        (row,) = self.rows(driver, "wide")
        assert (row["n"], row["text"], row["amount"]) == (1, "a", None)

    def test_members_by_name(self, driver: Driver) -> None:
        """Members of structs are matched by name as well."""
        schema = pa.schema([("n", pa.int64()), ("page", pa.struct([("a", pa.string()), ("b", pa.string())]))])
        turned = pa.schema([("n", pa.int64()), ("page", pa.struct([("b", pa.string()), ("a", pa.string())]))])
        driver.create("narrow", schema)
        rows = pa.Table.from_pylist([{"n": 1, "page": {"a": "A", "b": "B"}}], turned)
        driver.append([TableBatch("narrow", rows)], _cursor(1))
        assert self.rows(driver, "narrow") == [{"n": 1, "page": {"a": "A", "b": "B"}}]

    def test_unknown_column(self, driver: Driver) -> None:
        """Rows with a column that the table lacks are an error, and none is kept."""
        driver.create("wide", WIDE)
        rows = _table(WIDE, [_row(1)]).append_column("surplus", pa.array([1]))
        with pytest.raises(SchemaMismatch):
            driver.append([TableBatch("wide", rows)], _cursor(1))
        assert self.rows(driver, "wide") == []

    def test_unknown_table_appended(self, driver: Driver) -> None:
        """Rows for a table that somebody dropped are an error."""
        with pytest.raises(SchemaMismatch):
            driver.append([TableBatch("gone", _table(WIDE, [_row(1)]))], _cursor(1))

    def test_widen(self, driver: Driver) -> None:
        """An added column is null in the rows that were there."""
        _widened(driver, _NARROW, _NARROW.append(pa.field("added", pa.string())), {"n": 1}, {"n": 2, "added": "x"})
        assert [row["added"] for row in self.rows(driver, "narrow")] == [None, "x"]

    def test_widen_not_null(self, driver: Driver) -> None:
        """An added column that should be NOT NULL is added as nullable: there may be rows."""
        wanted = _NARROW.append(pa.field("added", pa.int64(), nullable=False))
        _widened(driver, _NARROW, wanted, {"n": 1}, {"n": 2, "added": 3})
        assert [row["added"] for row in self.rows(driver, "narrow")] == [None, 3]

    def test_widen_struct(self, driver: Driver) -> None:
        """A struct gains a member, null in the rows that were there."""
        old = pa.schema([("n", pa.int64()), ("page", pa.struct([("a", pa.string())]))])
        new = pa.schema([("n", pa.int64()), ("page", pa.struct([("b", pa.int64()), ("a", pa.string())]))])
        _widened(driver, old, new, {"n": 1, "page": {"a": "A"}}, {"n": 2, "page": {"a": "B", "b": 2}})
        assert [row["page"] for row in self.rows(driver, "narrow")] == [{"a": "A", "b": None}, {"a": "B", "b": 2}]

    def test_widen_list_of_structs(self, driver: Driver) -> None:
        """The structs of a list gain a member, null in the rows that were there."""
        old = pa.schema([("n", pa.int64()), ("items", pa.list_(pa.struct([("a", pa.string())])))])
        new = pa.schema([("n", pa.int64()), ("items", pa.list_(pa.struct([("a", pa.string()), ("b", pa.string())])))])
        _widened(driver, old, new, {"n": 1, "items": [{"a": "A"}]}, {"n": 2, "items": [{"a": "B", "b": "b"}]})
        found = [row["items"] for row in self.rows(driver, "narrow")]
        assert found == [[{"a": "A", "b": None}], [{"a": "B", "b": "b"}]]

    def test_changed_outside(self, driver: Driver) -> None:
        """A column whose type somebody changed is found by comparing the description."""
        driver.create("wide", WIDE.set(1, pa.field("text", pa.int64())))
        with pytest.raises(SchemaMismatch, match="text"):
            plan("wide", driver.describe("wide"), WIDE)

    def test_same_plan_twice(self, driver: Driver) -> None:
        """A plan that is sent again is written once."""
        driver.create("wide", WIDE)
        _write(driver, WIDE, [_row(1)], plan=1)
        _write(driver, WIDE, [_row(1)], plan=1)
        assert len(self.rows(driver, "wide")) == 1

    def test_same_rows_in_another_plan(self, driver: Driver) -> None:
        """Equal rows of two plans are written twice: they are two events."""
        driver.create("wide", WIDE)
        _write(driver, WIDE, [_row(1)], plan=1)
        _write(driver, WIDE, [_row(1)], plan=2)
        assert len(self.rows(driver, "wide")) == 2

    def test_several_tables(self, driver: Driver) -> None:
        """All tables of a plan are written."""
        driver.create("wide", WIDE)
        driver.create("narrow", _NARROW)
        driver.append(
            [TableBatch("wide", _table(WIDE, [_row(1)])), TableBatch("narrow", _table(_NARROW, [{"n": 2}]))], _cursor(1)
        )
        assert [row["n"] for table in ("wide", "narrow") for row in self.rows(driver, table)] == [1, 2]

    def test_reopen(self, make_driver: Callable[[], Driver], driver: Driver) -> None:
        """Rows, tables and cursor are there after closing and opening again, and a sent plan is still known."""
        driver.create("wide", WIDE)
        _write(driver, WIDE, [_row(1)])
        driver.close()
        again = make_driver()
        again.open()
        try:
            _write(again, WIDE, [_row(1)])
            assert again.describe("wide") == WIDE
            assert len(self.rows(again, "wide")) == 1
        finally:
            again.close()

    def test_bad_row(self, driver: Driver) -> None:
        """A row that the warehouse refuses is `BadRows`, and the rows beside it are not written either."""
        driver.create("wide", WIDE)
        with pytest.raises(BadRows):
            _write(driver, WIDE, [_row(1), _row(2, at=None)])
        assert self.rows(driver, "wide") == []

    def test_works_after_bad_row(self, driver: Driver) -> None:
        """After a refusal the good rows of the same plan can be written."""
        driver.create("wide", WIDE)
        with pytest.raises(BadRows):
            _write(driver, WIDE, [_row(1), _row(2, at=None)])
        _write(driver, WIDE, [_row(1)])
        assert [row["n"] for row in self.rows(driver, "wide")] == [1]

    def test_check_bad(self, driver: Driver) -> None:
        """`check` raises for a row that `append` would refuse."""
        self._needs(self.checks_rows, "check")
        driver.create("wide", WIDE)
        with pytest.raises(BadRows):
            driver.check([TableBatch("wide", _table(WIDE, [_row(1), _row(2, at=None)]))])

    def test_check_keeps_nothing(self, driver: Driver) -> None:
        """`check` leaves no row behind."""
        self._needs(self.checks_rows, "check")
        driver.create("wide", WIDE)
        driver.check([TableBatch("wide", _table(WIDE, [_row(1)]))])
        assert self.rows(driver, "wide") == []

    def test_no_cursor_yet(self, driver: Driver) -> None:
        """A new warehouse has no cursor."""
        assert driver.cursor(0) is None

    def test_cursor(self, driver: Driver) -> None:
        """The cursor is that of the last plan, for each partition by itself."""
        self._needs(self.keeps_cursor, "a cursor")
        driver.create("wide", WIDE)
        _write(driver, WIDE, [_row(1)], plan=1)
        _write(driver, WIDE, [_row(2)], plan=2)
        driver.append([TableBatch("wide", _table(WIDE, [_row(3)]))], Cursor("log", 1, 1, 1))
        assert [driver.cursor(partition) for partition in (0, 1, 2)] == [_cursor(2), Cursor("log", 1, 1, 1), None]

    def test_cursor_with_bad_row(self, driver: Driver) -> None:
        """The cursor does not move when the rows are refused."""
        self._needs(self.keeps_cursor, "a cursor")
        driver.create("wide", WIDE)
        _write(driver, WIDE, [_row(1)], plan=1)
        with pytest.raises(BadRows):
            _write(driver, WIDE, [_row(2, at=None)], plan=2)
        assert driver.cursor(0) == _cursor(1)

    def test_cursor_without_rows(self, driver: Driver) -> None:
        """A plan whose hits all came to nothing still moves the cursor."""
        self._needs(self.keeps_cursor, "a cursor")
        driver.append([], _cursor(1))
        assert driver.cursor(0) == _cursor(1)

    def test_tidy(self, driver: Driver) -> None:
        """Tidying keeps every row."""
        driver.create("wide", WIDE)
        _write(driver, WIDE, [_row(1)])
        driver.tidy()
        assert len(self.rows(driver, "wide")) == 1

    def _needs(self, has: bool, what: str) -> None:
        if not has:
            pytest.skip(f"this driver does without {what}, as it declares")


_NARROW = pa.schema([("n", pa.int64())])


def _cursor(plan: int) -> Cursor:
    return Cursor("log", 0, plan, 10 * plan)


def _row(n: int, **values: object) -> dict[str, object]:
    return {"n": n, "at": datetime(2024, 1, 1, tzinfo=UTC), "pairs": [], "words": [], **values}


def _table(schema: pa.Schema, rows: list[dict[str, Any]]) -> pa.Table:
    nullable = pa.schema([field.with_nullable(True) for field in schema])
    return pa.Table.from_pylist(rows, nullable)


def _write(driver: Driver, schema: pa.Schema, rows: list[dict[str, Any]], plan: int = 1) -> None:
    driver.append([TableBatch("wide", _table(schema, rows))], _cursor(plan))


def _widened(driver: Driver, old: pa.Schema, new: pa.Schema, before: dict[str, Any], after: dict[str, Any]) -> None:
    driver.create("narrow", old)
    driver.append([TableBatch("narrow", _table(old, [before]))], _cursor(1))
    evolution = plan("narrow", driver.describe("narrow"), new)
    assert isinstance(evolution, Widen)
    driver.widen("narrow", evolution.fields)
    assert plan("narrow", driver.describe("narrow"), new) == Nothing()
    driver.append([TableBatch("narrow", _table(new, [after]))], _cursor(2))
