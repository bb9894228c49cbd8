"""Rows of an answer as text: a table for people, JSON and CSV for programs."""

import csv
import datetime as dt
import io
import math
import sys
from decimal import Decimal
from typing import Any

import orjson
import pyarrow as pa
from rich.console import Console
from rich.markup import escape
from rich.table import Table

WIDEST = 40
"""Characters of a cell in a table; longer ones end in an ellipsis."""


def as_json(table: pa.Table) -> str:
    """A list of objects, one line each. Times are ISO 8601 in UTC; what is no number (NaN, infinity) is null."""
    rows = [orjson.dumps(plain(row)).decode() for row in _rows(table)]
    return "[" + ",\n".join(rows) + "]\n"


def as_csv(table: pa.Table) -> str:
    """RFC 4180: a header, CR LF, quotes where needed. Null is empty; lists and structs are JSON."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(table.column_names)
    writer.writerows([_cell(plain(value)) for value in row.values()] for row in _rows(table))
    return text.getvalue()


def print_table(table: pa.Table, console: Console | None = None) -> None:
    """A table that fits the terminal: a single wide row is turned on its side, of many the first columns are shown.

    Columns without any value are the first to be left out.
    """
    console = console or Console(width=None if sys.stdout.isatty() else 160)
    cells = [[_cell(plain(value)) for value in row.values()] for row in _rows(table)]
    columns = list(
        zip(table.column_names, zip(*cells, strict=True) if cells else [()] * table.num_columns, strict=True)
    )
    shown = _fitting(columns, console.width)
    if len(shown) < len(columns) and len(cells) == 1:
        for name, (value,) in columns:
            console.print(f"{escape(name)}: {escape(value)}", highlight=False)
        return
    grid = Table(box=None, padding=(0, 2, 0, 0))
    for name, _ in shown:
        kind = table.schema.field(name).type
        is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
        grid.add_column(escape(name), justify="right" if is_number else "left", max_width=WIDEST, no_wrap=True)
    for row in zip(*(values for _, values in shown), strict=True):
        grid.add_row(*(escape(value) for value in row))
    console.print(grid)
    if left_out := len(columns) - len(shown):
        console.print(f"({left_out} more columns; name the ones you want, or use --format json)", highlight=False)


def plain(value: Any) -> Any:
    """A value as JSON can hold it."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, dt.datetime):
        utc = value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)
        return utc.isoformat().replace("+00:00", "Z")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bytes):
        return value.hex()
    if value is None or isinstance(value, str | int | bool):
        return value
    return str(value)


def _rows(table: pa.Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return orjson.dumps(value).decode() if isinstance(value, dict | list) else str(value)


def _fitting(columns: list[tuple[str, Any]], width: int) -> list[tuple[str, Any]]:
    def fit(candidates: list[tuple[str, Any]]) -> int:
        used = 0
        for count, (name, values) in enumerate(candidates):
            used += min(WIDEST, max(map(len, (name, *values)))) + 2
            if used > width:
                return max(1, count)
        return len(candidates)

    if fit(columns) == len(columns):
        return columns
    filled = [(name, values) for name, values in columns if any(values)] or columns
    return filled[: fit(filled)]
