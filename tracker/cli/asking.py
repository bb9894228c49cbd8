"""Questions to the warehouse: the running tracker answers them; where none runs, its DuckDB file does."""

from pathlib import Path

from tracker.config import Settings
from tracker.errors import Misconfigured
from tracker.worker.control import ControlClient, NobodyThere, SqlAnswer


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
        return _ask_file(duckdb_file(settings), settings, sql)


def duckdb_file(settings: Settings) -> Path:
    """The file of the first DuckDB warehouse. Raises `Misconfigured` where there is none."""
    for sink in settings.warehouse.sinks.values():
        if sink.driver == "duckdb":
            path = Path(str((sink.model_extra or {}).get("path") or "tracker.duckdb"))
            return path if path.is_absolute() else settings.data / path
    raise Misconfigured("no DuckDB warehouse is configured: ask the configured warehouse with its own tools")


def _ask_file(path: Path, settings: Settings, sql: str) -> SqlAnswer:
    if not path.exists():
        raise NoFile(path)
    from tracker.warehouse.queries import open_offline

    with open_offline(path, settings.sql) as queries:
        answer = queries.run(sql)
        return SqlAnswer(answer.table, answer.truncated)
