"""`tracker demo`: a real tracker, made-up visits to three shops, and what a site owner would ask of them."""

import asyncio
import datetime as dt
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from tracker.cli.balance import Balance
    from tracker.cli.demo_run import Sent
    from tracker.config import Settings


def demo(
    data: Annotated[
        Path | None, typer.Option(help="Folder to keep the tables in.", show_default="a temporary one")
    ] = None,
    visitors: Annotated[int, typer.Option(min=1, help="How many people come by.")] = 200,
) -> None:
    """Start a tracker on this machine, send it made-up visits to three shops, and show what can be asked.

    Example: tracker demo --data /tmp/demo
    """
    from tracker.cli.demo_run import await_rows, demo_settings, running, send_all
    from tracker.cli.demo_traffic import visits
    from tracker.cli.serving import url, with_ports

    out = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    with ExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tracker-demo-")))
        settings = with_ports(demo_settings(folder))
        with running(settings):
            out.print(f"A tracker receives on {url('127.0.0.1', settings.receiver.port)} and writes to {folder}")
            sent = asyncio.run(send_all(settings, list(visits(visitors, dt.datetime.now(dt.UTC)))))
            started = time.monotonic()
            found = await_rows(settings)
            _tell(out, sent, found, time.monotonic() - started, _sessions(settings))
            _answer(out, settings)
        _say_how_to_go_on(out, folder, is_kept=data is not None)


def _tell(out: Console, sent: "Sent", found: "list[Balance]", seconds: float, sessions: int) -> None:
    ends = {place: sum(balance.places[place] for balance in found) for place in found[0].places}
    rest = ", ".join(f"{count:,} {place}" for place, count in ends.items() if count and place != "written")
    out.print(
        f"{sent.requests:,} requests with {sent.hits:,} hits in {sent.seconds:.1f} s"
        f"{f' ({sent.refused:,} requests refused)' * bool(sent.refused)}."
        f" {ends['written']:,} rows in {sessions:,} sessions{f' ({rest})' * bool(rest)} {seconds:.1f} s later;"
        " sessions closed after 2 s without a hit."
    )


def _sessions(settings: "Settings") -> int:
    from tracker.worker.control import ControlClient

    answer = ControlClient(settings.data).sql("SELECT count(DISTINCT session_id) FROM events")
    return int(answer.table[0][0].as_py())


def _answer(out: Console, settings: "Settings") -> None:
    from tracker.cli.demo_questions import QUESTIONS
    from tracker.cli.output import print_table
    from tracker.worker.control import ControlClient

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
