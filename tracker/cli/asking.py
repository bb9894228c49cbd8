"""Questions to the warehouse: the running tracker answers them; where none runs, its DuckDB file does."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.config import Settings
from tracker.errors import Misconfigured
from tracker.worker.control import ControlClient, NobodyThere, SqlAnswer

if TYPE_CHECKING:
    from tracker.warehouse.live import LiveRelations


class NoFile(Misconfigured):
    """There is no DuckDB file to ask."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.path = path

    def __str__(self) -> str:
        return f"no tracker is running and there is no {self.path} yet: start one with `tracker serve`"


def ask(settings: Settings, sql: str) -> SqlAnswer:
    """Run one query. Raises `Reject` where it is refused or fails."""
    try:
        return ControlClient(settings.data).sql(sql)
    except NobodyThere:
        return _ask_file(*duckdb_sink(settings), settings, sql)


def duckdb_file(settings: Settings) -> Path:
    """The file of the first DuckDB warehouse. Raises `Misconfigured` where there is none."""
    return duckdb_sink(settings)[1]


def duckdb_sink(settings: Settings) -> tuple[str, Path]:
    """The first DuckDB warehouse and its file. Raises `Misconfigured` where there is none."""
    for name, sink in settings.warehouse.sinks.items():
        if sink.driver == "duckdb":
            path = Path(str((sink.model_extra or {}).get("path") or "tracker.duckdb"))
            return name, path if path.is_absolute() else settings.data / path
    raise Misconfigured("no DuckDB warehouse is configured: ask the configured warehouse with its own tools")


def _ask_file(sink: str, path: Path, settings: Settings, sql: str) -> SqlAnswer:
    if not path.exists():
        raise NoFile(path)
    from tracker.warehouse.queries import open_offline

    with _live(settings, sink, sql) as live, open_offline(path, settings.sql, live=live) as queries:
        answer = queries.run(sql)
        return SqlAnswer(answer.table, answer.truncated, answer.note)


@contextmanager
def _live(settings: Settings, sink: str, sql: str) -> "Iterator[LiveRelations | None]":
    """What is in no table yet; loads plugins and the log only for a question that may ask for it."""
    from tracker.warehouse.live import LIVE

    if LIVE not in sql.lower():
        yield None
        return
    from tracker import app

    with app.live_offline(settings, sink) as live:
        yield live
