"""`tracker demo`: a real tracker, made-up visits to three shops, and what a site owner would ask of them."""

import asyncio
import datetime as dt
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import aiohttp
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from yarl import URL

from tracker.cli.balance import Balance, ask_warehouse, balances
from tracker.cli.demo_traffic import Request, visits
from tracker.cli.demo_traffic import settings as demo_properties
from tracker.cli.logs import configure_logs
from tracker.cli.output import print_table
from tracker.cli.serving import supervisor, url, with_ports
from tracker.clock import SECOND
from tracker.config import ReceiverSettings, SessionSettings, Settings, WorkerSettings
from tracker.errors import Broken, Retry
from tracker.worker.control import ControlClient

SENDERS = 16
"""Connections that send at a time."""
PATIENCE = 60.0
"""Seconds after which something must be wrong."""
_PAUSE = 0.1


@dataclass(frozen=True, slots=True)
class Question:
    """What a site owner wants to know. Left out where this tracker lacks a column it needs."""

    title: str
    needs: tuple[str, ...]
    sql: str


QUESTIONS = (
    Question(
        "Most viewed pages",
        ("page_path", "property_name"),
        "SELECT property_name AS site, page_path AS page, count(*) AS views FROM events WHERE name = 'page_view'"
        " GROUP BY ALL ORDER BY views DESC, site, page LIMIT 8",
    ),
    Question(
        "Where sessions came from",
        ("utm_source", "page_referrer"),
        """
        SELECT coalesce(campaign, nullif(regexp_extract(referrer, '^https?://([^/]+)', 1), ''), '(direct)') AS source,
               count(*) AS sessions
        FROM (SELECT first(utm_source ORDER BY timestamp_utc, log_offset) AS campaign,
                     first(page_referrer ORDER BY timestamp_utc, log_offset) AS referrer
              FROM events WHERE session_id IS NOT NULL GROUP BY session_id)
        GROUP BY ALL ORDER BY sessions DESC, source LIMIT 8""",
    ),
    Question(
        "Sessions per day",
        ("date_utc",),
        "SELECT date_utc AS day, count(DISTINCT session_id) AS sessions, count(*) AS events"
        " FROM events GROUP BY ALL ORDER BY day",
    ),
    Question(
        "Revenue",
        ("ecommerce_purchase_revenue", "property_name"),
        "SELECT property_name AS site, count(*) AS purchases, round(sum(ecommerce_purchase_revenue), 2) AS revenue"
        " FROM events WHERE ecommerce_purchase_revenue > 0 GROUP BY ALL ORDER BY site",
    ),
)


@dataclass(frozen=True, slots=True)
class Sent:
    """What the visitors sent."""

    requests: int
    hits: int
    refused: int
    """Requests not answered with 2xx."""
    seconds: float


def demo(
    data: Annotated[
        Path | None, typer.Option(help="Folder to keep the tables in.", show_default="a temporary one")
    ] = None,
    visitors: Annotated[int, typer.Option(min=1, help="How many people come by.")] = 200,
) -> None:
    """Start a tracker on this machine, send it made-up visits to three shops, and show what can be asked.

    Example: tracker demo --data /tmp/demo
    """
    out = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    with ExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tracker-demo-")))
        settings = with_ports(demo_settings(folder))
        with _running(settings):
            out.print(f"A tracker receives on {url('127.0.0.1', settings.receiver.port)} and writes to {folder}")
            sent = asyncio.run(_send_all(settings, list(visits(visitors, dt.datetime.now(dt.UTC)))))
            started = time.monotonic()
            found = _await_rows(settings)
            _tell(out, sent, found, time.monotonic() - started)
            _answer(out, settings)
        _say_how_to_go_on(out, folder, is_kept=data is not None)


def demo_settings(data: Path) -> Settings:
    """A tracker whose sessions end after two seconds, on free loopback ports."""
    return Settings(
        data=data,
        properties_only=True,
        receiver=ReceiverSettings(port=0, admin_port=0),
        sessions=SessionSettings(timeout=2 * SECOND),
        worker=WorkerSettings(flush_interval=SECOND),
        properties=demo_properties(),
    )


@contextmanager
def _running(settings: Settings) -> Iterator[None]:
    """Receiver and worker as processes of their own; what they log is in `tracker.log`."""
    settings.data.mkdir(parents=True, exist_ok=True)
    with (settings.data / "tracker.log").open("a") as output:
        configure_logs(output, role="supervisor")
        processes = supervisor(settings, output.buffer)
        processes.start()
        try:
            yield
        finally:
            processes.stop()


async def _send_all(settings: Settings, visitors: list[list[Request]]) -> Sent:
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


def _await_rows(settings: Settings) -> list[Balance]:
    """Wait until no session is open and every plan is written; says where every hit ended."""
    from tracker import app

    log = app.open_reader(settings)
    # Never the file itself: opened here it would keep the worker, which is only starting, from opening it.
    tracker = ControlClient(settings.data)
    try:
        for _ in _patiently(settings, "has written everything"):
            try:
                found = balances(ask_warehouse(tracker.sql, settings.warehouse.events_table), log)
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


def _tell(out: Console, sent: Sent, found: list[Balance], seconds: float) -> None:
    ends = {place: sum(balance.places[place] for balance in found) for place in found[0].places}
    rest = ", ".join(f"{count:,} {place}" for place, count in ends.items() if count and place != "written")
    out.print(
        f"{sent.requests:,} requests with {sent.hits:,} hits in {sent.seconds:.1f} s"
        f"{f' ({sent.refused:,} requests refused)' * bool(sent.refused)}."
        f" {ends['written']:,} rows{f' ({rest})' * bool(rest)} {seconds:.1f} s later,"
        " sessions closed after 2 s without a hit."
    )


def _answer(out: Console, settings: Settings) -> None:
    tracker = ControlClient(settings.data)
    known = tracker.sql("SELECT column_name FROM duckdb_columns() WHERE table_name = 'events'").table[0].to_pylist()
    for question in QUESTIONS:
        if set(question.needs) <= set(known):
            out.print(f"\n[bold]{question.title}[/bold]")
            print_table(tracker.sql(question.sql).table, out)


def _say_how_to_go_on(out: Console, data: Path, *, is_kept: bool) -> None:
    out.print("\nThe tables are gone with this demo. Keep them with:" if not is_kept else "\nLook further with:")
    if not is_kept:
        out.print("  tracker demo --data demo-data")
        data = Path("demo-data")
    out.print(f'  tracker sql --data {data} "SELECT * FROM events LIMIT 5"')  # noqa: S608 - shown, not run
    out.print(f"  tracker audit --data {data}")
    out.print("  tracker columns")
    out.print("Your own: tracker serve, and tracker snippet for the tag.")
