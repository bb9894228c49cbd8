"""A tracker for real clients: a receiver on a port of its own that they send to, then all the rest down to the rows."""

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

from tracker import app
from tracker.clock import HOUR, SystemClock
from tracker.config import Settings
from tracker.metrics import new_metrics
from tracker.worker import codec
from tracker.worker.log import Log
from tracker.worker.sink import Sink

API_SECRET = "not-so-secret"
"""What servers need to send events to `G-SERVER` and `APP`."""
TOKEN = "t" * 32
"""The `token_auth` of every Matomo site."""
APP = "1:123456789012:android:0123456789abcdef"
"""A Firebase app id."""
PATIENCE = 20.0
"""Seconds to wait for hits that a client sends without waiting for an answer."""
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Receiving:
    """A tracker that listens."""

    url: str
    """Its address, without a path."""
    log: Log

    def wait_for(self, hits: int) -> None:
        """Return when so many hits are durable, or after `PATIENCE`."""
        end = time.monotonic() + PATIENCE
        while self.log.totals(0).hits < hits and time.monotonic() < end:
            time.sleep(0.05)


@dataclass(frozen=True, slots=True)
class Visit:
    """What came of a client's visit."""

    said: Any
    """What the client's driver reported."""
    rows: list[Row]
    """Events in the order of their receipt."""
    rejected: Mapping[str, int]
    """Pieces that became no hit, by reason."""

    def only(self, **wanted: Any) -> Row:
        """The one row in which these columns have these values."""
        (row,) = self.all(**wanted)
        return row

    def all(self, **wanted: Any) -> list[Row]:
        """Every row in which these columns have these values."""
        return [row for row in self.rows if all(row[column] == value for column, value in wanted.items())]

    def names(self) -> list[str]:
        """The names of the events."""
        return [row["name"] for row in self.rows]


def visit(folder: Path, client: Callable[[Receiving], Any]) -> Visit:
    """Let `client` send to a tracker, wait for what it returns, then let hours pass and write its rows."""
    settings = Settings.model_validate(
        {
            "data": folder / "data",
            "receiver": {"port": 0, "admin_port": 0},
            "worker": {"flush_interval": "0s"},
            "defaults": {"tokens": [TOKEN]},
            "properties": {name: {"api_secrets": [API_SECRET]} for name in ("G-SERVER", APP)},
        }
    )
    with app.opened_log(settings) as log:
        said = uvloop.run(_receive(settings, log, client))
        return Visit(said, _written(settings, log), dict(log.rejected()))


async def _receive(settings: Settings, log: Log, client: Callable[[Receiving], Any]) -> Any:
    found = app.registry(settings)
    receiver = app.receiver(settings, 0, log, found, app.properties(settings, found))
    await receiver.start()
    try:
        return await asyncio.to_thread(client, Receiving(f"http://127.0.0.1:{receiver.port}", log))
    finally:
        await receiver.stop()


def _written(settings: Settings, log: Log) -> list[Row]:
    found, metrics, stop = app.registry(settings), new_metrics(), threading.Event()
    known = app.properties(settings, found)
    log.append_own(0, codec.tick(SystemClock().now() + 3 * HOUR))
    owner = app.consumer(settings, log, 0, known, metrics)
    while owner.step():
        pass
    compute = app.computer(settings, found, known, metrics)
    driver = app.driver(settings, found, "main", settings.warehouse.sinks["main"])
    writer = app.writer(settings, known, compute, metrics, stop, "main", driver)
    sink = Sink("main", log, compute, writer, 3, metrics, stop, stop)
    sink.open()
    while sink.advance(0):
        pass
    rows: list[Row] = driver.query("SELECT * FROM events ORDER BY log_offset").to_pylist()
    dead = driver.query("SELECT * FROM tracker_dead_letters").to_pylist()
    driver.close()
    assert dead == [], "hits of real clients can be written"
    return rows
