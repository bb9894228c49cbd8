"""What brings batches into a sink: its driver, its tables, its writer."""

import threading
from typing import Any

import structlog

from tracker import plugins
from tracker.columns.batch import Computer
from tracker.config import Properties, Settings, SinkSettings
from tracker.errors import Misconfigured, did_you_mean
from tracker.metrics import Metrics
from tracker.plugins import Registry
from tracker.warehouse.destinations import Destinations
from tracker.warehouse.driver import Driver
from tracker.warehouse.layout import Layout
from tracker.warehouse.writer import Writer

logger = structlog.get_logger()


def driver(settings: Settings, found: Registry, name: str, sink: SinkSettings) -> Driver:
    """The driver of one sink, with its own settings checked."""
    kind = found.drivers.get(sink.driver)
    if kind is None:
        known = ", ".join(sorted(found.drivers))
        near = did_you_mean(sink.driver, found.drivers)
        raise Misconfigured(f"warehouse.sinks.{name}: there is no driver {sink.driver!r}{near}; known: {known}")
    return kind(plugins.driver_settings(name, kind, sink), settings.data)


def writer(
    settings: Settings,
    known: Properties[Any],
    compute: Computer,
    metrics: Metrics,
    stop: threading.Event,
    name: str,
    opened: Driver,
) -> Writer:
    """What brings batches into one sink."""
    tables = layout(settings, known, compute, name)
    views = settings.warehouse.views
    return Writer(name, opened, tables, wait=stop.wait, metrics=metrics, log=logger, views=views)


def layout(settings: Settings, known: Properties[Any], compute: Computer, sink: str) -> Layout:
    """The tables of one sink."""
    places = Destinations(settings.warehouse, known)
    return Layout(compute.schema, compute.session_columns, places.tables_of, places.takes(sink), places.sets(sink))
