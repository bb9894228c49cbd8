"""Expressions in SQL, computed as columns and filters compute them: CPU microseconds per event.

Run: python -m bench.sql [events]
"""

import random
import sys
from typing import Any

import pyarrow as pa

from bench.columns import cpu
from tracker.columns.column import Column
from tracker.columns.ops import starts_with
from tracker.columns.sql import Draft, Engine, Filter, Written, columns_of_filters, compile_all

_EXPRESSIONS = {
    "LIKE": "page_path LIKE '/checkout%'",
    "regular expression": "regexp_extract(page_path, '[0-9]+')",
    "number of a text": "TRY_CAST(page_path AS INTEGER)",
    "fails on one event in 100": "CAST(replace(page_path, '/', '') AS INTEGER)",
}


def main(events: int) -> None:
    """Print the figures."""
    rng = random.Random(7)
    paths = pa.array([f"/{rng.randrange(10**6)}" if rng.random() > 0.01 else "/checkout" for _ in range(events)])
    properties = pa.array(["G-1"] * events)
    known: Any = [_source("page_path"), _source("property_id")]
    engine = Engine()
    print(f"starts_with, in Arrow          {cpu(lambda: starts_with(paths, '/checkout'), events):7.3f} us per event")
    for name, sql in _EXPRESSIONS.items():
        (column,) = compile_all([Draft(Written("mine", "sql", sql))], known, ["ga4"], engine, [])
        figure = cpu(lambda column=column: column(paths), events)  # type: ignore[misc]
        print(f"{name:30} {figure:7.3f} us per event")
    office = Filter("mine", "exclude", _EXPRESSIONS["LIKE"], "", "filters.mine")
    condition, together = columns_of_filters([office], known, ["ga4"], engine, [])
    figure = cpu(lambda: together(condition(properties, paths)), events)
    print(f"{'a filter: LIKE':30} {figure:7.3f} us per event")


def _source(name: str) -> Column[..., Any]:
    return Column(name, "event", "interface", pa.string(), "", "", "")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)
