"""Brings the built-in warehouse drivers."""

from collections.abc import Sequence

from tracker.hookspecs import hookimpl
from tracker.warehouse.clickhouse import ClickHouse
from tracker.warehouse.driver import Driver
from tracker.warehouse.duckdb import DuckDB


@hookimpl
def tracker_drivers() -> Sequence[type[Driver]]:
    """DuckDB and ClickHouse."""
    return [DuckDB, ClickHouse]
