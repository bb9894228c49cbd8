"""The receiver process: HTTP in, records into the log."""

import asyncio
import gc
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

import structlog

from tracker.app.known import properties, registry
from tracker.app.logs import opened_log
from tracker.clock import SystemClock
from tracker.config import Properties, Settings
from tracker.errors import Retry
from tracker.metrics import new_metrics
from tracker.plugins import Registry
from tracker.points import reached
from tracker.protosessions.stamp import stamper
from tracker.receiver.server import Receiver
from tracker.worker import codec
from tracker.worker.control import ControlClient
from tracker.worker.log import Log
from tracker.worker.partition import partition_of

logger = structlog.get_logger()


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
