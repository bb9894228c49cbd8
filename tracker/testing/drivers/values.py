"""Values: what goes in comes back."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest

from tracker.testing.drivers.base import PAGE, WIDE, Declared, at_plan, batch, row, write
from tracker.warehouse.driver import Driver, TableBatch

_LARGE = 50_000
_EMPTY_AND_NULL: tuple[list[Any] | None, ...] = ([], None)


class Values(Declared):
    """Values of every type come back as they went in, whatever the shape of the Arrow table they came in."""

    def back(self, driver: Driver, column: str, values: list[Any]) -> list[Any]:
        """What the column holds after rows with these values were written."""
        driver.create("wide", WIDE)
        write(driver, [row(n, **{column: value}) for n, value in enumerate(values)])
        return [row[column] for row in self.rows(driver, "wide")]

    @pytest.fixture
    def far_from_utc(self) -> Iterator[None]:
        """A machine whose own time is not UTC."""
        before = os.environ.get("TZ")
        try:
            _move_to("America/St_Johns")
            yield
        finally:
            _move_to(before)

    def test_types(self, driver: Driver) -> None:
        """A row with every type comes back whole."""
        facts = {"host": "example.org", "is_home": False}
        item = {"name": "Tee", "price": 4.5, "tags": [{"name": "plan", "value": "pro"}, {"name": "ünï", "value": None}]}
        full = {
            "n": 1,
            "text": "Grüße 🎉 'quoted' \"twice\" \\ \n\t end",
            "whole": -5,
            "amount": 0.1,
            "is_new": False,
            "day": date(2024, 2, 29),
            "at": datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC),
            "raw": b"\x00\xff\xfe'\"\\\n",
            "pairs": [{"name": "plan", "value": "pro"}, {"name": "ünï", "value": None}],
            "words": ["a", "", None],
            "page": {"url": "https://example.org/?a=b#c", "facts": facts},
            "items": [item, {"name": None, "price": None, "tags": []}],
            "last_text": "last",
        }
        driver.create("wide", WIDE)
        write(driver, [full])
        assert self.rows(driver, "wide") == [full]

    def test_nulls(self, driver: Driver) -> None:
        """Nulls stay nulls: not zero, not empty text."""
        names = ["text", "whole", "amount", "is_new", "day", "raw"]
        driver.create("wide", WIDE)
        write(driver, [row(1)])
        (found,) = self.rows(driver, "wide")
        assert {name: found[name] for name in names} == dict.fromkeys(names)

    def test_nulls_among_values(self, driver: Driver) -> None:
        """Zero, false, empty text and null are told apart."""
        driver.create("wide", WIDE)
        empty = {"text": "", "whole": 0, "amount": 0.0, "is_new": False, "raw": b""}
        write(driver, [row(1, **empty), row(2), row(3, **empty)])
        found = [{name: row[name] for name in empty} for row in self.rows(driver, "wide")]
        assert found == [empty, dict.fromkeys(empty), empty]

    def test_integers(self, driver: Driver) -> None:
        """Whole numbers keep all of their 64 bits."""
        values = [-(2**63), 2**63 - 1, 2**53 + 1, -(2**53) - 1, 2**31, 0]
        assert self.back(driver, "whole", values) == values

    def test_floats(self, driver: Driver) -> None:
        """Numbers keep all of their bits."""
        values = [0.1, 1e308, -1e-300, 1 / 3, 123_456_789.123_456_78, 2.0]
        assert self.back(driver, "amount", values) == values

    def test_days(self, driver: Driver) -> None:
        """Days are days, before 1970 too."""
        values = [date(1969, 12, 31), date(1970, 1, 1), date(2024, 2, 29), date(2038, 1, 20)]
        assert self.back(driver, "day", values) == values

    @pytest.mark.usefixtures("far_from_utc")
    def test_time_zone(self, driver: Driver) -> None:
        """Times are UTC to the microsecond, also before 1970, in the hours that summer time skips or repeats, and on a
        machine that lives by another time.
        """
        times = [
            datetime(1969, 12, 31, 23, 59, 59, 1, tzinfo=UTC),
            datetime(2024, 3, 31, 2, 30, 0, 999_999, tzinfo=UTC),
            datetime(2024, 10, 27, 0, 30, 0, 123_456, tzinfo=UTC),
            datetime(2024, 10, 27, 1, 30, 0, 123_456, tzinfo=UTC),
            datetime(2024, 11, 3, 4, 30, tzinfo=UTC),
            datetime(2024, 11, 3, 5, 30, tzinfo=UTC),
        ]
        assert self.back(driver, "at", times) == times

    @pytest.mark.parametrize("letter", ["x", "é", "你", "🎉", "e\u0301"], ids=["1", "2", "3", "4", "1 and 2"])
    def test_long_text(self, driver: Driver, letter: str) -> None:
        """Texts of 8 KB and of 8,192 characters come back whole, whatever a character takes."""
        values = [letter * (8192 // len(letter.encode())), letter * (8192 // len(letter))]
        assert self.back(driver, "text", values) == values

    def test_odd_text(self, driver: Driver) -> None:
        """Text is not trimmed, folded, escaped or read as something else."""
        values = [
            "", " a ", "\t", "NULL", "null", "\\N", "true", "007", "1e5", "2024-02-29", "[]", "{}",
            "'; DROP TABLE wide", "%s ? $1 {x:String}", "a\\", '"', "`", "a\r\nb", "a\x00b", "\u2028", "\ufeffbom",
            "\U0010ffff", "É", "E\u0301", "ß",
        ]  # fmt: skip
        assert self.back(driver, "text", values) == values

    def test_empty_lists(self, driver: Driver) -> None:
        """An empty list is not a null list, where the warehouse knows the difference."""
        nothing: list[str] | None = None if self.has_null_lists else []
        assert self.back(driver, "words", [[], None, ["a"]]) == [[], nothing, ["a"]]

    def test_lists_keep_order(self, driver: Driver) -> None:
        """A list keeps its order, its repetitions, its nulls and its length."""
        values = [["b", "a", "b"], [None], ["", None, ""], [str(n) for n in range(1_000)]]
        assert self.back(driver, "words", values) == values

    def test_nested_lists(self, driver: Driver) -> None:
        """Lists of structs of lists of structs come back whole, empty ones at every depth."""
        tag = {"name": "size", "value": None}
        values = [
            [],
            [{"name": "a", "price": None, "tags": []}],
            [{"name": "b", "price": 1.5, "tags": [tag, tag]}, {"name": None, "price": None, "tags": [tag]}],
        ]
        assert self.back(driver, "items", values) == values

    def test_null_inner_list(self, driver: Driver) -> None:
        """A null list inside of a struct is told from an empty one, where the warehouse knows the difference."""
        nothing: list[str] | None = None if self.has_null_lists else []
        empty, null = ([{"name": "a", "price": 1.0, "tags": tags}] for tags in _EMPTY_AND_NULL)
        found = self.back(driver, "items", [empty, null])
        assert [items[0]["tags"] for items in found] == [[], nothing]

    def test_null_structs(self, driver: Driver) -> None:
        """A null struct is told from a struct of nulls, where the warehouse knows the difference."""
        empty = {"url": None, "facts": {"host": None, "is_home": None}}
        full = {"url": "/", "facts": {"host": "h", "is_home": True}}
        values = [full, None, empty, {"url": "/", "facts": None}, full]
        half = {"url": "/", "facts": empty["facts"]}
        expected = values if self.has_null_structs else [full, empty, empty, half, full]
        assert self.back(driver, "page", values) == expected

    def test_null_structs_in_lists(self, driver: Driver) -> None:
        """So it is inside of lists, and the items beside it stay what they are."""
        pair = {"name": "a", "value": "b"}
        nothing = None if self.has_null_structs else {"name": None, "value": None}
        found = self.back(driver, "pairs", [[pair], [pair, None, pair], [], [None]])
        assert found == [[pair], [pair, nothing, pair], [], [nothing]]

    def test_columns_by_name(self, driver: Driver) -> None:
        """Columns are matched by name, not by place, and missing ones are null."""
        driver.create("wide", WIDE)
        rows = batch(WIDE, [row(1, text="a", last_text="z")]).rows.select(["last_text", "at", "n", "text"])
        driver.append([TableBatch("wide", rows)], at_plan(1))
        (found,) = self.rows(driver, "wide")
        assert (found["n"], found["text"], found["last_text"], found["amount"]) == (1, "a", "z", None)

    def test_members_by_name(self, driver: Driver) -> None:
        """Members of structs are matched by name as well, at every depth."""
        names = ("a", "b")
        schema, turned = (
            pa.schema([("n", pa.int64()), ("page", inner), ("pages", pa.list_(inner))])
            for inner in (pa.struct([(name, pa.string()) for name in order]) for order in (names, names[::-1]))
        )
        page = {"a": "A", "b": "B"}
        driver.create("narrow", schema)
        driver.append([batch(turned, [{"n": 1, "page": page, "pages": [page]}], "narrow")], at_plan(1))
        assert self.rows(driver, "narrow") == [{"n": 1, "page": page, "pages": [page]}]

    def test_missing_members(self, driver: Driver) -> None:
        """A member that the table has and the rows have not is null: a newer release may have added it."""
        schema, less = (
            pa.schema([("n", pa.int64()), ("page", inner), ("pages", pa.list_(inner))])
            for inner in (pa.struct([(name, pa.string()) for name in names]) for names in (("b", "a"), ("a",)))
        )
        driver.create("narrow", schema)
        driver.append([batch(less, [{"n": 1, "page": {"a": "A"}, "pages": [{"a": "A"}]}], "narrow")], at_plan(1))
        page = {"a": "A", "b": None}
        assert self.rows(driver, "narrow") == [{"n": 1, "page": page, "pages": [page]}]

    def test_chunks(self, driver: Driver) -> None:
        """Rows in several chunks, cut differently in each column, some of them empty, are all written."""
        rows = [row(n, text=str(n), items=[{"name": str(n), "price": n / 2, "tags": []}]) for n in range(30)]
        whole = batch(WIDE, rows).rows
        cuts = [sorted({0, 30, *range(1 + at % 3, 30, 3 + at)}) for at in range(whole.num_columns)]
        columns = [_chunked(column, edges) for column, edges in zip(whole.columns, cuts, strict=True)]
        driver.create("wide", WIDE)
        driver.append([TableBatch("wide", pa.table(columns, schema=whole.schema))], at_plan(1))
        found = self.rows(driver, "wide")
        assert [(row["n"], row["text"], row["items"]) for row in found] == [
            (row["n"], row["text"], row["items"]) for row in rows
        ]

    def test_slices(self, driver: Driver) -> None:
        """Of a slice only its own rows are written, with their own lists."""
        page = {"url": "/", "facts": {"host": "h", "is_home": True}}
        rows = [row(n, text=str(n), words=[str(n)] * n, page=page if n % 2 else None) for n in range(20)]
        driver.create("wide", WIDE)
        driver.append([TableBatch("wide", batch(WIDE, rows).rows.slice(7, 5))], at_plan(1))
        found = [(row["n"], row["text"], row["words"]) for row in self.rows(driver, "wide")]
        assert found == [(n, str(n), [str(n)] * n) for n in range(7, 12)]

    def test_large_batch(self, driver: Driver) -> None:
        """Fifty thousand rows, few and many different texts among them, are written within `large_batch_seconds`."""
        numbers = list(range(_LARGE))
        day = datetime(2024, 1, 1, tzinfo=UTC)
        columns = {
            "n": pa.array(numbers),
            "text": pa.array([f"https://shop.example/products/{n}" for n in numbers]),
            "last_text": pa.array([("page_view", "scroll", None)[n % 3] for n in numbers]),
            "at": pa.array([day + timedelta(seconds=n, microseconds=n) for n in numbers], pa.timestamp("us", "UTC")),
            "words": pa.array([["a", str(n)][: n % 3] for n in numbers], pa.list_(pa.string())),
            "page": pa.array([{"url": str(n), "facts": {"host": "h", "is_home": n % 2 == 0}} for n in numbers], PAGE),
        }
        driver.create("wide", WIDE)
        begun = time.monotonic()
        driver.append([TableBatch("wide", pa.table(columns))], at_plan(1))
        seconds = time.monotonic() - begun
        found = self.rows(driver, "wide")
        names = list(columns)
        assert [[row[name] for name in names] for row in found[::1_000]] == [
            list(values) for values in zip(*(columns[name].to_pylist()[::1_000] for name in names), strict=True)
        ]
        assert [row["n"] for row in found] == numbers
        assert seconds < self.large_batch_seconds


def _chunked(column: pa.ChunkedArray, edges: list[int]) -> pa.ChunkedArray:
    pieces = [column.slice(start, stop - start) for start, stop in pairwise(edges)]
    chunks = [chunk for piece in pieces for chunk in (*piece.chunks, pa.array([], column.type))]
    return pa.chunked_array(chunks, column.type)


def _move_to(zone: str | None) -> None:
    if zone is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = zone
    time.tzset()
