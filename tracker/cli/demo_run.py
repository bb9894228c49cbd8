"""A real tracker for the demo: its processes, the visitors that come by, and the wait until everything is written."""

import asyncio
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from yarl import URL

from tracker.cli.balance import Balance, ask_warehouse, balances
from tracker.cli.demo_traffic import Request, properties_toml
from tracker.cli.logs import configure_logs
from tracker.cli.serving import supervisor, url
from tracker.config import Settings
from tracker.config.load import FILE_NAME
from tracker.errors import Broken, Retry
from tracker.worker.control import ControlClient

SENDERS = 16
"""Connections that send at a time."""
PATIENCE = 60.0
"""Seconds after which something must be wrong."""
_PAUSE = 0.1


SETTINGS = f"""\
# Written by `tracker demo`.
properties_only = true

[sessions]
timeout = "2s"

[worker]
flush_interval = "1s"

{properties_toml()}"""
"""Also kept in the data folder, so that commands given it see the same properties."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What the visitors sent."""

    requests: int
    hits: int
    refused: int
    """Requests not answered with 2xx."""
    seconds: float


def demo_settings(data: Path) -> Settings:
    """A tracker whose sessions end after two seconds, on free loopback ports."""
    values = tomllib.loads(SETTINGS)
    return Settings.model_validate({**values, "data": data, "receiver": {"port": 0, "admin_port": 0}})


@contextmanager
def running(settings: Settings) -> Iterator[None]:
    """Receiver and worker as processes of their own; what they log is in `tracker.log`."""
    settings.data.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError), (settings.data / FILE_NAME).open("x") as file:
        file.write(SETTINGS)
    path = settings.data / "tracker.log"
    with path.open("ab") as output, path.open("a") as own:
        configure_logs(own, role="supervisor")
        processes = supervisor(settings, output)
        processes.start()
        try:
            yield
        finally:
            processes.stop()


async def send_all(settings: Settings, visitors: list[list[Request]]) -> Sent:
    """Visitors side by side; what one visitor sends keeps its order."""
    waiting = iter(visitors)
    requests = [request for visitor in visitors for request in visitor]
    bar = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), transient=True)
    async with aiohttp.ClientSession(url(settings.receiver.host, settings.receiver.port)) as session:
        await _await_ready(settings, session)
        started = time.monotonic()
        with bar:
            task = bar.add_task("Visitors come by", total=len(requests))

            async def send() -> int:
                refused = 0
                for visitor in waiting:
                    for request in visitor:
                        refused += not await _is_accepted(session, request)
                        bar.advance(task)
                return refused

            refused = sum(await asyncio.gather(*(send() for _ in range(SENDERS))))
    return Sent(len(requests), sum(request.hits for request in requests), refused, time.monotonic() - started)


async def _is_accepted(session: aiohttp.ClientSession, request: Request) -> bool:
    target = URL(request.path, encoded=True)
    async with session.request(request.method, target, data=request.body or None, headers=request.headers) as response:
        await response.read()
        return response.ok


async def _await_ready(settings: Settings, session: aiohttp.ClientSession) -> None:
    ready = url(settings.receiver.admin_host, settings.receiver.admin_port) + "/ready"
    for _ in _patiently(settings, "accepts hits"):
        try:
            async with session.get(ready) as response:
                if response.ok:
                    return
        except aiohttp.ClientError:
            pass
        await asyncio.sleep(_PAUSE)


def await_rows(settings: Settings) -> list[Balance]:
    """Wait until no session is open and every plan is written; says where every hit ended."""
    from tracker import app

    log = app.open_reader(settings)
    # Never the file itself: opened here it would keep the worker, which is only starting, from opening it.
    tracker = ControlClient(settings.data)
    try:
        for _ in _patiently(settings, "has written everything"):
            try:
                found = balances(ask_warehouse(tracker.sql, [settings.warehouse.events_table]), log)
            except Retry:  # the worker is still opening its files
                found = []
            if found and not any(balance.places["open"] or balance.places["planned"] for balance in found):
                return found
            time.sleep(_PAUSE)
    finally:
        log.close()
    return []


def _patiently(settings: Settings, hope: str) -> Iterator[None]:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        yield
    raise Broken(f"after {PATIENCE:.0f} seconds there is no tracker that {hope}; see {settings.data / 'tracker.log'}")
