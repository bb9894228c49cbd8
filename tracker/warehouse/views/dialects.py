"""What DuckDB and ClickHouse write differently. Views are written in what both understand, and name the rest."""

from collections.abc import Mapping
from typing import Final

DUCKDB: Final[Mapping[str, str]] = {
    "distant_past": "TIMESTAMPTZ '1900-01-01 00:00:00+00'",
    "distant_future": "TIMESTAMPTZ '2299-12-31 00:00:00+00'",
    "monday_zero": "DATE '1900-01-01'",
    "unnest": "unnest",
    "joined_in_order": (
        "string_agg(e.letter, '' ORDER BY e.timestamp_utc, e.event_number, e.log_partition, e.log_offset)"
    ),
}
CLICKHOUSE: Final[Mapping[str, str]] = {
    "distant_past": "toDateTime64('1900-01-01 00:00:00', 6, 'UTC')",
    "distant_future": "toDateTime64('2299-12-31 00:00:00', 6, 'UTC')",
    "monday_zero": "CAST('1900-01-01' AS Date32)",
    "unnest": "arrayJoin",
    "joined_in_order": (
        "arrayStringConcat(arrayMap(x -> x.5, arraySort("
        "groupArray((e.timestamp_utc, e.event_number, e.log_partition, e.log_offset, e.letter)))))"
    ),
}
DIALECTS: Final[Mapping[str, Mapping[str, str]]] = {"duckdb": DUCKDB, "clickhouse": CLICKHOUSE}
"""Dialect -> words of a view's SQL that it has its own way with.

`distant_past` and `distant_future` are moments that are never reached, in UTC whatever the session's time zone;
`monday_zero` is a Monday before all days; `unnest` is the function that makes rows of a list; `joined_in_order` makes
one text of the letters of a session, in the order of its events.
"""
