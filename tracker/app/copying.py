"""Parquet copies of the tables."""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tracker.app.writing import layout
from tracker.clock import SystemClock
from tracker.columns.batch import Computer
from tracker.config import Properties, Settings
from tracker.errors import Misconfigured
from tracker.metrics import Metrics
from tracker.warehouse.driver import Driver, View
from tracker.warehouse.duckdb import DuckDB
from tracker.warehouse.layout import Layout
from tracker.warehouse.snapshot_folder import OPEN_SQL
from tracker.worker.loop import Worker
from tracker.worker.snapshots import Snapshots

_BEHIND = 5
"""Plans that wait for the sink from which on it gets the time that a snapshot takes."""


def snapshots(
    settings: Settings,
    known: Properties[Any],
    compute: Computer,
    drivers: Mapping[str, Driver],
    worker: Worker,
    metrics: Metrics,
    stop: threading.Event,
) -> Snapshots:
    """Parquet copies of the first DuckDB sink."""
    name = next((name for name, opened in drivers.items() if isinstance(opened, DuckDB)), None)
    sink = next((sink for sink in worker.sinks if sink.name == name), None)
    folder = snapshot_folder(settings)

    def write() -> Sequence[Path]:
        opened = _first_duckdb(drivers)
        tables, views = snapshot_contents(settings, layout(settings, known, compute, name or ""))
        return opened.snapshot(folder, tables, views, settings.snapshots.keep_replaced, stop.is_set)

    return Snapshots(
        write,
        folder / OPEN_SQL,
        settings.snapshots.interval,
        lambda: sink is not None and sink.state.state == "running",
        SystemClock(),
        metrics,
        stop,
        lambda: sink is not None and sink.waiting() > _BEHIND,
    )


def snapshot_folder(settings: Settings) -> Path:
    """Where the Parquet copies are."""
    return settings.snapshots.folder or settings.data / "snapshots"


def snapshot_contents(settings: Settings, tables: Layout) -> tuple[Sequence[str], Sequence[View]]:
    """The tables that are copied, and the views on top of them."""
    names = [name for own in tables.sets for name in ([own.events, own.sessions][: 2 if own.layout == "split" else 1])]
    return names, tables.views(DuckDB.dialect) if settings.warehouse.views else []


def _first_duckdb(drivers: Mapping[str, Driver]) -> DuckDB:
    for opened in drivers.values():
        if isinstance(opened, DuckDB):
            return opened
    raise Misconfigured("no sink of this tracker is a DuckDB file, and only of these there are snapshots")
