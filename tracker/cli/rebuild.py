"""`tracker rebuild`: the tables of a warehouse, written again from the archive and the log."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tracker.cli.held import Held
from tracker.cli.options import Config, Data, PluginsDir, resolve
from tracker.errors import Misconfigured, Retry

if TYPE_CHECKING:
    from tracker.config import Settings, SinkSettings
    from tracker.warehouse.driver import Driver
    from tracker.worker.rebuild import Missing, Rebuild


class Busy(Misconfigured):
    """The tracker that runs writes into the same warehouse."""

    def __init__(self, sink: str) -> None:
        super().__init__(sink)
        self.sink = sink

    def __str__(self) -> str:
        return f"the tracker that runs here writes into sink {self.sink!r} itself: stop it first"


def rebuild(
    sink: Annotated[str | None, typer.Option(help="Which warehouse.", show_default="the only one")] = None,
    file: Annotated[
        Path | None, typer.Option(help="Build this DuckDB file instead of the sink's own, beside a running tracker.")
    ] = None,
    data: Data = None,
    config: Config = None,
    plugins_dir: PluginsDir = None,
) -> None:
    """Write what a warehouse lacks, all of it where it is empty, from the archive and the log.

    Ended at any moment, the same command goes on from there.

    Example: tracker rebuild --data /srv/tracker --sink main --file new.duckdb
    """
    from tracker.app import collect_seldom
    from tracker.cli.logs import configure_logs

    settings = resolve(config, data, plugins_dir=plugins_dir).settings
    name = _chosen(settings, sink)
    configure_logs(role="rebuild")
    collect_seldom()
    out = Console(highlight=False, soft_wrap=True)
    stop = threading.Event()
    with _until_asked_to_end(stop) as asked, _opened(settings, name, file, stop) as (one, opened, events):
        if asked:
            stop.set()
        where, missing = _where(opened), one.missing()
        _check(name, opened, events, one, exact=opened.writes_at_once)
        if not missing.plans:
            out.print(f"Sink {name} ({where}) has every plan there is: nothing to do.")
            return
        out.print(
            f"Sink {name} ({where}) lacks {missing.plans:,} plans with {missing.hits:,} hits. "
            f"They come from the log in {settings.data / 'log'} and the archive in {_archive_folder(settings)}."
        )
        started, (done, rows) = time.monotonic(), _run(one, missing, stop)
        out.print(f"{done.plans:,} plans, {done.hits:,} hits, {rows:,} rows in {time.monotonic() - started:.1f} s.")
        if stop.is_set():
            out.print("Stopped before the end. The same command goes on from here.")
            raise typer.Exit(1)
        _check(name, opened, events, one, exact=True)
    out.print(_how_to_go_on(settings, name, file))


def _chosen(settings: "Settings", sink: str | None) -> str:
    """The name of the sink. Raises `Misconfigured` where it is not clear which."""
    from tracker.warehouse.asked import UnknownSink

    sinks = settings.warehouse.sinks
    if sink is None:
        if len(sinks) != 1:
            raise Misconfigured(f"there are {len(sinks)} sinks, say which with --sink: {', '.join(sinks)}")
        return next(iter(sinks))
    if sink not in sinks:
        raise UnknownSink(sink, sinks)
    return sink


@contextmanager
def _opened(
    settings: "Settings", name: str, file: Path | None, stop: threading.Event
) -> "Iterator[tuple[Rebuild, Driver, list[str]]]":
    """The rebuilding of a sink, its driver, and its tables of events."""
    from tracker import app
    from tracker.metrics import new_metrics
    from tracker.points import reached
    from tracker.worker.archive import Archive
    from tracker.worker.history import History
    from tracker.worker.rebuild import Rebuild

    found, metrics = app.registry(settings), new_metrics()
    known = app.properties(settings, found)
    compute = app.computer(settings, found, known, metrics)
    opened = app.driver(settings, found, name, _sink(settings, name, file))
    _not_busy(settings, name, opened)
    writer = app.writer(settings, known, compute, metrics, stop, name, opened)
    with ExitStack() as stack:
        log = app.open_reader(settings)
        stack.callback(log.close)
        stack.callback(writer.close)
        stop.set()  # who is held up now is told why, rather than tried again for ever
        try:
            writer.prepare()
        except Retry as error:
            raise _held(name, error) if opened.name == "duckdb" and file is None else error from error
        stop.clear()
        history = History(log, Archive(_archive_folder(settings)))
        yield (
            Rebuild(name, log, history, compute, writer, sinks=list(settings.warehouse.sinks), reached=reached),
            opened,
            [own.events for own in app.layout(settings, known, compute, name).sets],
        )


def _sink(settings: "Settings", name: str, file: Path | None) -> "SinkSettings":
    """The sink's settings, with another file where one was given."""
    from tracker.config import SinkSettings

    sink = settings.warehouse.sinks[name]
    if file is None:
        return sink
    if sink.driver != "duckdb":
        raise Misconfigured(f"--file is for DuckDB warehouses, and sink {name!r} is {sink.driver}")
    return SinkSettings.model_validate({**sink.model_dump(), "path": file.resolve()})


def _not_busy(settings: "Settings", name: str, opened: "Driver") -> None:
    """Raise `Busy` where a running tracker writes into the warehouse. A DuckDB file says that itself."""
    if opened.name == "duckdb":
        return
    if _states(settings).get(name, "stopped") != "stopped":
        raise Busy(name)


def _states(settings: "Settings") -> dict[str, str]:
    """What the running tracker says of its sinks; nothing where none runs."""
    from tracker.worker.control import ControlClient, NobodyThere

    try:
        return {sink["sink"]: sink["state"] for sink in ControlClient(settings.data).health()["sinks"]}
    except NobodyThere:
        return {}


def _check(name: str, opened: "Driver", events: list[str], one: "Rebuild", *, exact: bool) -> None:
    from tracker.cli.rebuilt import Meddled, faults

    if found := list(faults(opened, events, one.cursors(), exact=exact)):
        raise Meddled(name, found)


def _run(one: "Rebuild", missing: "Missing", stop: threading.Event) -> "tuple[Missing, int]":
    """Write everything, and show how it goes; returns what was written, and how many rows that were."""
    from tracker.worker.rebuild import Missing, Step

    plans = hits = rows = 0
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("hits"))
    bar = Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True)
    with bar:
        task = bar.add_task("Plans", total=missing.hits)

        def told(step: Step) -> None:
            nonlocal plans, hits, rows
            plans, hits, rows = plans + 1, hits + step.hits, rows + step.rows
            bar.update(task, completed=hits, total=max(missing.hits, hits), description=f"{plans:,} plans")

        try:
            one.run(stop, told)
        except Retry:  # the warehouse is away, and nobody wants to wait for it any more
            if not stop.is_set():
                raise
    return Missing(plans, hits), rows


def _how_to_go_on(settings: "Settings", name: str, file: Path | None) -> str:
    if file is not None:
        again = f"tracker rebuild --sink {name} --file {file}"
        return (
            f"To use {file}: stop the tracker, run `{again}` once more for what came since, put the file in the place "
            "of the sink's own, and start the tracker."
        )
    return f"Start the tracker{' again' * bool(_states(settings))}: the sink goes on from here."


def _where(opened: "Driver") -> str:
    return str(getattr(opened, "where", None) or getattr(opened, "path", opened.name))


def _archive_folder(settings: "Settings") -> Path:
    return settings.log.archive_dir or settings.data / "archive"


@contextmanager
def _until_asked_to_end(stop: threading.Event) -> Iterator[list[int]]:
    """The first Ctrl-C or SIGTERM sets `stop`, whoever clears it, and is in the list; the second ends the program."""
    asked: list[int] = []

    def ask(number: int, _: FrameType | None) -> None:
        if asked:  # at once, and not by an exception, which a driver at work would make an error of its own
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        asked.append(number)
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _held(sink: str, cause: Retry) -> Held:
    beside = f"tracker rebuild --sink {sink} --file NEW.duckdb"
    return Held(sink, cause, f"Stop that process, or build the tables in another file beside it: {beside}")
