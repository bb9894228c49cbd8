"""The composition root: what each process is made of, top to bottom. Read this first.

A hit's path: `receiver` (HTTP in, hits out) -> `log` (durable) -> `consumer` (folds it with `protosessions`, makes
plans) -> `sink` (reads a plan back, `columns` compute it, `warehouse` writes it with the cursor). No stage imports the
next; each is handed its next step here.
"""

import asyncio
import fcntl
import gc
import os
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from tracker import __version__, plugins
from tracker.clock import SystemClock
from tracker.columns.batch import Computer, Rules
from tracker.config import Properties, PropertySettings, Settings, SinkSettings
from tracker.config.sections import property_settings
from tracker.errors import Misconfigured, Problems, Retry, did_you_mean
from tracker.health import consumer_health, sink_health
from tracker.metrics import Metrics, new_metrics
from tracker.model import Carried, StartPoint
from tracker.plugins import Registry, filters_of
from tracker.points import reached
from tracker.protosessions.fold import Fold
from tracker.protosessions.limits import FoldLimits
from tracker.protosessions.stamp import stamper
from tracker.receiver.server import Receiver
from tracker.resources import Resources, library_versions, openers
from tracker.warehouse.asked import answers, asked_sink
from tracker.warehouse.destinations import Destinations
from tracker.warehouse.driver import Answer, Driver, Questions, View
from tracker.warehouse.duckdb import DuckDB
from tracker.warehouse.layout import Layout
from tracker.warehouse.live import LiveRelations, written
from tracker.warehouse.live_only import LiveOnly
from tracker.warehouse.snapshot_folder import OPEN_SQL
from tracker.warehouse.writer import Writer
from tracker.worker import codec
from tracker.worker.archive import Archive
from tracker.worker.consumer import Consumer, Steps
from tracker.worker.control import ControlClient, ControlServer, socket_path
from tracker.worker.live import LiveHits, noted
from tracker.worker.lmdb_log import LmdbLog
from tracker.worker.log import Log
from tracker.worker.loop import Worker
from tracker.worker.partition import partition_of
from tracker.worker.sink import Sink
from tracker.worker.snapshots import Snapshots
from tracker.worker.suspects import Suspects

logger = structlog.get_logger()

_COLLECT = (50_000, 20, 20)
"""Thresholds of the worker's garbage collector: a batch makes many small objects and hardly any cycles, and looking at
them as often as Python does by default took a seventh of a batch's time.
"""


def run_receiver(settings: Settings, index: int, stop: threading.Event) -> None:
    """One receiver process: serve until `stop` is set. Waits for a port that somebody else holds."""
    import uvloop

    with ExitStack() as stack:
        log = stack.enter_context(opened_log(settings))
        found = registry(settings)
        make = partial(receiver, settings, index, log, found, properties(settings, found))
        gc.freeze()  # what is loaded stays: the collector need not look at it with every request
        uvloop.run(_serve(make, stop))
        gc.unfreeze()


def receiver(settings: Settings, index: int, log: Log, found: Registry, known: Properties[Any]) -> Receiver:
    """HTTP in, records into the log."""
    client = ControlClient(settings.data)

    def append(records: Sequence[tuple[int, bytes]], rejections: Sequence[bytes]) -> list[int]:
        reached("before_commit")
        offsets = log.append(records, rejections)
        reached("after_commit")
        return offsets

    return Receiver(
        settings=settings.receiver,
        protocols=found.protocols,
        properties=known,
        append=append,
        encode=codec.encode,
        partition_of=partition_of(log.secret, log.partitions, settings.log.partition_by),
        secret=log.secret,
        stamp=stamper(
            log.secret,
            lambda property_id: known.always(property_id).join_by_stamp or "off",
            lambda property_id: known.always(property_id).mask_address,
            bool(settings.receiver.trusted_proxies),
        ),
        clock=SystemClock(),
        metrics=new_metrics(),
        kept_headers=found.kept_headers,
        log_state=log.used,
        health=client.health_async,
        more_metrics=client.metrics_async,
        index=index,
    )


async def _serve(make: Callable[[], Receiver], stop: threading.Event) -> None:
    made = make()
    await _started(made.start, stop)
    await asyncio.to_thread(stop.wait)
    await made.stop()


async def _started(start: Callable[[], Awaitable[None]], stop: threading.Event) -> None:
    wait = 0.5
    while not stop.is_set():
        try:
            return await start()
        except Retry as error:
            logger.warning("cannot listen yet", problem=str(error))
            await asyncio.sleep(wait)
            wait = min(wait * 2, 5)
    raise Retry("told to stop before it could listen")


def run_worker(settings: Settings, stop: threading.Event) -> None:
    """The worker process: fold, plan, compute and write until `stop` is set."""
    with ExitStack() as stack:
        if not stack.enter_context(_only_worker(settings.data, stop)):
            return
        log = stack.enter_context(opened_log(settings))
        found, metrics, news = registry(settings), new_metrics(), threading.Event()
        known = properties(settings, found)
        consumers = [consumer(settings, log, partition, known, metrics) for partition in range(log.partitions)]
        opened = resources(settings)
        for one in opened.describe():
            logger.info("a data file was read", resource=one["name"], version=one["version"], file=one["file"])
        compute = computer(settings, found, known, metrics, opened)
        drivers = {name: driver(settings, found, name, sink) for name, sink in settings.warehouse.sinks.items()}
        bring = partial(writer, settings, known, compute, metrics, stop)
        writers = [bring(name, opened) for name, opened in drivers.items()]
        sinks = [
            Sink(one.name, log, compute, one, settings.worker.attempts, metrics, stop, news, reached) for one in writers
        ]
        worker = Worker(log, consumers, sinks, settings.log, stop, news)
        snapshots = _snapshots(settings, known, compute, drivers, worker, metrics, stop)
        suspects = Suspects(settings.data / "live_events.json", log.id)
        control = ControlServer(
            socket_path(settings.data),
            _asker(settings, drivers, partial(live_events, settings, log, found, known, opened, suspects)),
            lambda: _health(worker, writers, opened, snapshots),
            metrics.text,
            snapshots.write,
        )
        control.start()
        stack.callback(control.stop)
        gc.freeze()
        gc.set_threshold(*_COLLECT)
        snapshots.start()
        stack.callback(snapshots.join)
        stack.callback(stop.set)
        worker.run()


def consumer(settings: Settings, log: Log, partition: int, known: Properties[Any], metrics: Metrics) -> Consumer:
    """The owner of one partition: fold and plans."""
    return Consumer(
        log,
        partition,
        Steps(partial(_fold, settings, known), codec.decode_routing, codec.tick, codec.clock_record, reached),
        settings.worker,
        settings.log.carry_after,
        SystemClock(),
        metrics,
    )


def _fold(settings: Settings, known: Properties[Any], start: StartPoint, carried: Sequence[Carried]) -> Fold:
    return Fold(partial(fold_limits, settings, known), start, carried, codec.decode_routing)


def fold_limits(settings: Settings, known: Properties[Any], property_id: str) -> FoldLimits:
    """What a property allows its protosessions."""
    own, common = known.always(property_id), settings.sessions
    return FoldLimits(
        timeout=own.timeout,
        max_hits=common.max_hits,
        max_duration=common.max_duration,
        max_open=common.max_open,
        shares_quota=property_id not in known.known,
        join_by_user_id=own.join_by_user_id,
        join_by_stamp=own.join_by_stamp,
        join_across_clients=settings.log.partitions == 1 or settings.log.partition_by == "property",
    )


def computer(
    settings: Settings,
    found: Registry,
    known: Properties[Any],
    metrics: Metrics,
    opened: Callable[[], Mapping[str, Any]] | None = None,
) -> Computer:
    """What turns plans into batches. `opened` are the resources, which are opened here where none are given."""

    def overrides(column: str, property_id: str) -> Mapping[str, Any]:
        return {**found.column_settings.get(column, {}), **known.always(property_id).columns.get(column, {})}

    def failed(column: str, pieces: int, error: Exception) -> None:
        metrics.column_failures.labels(column).inc(pieces)
        logger.warning("a column failed", column=column, pieces=pieces, error=f"{type(error).__name__}: {error}"[:300])

    return Computer(
        found.graphs,
        found.columns,
        {protocol.name: protocol.parameters for protocol in found.protocols},
        codec.decode,
        Rules(
            known.always,
            overrides,
            opened or resources(settings),
            failed,
            properties=sorted(known.known),
            common={"columns": settings.columns, "currency": settings.currency.model_dump(exclude={"rates_file"})},
            libraries=library_versions(),
            program=__version__,
        ),
    )


def resources(settings: Settings) -> Resources:
    """Files with data that columns look things up in, opened. Raises `Problems` with all that cannot be read."""
    return Resources(openers(settings), SystemClock())


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
        partial(_fold, settings, known),
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


def registry(settings: Settings) -> Registry:
    """All plugins, loaded and checked. Raises `Problems` with everything that is wrong with any of them."""
    return plugins.load(
        settings.plugins_dir, settings.columns, paths=settings.receiver.paths, filters=filters_of(settings)
    )


def properties(settings: Settings, found: Registry) -> Properties[Any]:
    """The settings of every property, with those of `[sessions]` where a property has none of its own."""
    known = property_settings(settings, found.property_settings)
    by_name = {column.name: column for column in found.columns}
    problems = [
        problem
        for property_id, own in known.known.items()
        for column, values in own.columns.items()
        for problem in plugins.check_column_settings(column, values, by_name, f"properties.{property_id}.columns")
    ]
    boundaries = {node.name for graph in found.graphs.values() for node in graph.boundaries}
    sections = {"defaults": known.default} | {f"properties.{name}": own for name, own in known.known.items()}
    problems += [
        f"{section}.boundaries.{name}: there is no such boundary{did_you_mean(name, boundaries)}"
        for section, own in sections.items()
        for name in own.boundaries
        if name not in boundaries and (own is known.default or name not in known.default.boundaries)
    ]
    problems += Destinations(settings.warehouse, known).problems()
    if problems:
        raise Problems(problems)
    return Properties(
        {property_id: _effective(settings, own) for property_id, own in known.known.items()},
        _effective(settings, known.default),
        properties_only=settings.properties_only,
    )


def _effective(settings: Settings, own: PropertySettings) -> PropertySettings:
    inherited = ("timeout", "join_by_user_id", "join_by_stamp", "max_session_duration", "max_session_events")
    return own.model_copy(
        update={name: getattr(settings.sessions, name) for name in inherited if getattr(own, name) is None}
    )


@contextmanager
def opened_log(settings: Settings) -> Iterator[Log]:
    """The log of the data folder, created where there is none."""
    folder = settings.log.archive_dir or settings.data / "archive"
    archive = Archive(folder, reached) if settings.log.archive else None
    log = LmdbLog.open(
        settings.data / "log", quota=settings.log.quota, partitions=settings.log.partitions, archive=archive
    )
    try:
        yield log
    finally:
        log.close()


def open_reader(settings: Settings) -> Log:
    """The log of the data folder, to read only; works while a tracker runs on it."""
    return LmdbLog.open_reader(settings.data / "log")


@contextmanager
def _only_worker(data: Path, stop: threading.Event) -> Iterator[bool]:
    """Hold the data folder's worker lock; wait, naming the process, while another has it. False: told to stop."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "worker.lock").open("a+") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                lock.seek(0)
                logger.warning("another worker has this data folder", data=str(data), process=lock.read().strip())
                if stop.wait(1):
                    yield False
                    return
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield True


def _asker(
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


def _first_duckdb(drivers: Mapping[str, Driver]) -> DuckDB:
    for opened in drivers.values():
        if isinstance(opened, DuckDB):
            return opened
    raise Misconfigured("no sink of this tracker is a DuckDB file, and only of these there are snapshots")


def _snapshots(
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
    state = next((sink.state for sink in worker.sinks if sink.name == name), None)
    folder = snapshot_folder(settings)

    def write() -> Sequence[Path]:
        opened = _first_duckdb(drivers)
        tables, views = snapshot_contents(settings, layout(settings, known, compute, name or ""))
        return opened.snapshot(folder, tables, views, settings.snapshots.keep_replaced, stop.is_set)

    return Snapshots(
        write,
        folder / OPEN_SQL,
        settings.snapshots.interval,
        lambda: state is not None and state.state == "running",
        SystemClock(),
        metrics,
        stop,
    )


def snapshot_folder(settings: Settings) -> Path:
    """Where the Parquet copies are."""
    return settings.snapshots.folder or settings.data / "snapshots"


def snapshot_contents(settings: Settings, tables: Layout) -> tuple[Sequence[str], Sequence[View]]:
    """The tables that are copied, and the views on top of them."""
    names = [name for own in tables.sets for name in ([own.events, own.sessions][: 2 if own.layout == "split" else 1])]
    return names, tables.views(DuckDB.dialect) if settings.warehouse.views else []


def _health(worker: Worker, writers: Sequence[Writer], opened: Resources, snapshots: Snapshots) -> Mapping[str, Any]:
    views = [f"sink {one.name}: {complaint}" for one in writers for complaint in one.complaints]
    return {
        "partitions": [consumer_health(one) for one in worker.consumers],
        "sinks": [sink_health(one) for one in worker.sinks],
        "data": opened.describe(),
        "snapshots": snapshots.describe(),
        "problems": [
            *worker.problems(),
            *views,
            *(one["problem"] for one in [*opened.describe(), snapshots.describe()] if one["problem"]),
        ],
    }
