"""What all parts of the driver contract share: what a driver may declare, how it is read, and rows to write."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar

import pyarrow as pa
import pytest

from tracker.model import Cursor
from tracker.warehouse.driver import Driver, TableBatch

MakeDriver = Callable[[], Driver]
Rows = list[dict[str, Any]]

PAIRS = pa.list_(pa.struct([("name", pa.string()), ("value", pa.string())]))
ITEMS = pa.list_(pa.struct([("name", pa.string()), ("price", pa.float64()), ("tags", PAIRS)]))
PAGE = pa.struct([("url", pa.string()), ("facts", pa.struct([("host", pa.string()), ("is_home", pa.bool_())]))])

WIDE = pa.schema(
    [
        pa.field("n", pa.int64(), nullable=False),
        pa.field("text", pa.string()),
        pa.field("whole", pa.int64()),
        pa.field("amount", pa.float64()),
        pa.field("is_new", pa.bool_()),
        pa.field("day", pa.date32()),
        pa.field("at", pa.timestamp("us", "UTC"), nullable=False),
        pa.field("raw", pa.binary()),
        pa.field("pairs", PAIRS),
        pa.field("words", pa.list_(pa.string())),
        pa.field("page", PAGE),
        pa.field("items", ITEMS),
        pa.field("last_text", pa.string()),
    ]
)
"""At least one column of every type that columns have."""

NARROW = pa.schema([pa.field("n", pa.int64(), nullable=False)])


class Declared:
    """What a driver may do without, and what the contract needs to know of its warehouse."""

    keeps_cursor: ClassVar[bool] = True
    """The warehouse says itself which plan it has last. Without it `cursor` returns None."""
    checks_rows: ClassVar[bool] = True
    """`Driver.check` is supported, so that one bad row can be found. Without it `NotImplementedError`."""
    has_null_lists: ClassVar[bool] = True
    """A list can be null; otherwise a null list reads back as an empty one."""
    has_null_structs: ClassVar[bool] = True
    """A struct can be null; otherwise a null struct reads back as a struct of nulls."""
    takes_sql: ClassVar[bool] = True
    """Tables can be changed by hand, with SQL. Without it `run` raises `NotImplementedError`."""
    large_batch_seconds: ClassVar[float] = 30.0
    """Time in which the driver must have written 50,000 rows."""

    @pytest.fixture
    def make_driver(self) -> MakeDriver:
        """How to make the driver under test."""
        raise NotImplementedError("a contract needs a make_driver fixture")

    @pytest.fixture
    def driver(self, make_driver: MakeDriver) -> Iterator[Driver]:
        """The driver under test, open."""
        driver = make_driver()
        driver.open()
        yield driver
        driver.close()

    def rows(self, driver: Driver, table: str) -> Rows:
        """The rows of a table as they went in, in order of its column `n`."""
        found = driver.query(f'SELECT * FROM "{table}" ORDER BY n')  # noqa: S608
        for field in driver.describe(table) or ():
            if field.type == pa.binary():  # an engine with one type for text and bytes may answer text
                at = found.schema.get_field_index(field.name)
                found = found.set_column(at, field.name, found.column(at).cast(pa.binary()))
        answer: Rows = found.to_pylist()
        return answer

    @contextmanager
    def reader(self, make_driver: MakeDriver, driver: Driver) -> Iterator[Callable[[str], Rows]]:
        """What reads tables while `driver` writes; it is made and used in one thread, not always the driver's own."""
        with opened(make_driver) as other:
            yield lambda table: self.rows(other, table)

    def run(self, driver: Driver, sql: str) -> None:
        """Run one statement that changes a table, as somebody else would while the driver is open."""
        driver.query(sql)

    def needs(self, has: bool, what: str) -> None:
        """Skip the test for a driver that declares to do without."""
        if not has:
            pytest.skip(f"this driver does without {what}, as it declares")

    def cursor_here(self, driver: Driver, expected: Cursor | None, partition: int = 0) -> None:
        """Assert what the warehouse says it has, where it can say."""
        if self.keeps_cursor:
            assert driver.cursor(partition) == expected


@contextmanager
def opened(make_driver: MakeDriver) -> Iterator[Driver]:
    """A new driver on the same warehouse, closed at the end."""
    driver = make_driver()
    driver.open()
    try:
        yield driver
    finally:
        driver.close()


def at_plan(plan: int, partition: int = 0) -> Cursor:
    """The cursor of a plan."""
    return Cursor("log", partition, plan, 10 * plan)


def row(n: int, **values: object) -> dict[str, Any]:
    """A row for `WIDE`: what is not given is null, and lists are empty."""
    return {"n": n, "at": datetime(2024, 1, 1, tzinfo=UTC), "pairs": [], "words": [], "items": [], **values}


def batch(schema: pa.Schema, rows: Rows, table: str = "wide") -> TableBatch:
    """Rows for a table; in them anything may be null."""
    nullable = pa.schema([field.with_nullable(True) for field in schema])
    return TableBatch(table, pa.Table.from_pylist(rows, nullable))


def write(driver: Driver, rows: Rows, plan: int = 1) -> None:
    """Append rows to the table `wide`."""
    driver.append([batch(WIDE, rows)], at_plan(plan))


def numbers(rows: Rows) -> list[int]:
    """Which rows these are."""
    return [row["n"] for row in rows]
