"""`tracker snapshot`: the tables as Parquet files, for tools that read files."""

from pathlib import Path

import typer

from tracker.cli.options import Config, Data, resolve
from tracker.config import Settings


def snapshot(data: Data = None, config: Config = None) -> None:
    """Copy the tables of a DuckDB file to Parquet, one file per day, while the tracker runs or not. Only changed days
    are written. `[snapshots] interval` has a running tracker do it by itself.

    Example: tracker snapshot --data /srv/tracker && duckdb -init /srv/tracker/snapshots/open.sql
    """
    from tracker.worker.control import ControlClient, NobodyThere

    settings = resolve(config, data).settings
    try:
        files = ControlClient(settings.data).snapshot()
    except NobodyThere:
        files = _of_file(settings)
    for path in files:
        typer.echo(path)
    shown = (settings.snapshots.folder or settings.data / "snapshots") / "open.sql"
    typer.echo(f"{len(files)} changed days; open them with {shown}", err=True)


def _of_file(settings: Settings) -> list[Path]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from tracker import app
    from tracker.cli.asking import duckdb_file
    from tracker.metrics import new_metrics
    from tracker.warehouse.driver import NothingThere
    from tracker.warehouse.duckdb_file import connect, cursor
    from tracker.warehouse.snapshots import write_snapshots

    path = duckdb_file(settings)
    if not path.exists():
        raise NothingThere(path)
    found = app.registry(settings)
    known, name = app.properties(settings, found), _sink(settings)
    compute = app.computer(settings, found, known, new_metrics())
    tables, views = app.snapshot_contents(settings, app.layout(settings, known, compute, name))
    bar = Progress(TextColumn("days"), BarColumn(), MofNCompleteColumn(), console=Console(stderr=True), transient=True)
    file = connect(path, memory_limit=1 << 30, read_only=True)
    try:
        with bar:
            task = bar.add_task("days", total=None)
            return write_snapshots(
                lambda: cursor(file),
                app.snapshot_folder(settings),
                tables,
                views=views,
                keep_replaced=settings.snapshots.keep_replaced,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
    finally:
        file.close()


def _sink(settings: Settings) -> str:
    return next(name for name, sink in settings.warehouse.sinks.items() if sink.driver == "duckdb")
