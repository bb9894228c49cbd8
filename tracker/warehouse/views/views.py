"""The ready views of a table set, as SQL of its warehouse.

A view is a file of SQL with a sentence about it in its first line. `$name` in it is another view, a table, a list of
columns, or a word that the engines have each their own for.
"""

from collections.abc import Collection, Iterator, Mapping
from functools import cache
from importlib.resources import files
from string import Template
from typing import Final

import pyarrow as pa

from tracker.warehouse.driver import View
from tracker.warehouse.sessions import session_names
from tracker.warehouse.tables import Tables
from tracker.warehouse.views.dialects import DIALECTS

NAMES: Final = (
    "sessions", "events_wide", "client_users", "person_events", "order_events", "person_sessions", "session_history",
    "people", "daily_traffic", "channels", "landing_pages", "exit_pages", "page_paths", "event_counts", "engagement",
    "orders", "revenue_by_day", "products", "funnel", "retention_cohorts",
)  # fmt: skip
"""The views, each after those it reads. Where there is a table of sessions, there is no view of that name."""

_UPLOAD: Final = ("session_id", "log_partition", "ingested_at")
"""What the events of a session and its row share: a session that is uploaded again later has two rows, and each event
belongs to that of its own upload.
"""
PARTS: Final = ("came_of_sessions",)
"""Pieces of SQL that several views have in common."""


def ready_views(dialect: str, tables: Tables, events: pa.Schema, session_columns: Collection[str]) -> list[View]:
    """The ready views of a table set, each after those it reads; none for a dialect that is not known.

    `events` has every stored column, whatever the layout; `session_columns` names those with one value for a session.
    """
    if dialect not in DIALECTS:
        return []
    words = {
        **DIALECTS[dialect],
        **_columns(tables, events, session_columns),
        **{name: _quoted(view_name(tables, name)) for name in NAMES},
        **{name: _sql(f"parts/{name}", {}).strip() for name in PARTS},
        "events": _quoted(tables.events),
        "sessions": _quoted(tables.sessions),
    }
    words |= _sessions(tables, words)
    return [View(view_name(tables, name), _doc(name), _sql(name, words)) for name in _names(tables)]


def view_name(tables: Tables, name: str) -> str:
    """What a view is called in a table set."""
    return tables.sessions if name == "sessions" else f"{tables.prefix}{name}"


def _names(tables: Tables) -> Iterator[str]:
    return (name for name in NAMES if name != "sessions" or tables.layout == "wide")


def _columns(tables: Tables, events: pa.Schema, session_columns: Collection[str]) -> dict[str, str]:
    """Lists of columns, whatever is asked for: of events as `e`, of sessions as `s`."""
    joined = set(session_columns) - {"session_id"} if tables.layout == "split" else set()
    return {
        "session_columns": _listed(_column("s", name) for name in session_names(events, session_columns)),
        "joined_columns": _listed(
            _joined(field) if field.name in joined else _column("e", field.name) for field in events
        ),
    }


def _sessions(tables: Tables, words: Mapping[str, str]) -> dict[str, str]:
    """Where the rows of sessions are, how to have each of them once, and where events have their columns."""
    if tables.layout == "wide":
        begins = "session_id IS NOT NULL AND event_number = 0"
        return {
            "session_rows": words["events"],
            "begins_session": begins,
            "session_key": "f.session_id",
            "sessions_once": words["sessions"],
            "every_event": words["events"],
            "join_of_sessions": "",
        }
    rows = {"session_rows": words["sessions"], "begins_session": "session_id IS NOT NULL"}
    return {
        **rows,
        "sessions_once": _once({**words, **rows}, "session_id"),
        "every_event": words["events_wide"],
        "join_of_sessions": f"LEFT JOIN {_once({**words, **rows}, *_UPLOAD)} AS s ON "
        + " AND ".join(f"s.{name} = e.{name}" for name in _UPLOAD),
    }


def _once(words: Mapping[str, str], *key: str) -> str:
    """The rows of sessions, the first for each key."""
    return f"(\n{_sql('sessions', {**words, 'session_key': ', '.join(f'f.{name}' for name in key)})})"


def _joined(field: pa.Field) -> str:
    if pa.types.is_list(field.type):
        return f"coalesce(s.{_quoted(field.name)}, []) AS {_quoted(field.name)}"
    return _column("s", field.name)


def _column(table: str, name: str) -> str:
    return f"{table}.{_quoted(name)} AS {_quoted(name)}"


def _listed(columns: Iterator[str]) -> str:
    return ",\n    ".join(columns)


def _quoted(name: str) -> str:
    """An identifier, as both engines read it."""
    return '"' + name.replace('"', '""') + '"'


def _doc(name: str) -> str:
    return _text(name).partition("\n")[0].removeprefix("-- ")


def _sql(name: str, words: Mapping[str, str]) -> str:
    return Template(_text(name).partition("\n")[2]).substitute(words)


@cache
def _text(name: str) -> str:
    return files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
