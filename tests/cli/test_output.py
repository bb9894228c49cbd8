"""Rows as tables, JSON and CSV."""

import csv
import datetime as dt
import io
import json
import math
from decimal import Decimal

import pyarrow as pa
import pytest
from rich.console import Console

from tracker.cli.output import as_csv, as_json, plain, print_table

_ADVICE = "name the ones you want, or use --format json)"
NOON = dt.datetime(2026, 3, 1, 12, 0, 0, 5, dt.UTC)


def shown(table: pa.Table, width: int = 60) -> str:
    out = io.StringIO()
    print_table(table, Console(file=out, width=width, highlight=False))
    return out.getvalue()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (NOON, "2026-03-01T12:00:00.000005Z"),
        (NOON.astimezone(dt.timezone(dt.timedelta(hours=7))), "2026-03-01T12:00:00.000005Z"),
        (NOON.replace(tzinfo=None), "2026-03-01T12:00:00.000005Z"),
        (dt.date(2026, 3, 1), "2026-03-01"),
        (math.nan, None),
        (math.inf, None),
        (Decimal(3), 3),
        (Decimal("2.5"), 2.5),
        (b"\x01\xff", "01ff"),
        ([{"a": math.nan}], [{"a": None}]),
        (True, True),
    ],
)
def test_values_as_json_can_hold_them(value: object, expected: object) -> None:
    """Times are ISO 8601 in UTC, and what is no number is null."""
    assert plain(value) == expected


def test_json_is_a_list_of_objects() -> None:
    """Any program can read it."""
    table = pa.table({"a": [1, None], "b": [math.nan, 0.5]})
    assert json.loads(as_json(table)) == [{"a": 1, "b": None}, {"a": None, "b": 0.5}]


def test_json_without_rows() -> None:
    """An empty answer is an empty list."""
    assert json.loads(as_json(pa.table({"a": pa.array([], pa.int64())}))) == []


def test_csv_is_rfc_4180() -> None:
    """CR LF, quotes only where needed, doubled inside; null is empty."""
    table = pa.table({"a": ['say "hi", you', None, "two\nlines"], "b": [[1, 2], [], None]})
    assert as_csv(table) == 'a,b\r\n"say ""hi"", you","[1,2]"\r\n,[]\r\n"two\nlines",\r\n'


def test_csv_reads_back() -> None:
    """Every value of a row comes back from a strict reader."""
    row = ["a,b", 'q"q', "x\r\ny", ""]
    text = as_csv(pa.table({str(i): [value] for i, value in enumerate(row)}))
    assert list(csv.reader(io.StringIO(text, newline=""), strict=True))[1] == row


def test_a_table_that_fits_is_shown_whole() -> None:
    """Header and all values."""
    assert shown(pa.table({"page": ["/a", "/b"], "views": [10, 9]})) == "page  views  \n/a       10  \n/b        9  \n"


def test_markup_in_values_is_text() -> None:
    """A value from a request cannot colour the terminal."""
    assert "[red]x[/red]" in shown(pa.table({"a": ["[red]x[/red]"]}))


def test_of_many_columns_the_empty_ones_go_first() -> None:
    """Columns that say nothing make room, and it is said how many are left out."""
    columns = {f"empty_column_{i}": [None, None] for i in range(20)} | {"page": ["/a", "/b"]}
    assert shown(pa.table(columns)).split() == ["page", "/a", "/b", "(20", "more", "columns;", *_ADVICE.split()]


def test_a_single_wide_row_is_turned_on_its_side() -> None:
    """Everything is shown, a line each."""
    assert shown(pa.table({f"column_{i}": [i] for i in range(20)})).splitlines()[19] == "column_19: 19"


def test_a_long_value_is_cut() -> None:
    """A table's cell has its limits."""
    assert shown(pa.table({"a": ["x" * 200, "y"]}), 100).splitlines()[1].strip() == "x" * 39 + "…"
