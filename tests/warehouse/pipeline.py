"""The whole path in one process, with a DuckDB and a ClickHouse sink on one log."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import aiohttp
from yarl import URL

from tracker import app
from tracker.clock import HOUR, SystemClock
from tracker.columns.batch import Computer
from tracker.config import Settings
from tracker.metrics import new_metrics
from tracker.warehouse.driver import Driver
from tracker.worker import codec
from tracker.worker.consumer import Consumer
from tracker.worker.log import Log
from tracker.worker.sink import Sink


class Impatient(threading.Event):
    """Tells to stop; whoever waits for it waits a moment only, however long was asked."""

    def wait(self, timeout: float | None = None) -> bool:
        """As `threading.Event.wait`, at most 20 ms."""
        return super().wait(min(timeout or 0.02, 0.02))


@dataclass
class Pipeline:
    """An open log and everything around it."""

    settings: Settings
    log: Log
    ahead: int = 0

    def __post_init__(self) -> None:
        self.stop, self.news, self.metrics = Impatient(), threading.Event(), new_metrics()
        self.found = app.registry(self.settings)
        self.known = app.properties(self.settings, self.found)

    async def send(self, requests: Sequence[dict[str, Any]]) -> list[int]:
        """Send requests to a real receiver, one after the other: their statuses."""
        receiver = app.receiver(self.settings, 0, self.log, self.found, self.known)
        await receiver.start()
        try:
            async with aiohttp.ClientSession() as session:
                return [await _status(session, receiver.port, one) for one in requests]
        finally:
            await receiver.stop()

    def let_time_pass(self) -> None:
        """Three hours more, in the log."""
        self.ahead += 3 * HOUR
        self.log.append_own(0, codec.tick(SystemClock().now() + self.ahead))

    @cached_property
    def consumer(self) -> Consumer:
        """The owner of the only partition."""
        return app.consumer(self.settings, self.log, 0, self.known, self.metrics)

    def driver(self, name: str) -> Driver:
        """A driver of the sink."""
        return app.driver(self.settings, self.found, name, self.settings.warehouse.sinks[name])

    @cached_property
    def compute(self) -> Computer:
        """What turns plans into batches."""
        return app.computer(self.settings, self.found, self.known, self.metrics)

    def sink(self, name: str, driver: Driver) -> Sink:
        """A sink, as the worker makes it."""
        writer = app.writer(self.settings, self.known, self.compute, self.metrics, self.stop, name, driver)
        return Sink(name, self.log, self.compute, writer, 3, self.metrics, self.stop, self.news)


async def _status(session: aiohttp.ClientSession, port: int, one: dict[str, Any]) -> int:
    url = URL(f"http://127.0.0.1:{port}{one['url']}", encoded=True)
    body = one.get("body", "").encode() or None
    headers = {"Content-Type": "text/plain", **one.get("headers", {})}
    async with session.request(one.get("method", "POST" if body else "GET"), url, headers=headers, data=body) as reply:
        return reply.status


@contextmanager
def pipeline(
    folder: Path, clickhouse: dict[str, Any], warehouse: dict[str, Any] | None = None, **more: Any
) -> Iterator[Pipeline]:
    """A pipeline on a folder; its sinks are `duckdb` and `clickhouse`."""
    settings = Settings.model_validate(
        {
            "data": folder,
            "receiver": {"port": 0, "admin_port": 0},
            "worker": {"flush_interval": "0s", "batch_hits": 5},
            "warehouse": {
                "sinks": {"duckdb": {}, "clickhouse": {"driver": "clickhouse", **clickhouse}},
                **(warehouse or {}),
            },
            "defaults": {"tokens": ["t" * 32]},
            **more,
        }
    )
    with app.opened_log(settings) as log:
        yield Pipeline(settings, log)
