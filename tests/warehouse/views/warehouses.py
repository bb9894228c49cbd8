"""Batches in both layouts of an engine, with the ready views over them."""

from collections.abc import Sequence

from tracker import app
from tracker.config import Settings
from tracker.metrics import new_metrics
from tracker.model import Batch, Cursor
from tracker.warehouse.change import PutView
from tracker.warehouse.driver import Driver
from tracker.warehouse.layout import Layout
from tracker.warehouse.tables import Tables, tables
from tracker.warehouse.views import ready_views

WIDE, SPLIT = tables("wide", "events"), tables("split", "split_events")


def session_columns() -> frozenset[str]:
    """Names of the columns with one value for a session."""
    settings = Settings()
    found = app.registry(settings)
    return app.computer(settings, found, app.properties(settings, found), new_metrics()).session_columns


def fill(driver: Driver, batches: Sequence[Batch], sets: Sequence[Tables] = (WIDE, SPLIT)) -> None:
    """Open the driver; put the rows of all batches into each table set, and views over them."""
    driver.open()
    columns, of_sessions = batches[0].events.schema, session_columns()
    for place, own in enumerate(sets):
        layout = Layout(columns, of_sessions, lambda _, own=own: own, sets=[own])  # type: ignore[misc]
        for table, schema in layout.schemas.items():
            if not table.startswith("tracker_") or not place:
                driver.create(table, schema)
        for number, batch in enumerate(batches, 1):
            driver.append(layout(batch), Cursor("log", place, number, 0))
        driver.apply([PutView(view, "0") for view in ready_views(driver.dialect, own, columns, of_sessions)])
