"""Questions to a warehouse: the running tracker answers them; where none runs, the warehouse is opened to read."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracker.config import Settings
from tracker.errors import Misconfigured
from tracker.worker.control import ControlClient, NobodyThere, SqlAnswer

if TYPE_CHECKING:
    from tracker.warehouse.driver import Driver, Questions

SinkName = Annotated[
    str | None,
    typer.Option(
        "--sink",
        help="Which warehouse.",
        show_default="the first DuckDB file, else the first that answers",
        metavar="NAME",
    ),
]


def ask(settings: Settings, sql: str, sink: str | None = None) -> SqlAnswer:
    """Run one query in a sink, by default the first DuckDB file.

    Raises `Reject` where it is refused or fails, `NothingThere` where no tracker has written yet.
    """
    try:
        return ControlClient(settings.data).sql(sql, sink)
    except NobodyThere:
        with _opened(settings, sql, sink) as questions:
            answer = questions.run(sql)
        return SqlAnswer(answer.table, answer.truncated, answer.note)


def asked_driver(settings: Settings, sink: str | None) -> "tuple[str, type[Driver]]":
    """The sink that `ask` asks, and its driver. Raises `UnknownSink`."""
    from tracker.warehouse.asked import asked_sink

    kinds = _kinds(settings)
    name = asked_sink(kinds, sink)
    return name, kinds[name]


def duckdb_file(settings: Settings) -> Path:
    """The file of the first DuckDB sink. Raises `Misconfigured` where there is none."""
    for sink in settings.warehouse.sinks.values():
        if sink.driver == "duckdb":
            path = Path(str((sink.model_extra or {}).get("path") or "tracker.duckdb"))
            return path if path.is_absolute() else settings.data / path
    raise Misconfigured("no sink is a DuckDB file, and only of these there are snapshots")


@contextmanager
def _opened(settings: Settings, sql: str, sink: str | None) -> "Iterator[Questions]":
    from tracker.plugins import driver_settings
    from tracker.warehouse.duckdb import DuckDB
    from tracker.warehouse.live_only import LiveOnly

    name, kind = asked_driver(settings, sink)
    driver = kind(driver_settings(name, kind, settings.warehouse.sinks[name]), settings.data)
    with _live(settings, name, sql) as live:
        if isinstance(driver, DuckDB):
            with driver.reading(settings.sql, live) as questions:
                yield questions
        else:
            with driver.reading(settings.sql) as questions:
                yield LiveOnly(questions, settings.sql, live) if live else questions


def _kinds(settings: Settings) -> "Mapping[str, type[Driver]]":
    """The driver of each sink. Plugins are loaded only where one brings a driver that is asked for."""
    from tracker.warehouse.plugin import tracker_drivers

    known: Mapping[str, type[Driver]] = {kind.name: kind for kind in tracker_drivers()}
    sinks = settings.warehouse.sinks
    if any(sink.driver not in known for sink in sinks.values()):
        from tracker import app

        found = app.registry(settings)
        return {name: type(app.driver(settings, found, name, sink)) for name, sink in sinks.items()}
    return {name: known[sink.driver] for name, sink in sinks.items()}


@contextmanager
def _live(settings: Settings, sink: str, sql: str) -> Iterator[Any]:
    """What is in no table yet; loads plugins and the log only for a question that may ask for it."""
    from tracker.warehouse.live import LIVE

    if LIVE not in sql.lower():
        yield None
        return
    from tracker import app

    with app.live_offline(settings, sink) as live:
        yield live
