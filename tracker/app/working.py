"""The worker process: the log folded and planned, plans computed and written, questions answered."""

import fcntl
import gc
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from tracker.app.asking import asker, live_events
from tracker.app.collecting import collect_seldom
from tracker.app.computing import computer
from tracker.app.copying import snapshots
from tracker.app.folding import new_fold
from tracker.app.known import properties, registry, resources
from tracker.app.logs import opened_log
from tracker.app.writing import driver, writer
from tracker.clock import SystemClock
from tracker.config import Properties, Settings
from tracker.health import consumer_health, sink_health
from tracker.metrics import Metrics, new_metrics
from tracker.points import reached
from tracker.resources import Resources
from tracker.warehouse.writer import Writer
from tracker.worker import codec
from tracker.worker.consumer import Consumer, Steps
from tracker.worker.control import ControlServer, socket_path
from tracker.worker.log import Log
from tracker.worker.loop import Worker
from tracker.worker.sink import Sink
from tracker.worker.snapshots import Snapshots
from tracker.worker.suspects import Suspects

logger = structlog.get_logger()


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
        writers = [bring(name, into) for name, into in drivers.items()]
        sinks = [
            Sink(one.name, log, compute, one, settings.worker.attempts, metrics, stop, news, reached) for one in writers
        ]
        worker = Worker(log, consumers, sinks, settings.log, stop, news)
        copies = snapshots(settings, known, compute, drivers, worker, metrics, stop)
        suspects = Suspects(settings.data / "live_events.json", log.id)
        control = ControlServer(
            socket_path(settings.data),
            asker(settings, drivers, partial(live_events, settings, log, found, known, opened, suspects)),
            lambda: _health(worker, writers, opened, copies),
            metrics.of_worker,
            copies.write,
        )
        control.start()
        stack.callback(control.stop)
        gc.freeze()
        collect_seldom()
        copies.start()
        stack.callback(copies.join)
        stack.callback(stop.set)
        worker.run()


def consumer(settings: Settings, log: Log, partition: int, known: Properties[Any], metrics: Metrics) -> Consumer:
    """The owner of one partition: fold and plans."""
    return Consumer(
        log,
        partition,
        Steps(partial(new_fold, settings, known), codec.decode_routing, codec.tick, codec.clock_record, reached),
        settings.worker,
        settings.log.carry_after,
        SystemClock(),
        metrics,
    )


def _health(worker: Worker, writers: Sequence[Writer], opened: Resources, copies: Snapshots) -> Mapping[str, Any]:
    views = [f"sink {one.name}: {complaint}" for one in writers for complaint in one.complaints]
    return {
        "partitions": [consumer_health(one) for one in worker.consumers],
        "sinks": [sink_health(one) for one in worker.sinks],
        "data": opened.describe(),
        "snapshots": copies.describe(),
        "problems": [
            *worker.problems(),
            *views,
            *(one["problem"] for one in [*opened.describe(), copies.describe()] if one["problem"]),
        ],
    }


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
