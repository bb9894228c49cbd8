"""`tracker snapshot`: the tables as Parquet files, for tools that read files."""

from pathlib import Path

import typer

from tracker.cli.options import Config, Data, resolve
from tracker.config import Settings


def snapshot(data: Data = None, config: Config = None) -> None:
    """Copy the events of a DuckDB file to Parquet, one file per day, while the tracker runs or not. Only changed days
    are written.

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
    typer.echo(f"{len(files)} changed days; open them with {settings.data / 'snapshots' / 'open.sql'}", err=True)


def _of_file(settings: Settings) -> list[Path]:
    from tracker.cli.asking import duckdb_file
    from tracker.warehouse.driver import NothingThere
    from tracker.warehouse.duckdb_file import connect, cursor
    from tracker.warehouse.snapshots import write_snapshots

    path, folder = duckdb_file(settings), settings.data / "snapshots"
    if not path.exists():
        raise NothingThere(path)
    file = connect(path, memory_limit=1 << 30, snapshots=folder, read_only=True)
    try:
        return write_snapshots(lambda: cursor(file), folder, settings.warehouse.events_table)
    finally:
        file.close()
