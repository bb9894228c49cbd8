"""`live_events` for sinks that cannot show it beside their own tables: a question that names it is answered apart.

It is answered in an instance of DuckDB that has nothing else, so it may be asked alone, and in DuckDB's SQL.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from tracker.config import SqlSettings
from tracker.errors import Reject
from tracker.warehouse.driver import Answer, Questions
from tracker.warehouse.live import LiveRelations
from tracker.warehouse.queries import Queries

_CONFIG: dict[str, str | bool | int] = {
    "threads": 1,
    "memory_limit": "256MB",
    "max_temp_directory_size": "0B",
    "python_enable_replacements": False,
    "autoload_known_extensions": False,
    "autoinstall_known_extensions": False,
}


class LiveOnly:
    """Answers what names the relation; all other questions go to the sink. May be used from any number of threads."""

    def __init__(self, sink: Questions, settings: SqlSettings, live: LiveRelations) -> None:
        """`live.cursors` must not ask the connection it is given: there is no table in it."""
        self._sink, self._settings, self._live = sink, settings, live

    def run(self, sql: str) -> Answer:
        """See `Questions.run`."""
        if not self._live.may_be_named(sql):
            return self._sink.run(sql)
        with _instance() as connection:
            try:
                return Queries(connection.cursor, self._settings, self._live).run(sql)
            except Reject as error:
                raise Reject(f"{error}\nIn this sink live_events is answered alone, and in DuckDB's SQL.") from error


@contextmanager
def _instance() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(":memory:", config=_CONFIG)
    try:
        connection.execute("SET GLOBAL TimeZone = 'UTC'")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection
    finally:
        connection.close()
