"""What answers users' SQL, and what is shown of hits that are in no table yet."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from tracker.app.computing import computer
from tracker.app.folding import new_fold
from tracker.app.known import properties, registry, resources
from tracker.app.logs import open_reader
from tracker.config import Properties, Settings
from tracker.metrics import new_metrics
from tracker.plugins import Registry
from tracker.resources import Resources
from tracker.warehouse.asked import answers, asked_sink
from tracker.warehouse.destinations import Destinations
from tracker.warehouse.driver import Answer, Driver, Questions
from tracker.warehouse.duckdb import DuckDB
from tracker.warehouse.live import LiveRelations, written
from tracker.warehouse.live_only import LiveOnly
from tracker.worker import codec
from tracker.worker.live import LiveHits, noted
from tracker.worker.log import Log
from tracker.worker.suspects import Suspects


def asker(
    settings: Settings, drivers: Mapping[str, Driver], live: Callable[[str], LiveRelations]
) -> Callable[[str, str | None], Answer]:
    """What answers users' SQL: in the sink of a name, or where there is none in the usual one."""
    kinds = {name: type(opened) for name, opened in drivers.items()}
    questions: dict[str, Questions] = {}
    for name, opened in drivers.items():
        if isinstance(opened, DuckDB):
            questions[name] = opened.queries(settings.sql, live(name))
        elif answers(type(opened)):
            questions[name] = LiveOnly(opened.queries(settings.sql), settings.sql, live(name))
    return lambda sql, sink: questions[asked_sink(kinds, sink)].run(sql)


def live_events(
    settings: Settings,
    log: Log,
    found: Registry,
    known: Properties[Any],
    opened: Resources,
    suspects: Suspects | None,
    sink: str,
) -> LiveRelations:
    """What is in no table of a sink, for those who ask it. Computed apart from the sinks: nothing is counted."""
    compute = computer(settings, found, known, new_metrics(), opened)
    compute.rules = replace(compute.rules, failed=lambda column, pieces, error: None)
    missing = LiveHits(
        log,
        partial(new_fold, settings, known),
        codec.decode_routing,
        compute,
        compute.schema.empty_table(),
        settings.sql.live_hits,
        suspects,
    )
    places = Destinations(settings.warehouse, known)
    takes = places.takes(sink)
    in_file = settings.warehouse.sinks[sink].driver == DuckDB.name
    return LiveRelations(
        missing,
        written if in_file else lambda _: noted(log, sink),
        places.sets(sink),
        lambda name: places.tables_of(name) if takes(name) else None,
    )


@contextmanager
def live_offline(settings: Settings, sink: str) -> Iterator[LiveRelations]:
    """The same where no tracker runs on the data folder."""
    found, log = registry(settings), open_reader(settings)
    try:
        yield live_events(settings, log, found, properties(settings, found), resources(settings), None, sink)
    finally:
        log.close()
