"""The relation `live_events`: hits that are in no table yet, in the shape of the wide table of events.

It is there for one question only, which names it. What the tables have is read in the question's own transaction, and
only then what is missing from them: so an event is in one of the two, whatever the writer does meanwhile.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import duckdb
import pyarrow as pa
from duckdb.sqltypes import DuckDBPyType

from tracker.model import Cursor
from tracker.warehouse.duckdb_types import UnsupportedType, from_duckdb, quoted, to_duckdb
from tracker.warehouse.tables import Tables

LIVE = "live_events"
"""The relation's name; that of another table set has its prefix before it."""
_ROWS = "tracker_live_rows"

Check = Callable[[], None]
"""Raises when nobody waits for the answer any more."""


class LiveEvents(Protocol):
    """What is in no table."""

    @property
    def events(self) -> pa.Table:
        """Events of all properties, as batches have them."""

    @property
    def shown(self) -> int:
        """Hits that were looked at."""

    @property
    def hits(self) -> int:
        """Hits that are in no table."""

    @property
    def avoided(self) -> int:
        """Hits that are not looked at because the program died of it."""


Missing = Callable[[Mapping[int, Cursor], Check], LiveEvents]
"""(cursors of the tables, check) -> what is missing from them. Raises `Retry` when the cursors are too old."""


@dataclass(frozen=True)
class LiveRelations:
    """Shows what is in no table to a question that asks for it."""

    missing: Missing
    cursors: Callable[[duckdb.DuckDBPyConnection], Mapping[int, Cursor]]
    """What the tables have, by partition, in the transaction of a connection."""
    sets: Sequence[Tables] = (Tables(),)
    set_of: Callable[[str], Tables | None] = lambda property_id: Tables()
    """Property id -> one of `sets`; None where its rows do not go into these tables."""

    def may_be_named(self, sql: str) -> bool:
        """False where a question cannot be about any of them."""
        return LIVE in sql.lower()

    def named(self, tables: Collection[str]) -> list[Tables]:
        """The table sets whose relation stands among these names, in any case."""
        asked = {name.lower() for name in tables}
        return [own for own in self.sets if f"{own.prefix}{LIVE}" in asked]

    def show(self, connection: duckdb.DuckDBPyConnection, asked: Sequence[Tables], check: Check) -> str:
        """Make the relations of `asked`, for the transaction under way. Returns what must be said of them, if anything.

        Raises `Retry` where the tables must be asked again, in a new transaction.
        """
        found = self.missing(self.cursors(connection), check)
        for own in asked:
            _create(connection, own, self._rows(found.events, own))
        return _note(found)

    def _rows(self, events: pa.Table, own: Tables) -> pa.Table:
        properties = events["property_id"].combine_chunks()
        kept = {name: self.set_of(name) == own for name in properties.unique().to_pylist()}
        return events if all(kept.values()) else events.filter(pa.array([kept[it] for it in properties.to_pylist()]))


def written(connection: duckdb.DuckDBPyConnection) -> dict[int, Cursor]:
    """What a DuckDB file of ours has, by partition."""
    there = connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'tracker_cursor'").fetchall()
    rows = connection.execute("SELECT log_id, partition, plan, hits FROM tracker_cursor").fetchall() if there else []
    return {row[1]: Cursor(*row) for row in rows}


def _create(connection: duckdb.DuckDBPyConnection, own: Tables, rows: pa.Table) -> None:
    """The relation of a table set: its rows with the columns, types and order that its events have for readers."""
    name, wide = f"{own.prefix}{LIVE}", _wide(connection, own)
    if wide is None or _fits(rows.schema, wide):
        connection.register(name, rows)
        return
    # A table that has columns of another time. DuckDB takes several times as long for a view as for bare rows.
    connection.register(f"{own.prefix}{_ROWS}", rows)
    columns = []
    for column, native in wide.items():
        value = quoted(column) if column in rows.column_names else "NULL"
        columns.append(f"{value}::{native} AS {quoted(column)}")
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS SELECT {', '.join(columns)} "  # noqa: S608 - names are quoted
        f"FROM {quoted(own.prefix + _ROWS)}"
    )


def _wide(connection: duckdb.DuckDBPyConnection, own: Tables) -> dict[str, DuckDBPyType] | None:
    """Type of every column of an event, in order, as readers see them; None where no table has them all yet."""
    for name in (f"{own.prefix}events_wide", *([own.events] if own.layout == "wide" else [])):
        found = connection.execute(
            "SELECT 1 FROM duckdb_columns() "
            "WHERE database_name = current_database() AND schema_name = 'main' AND table_name = ? LIMIT 1",
            [name],
        ).fetchall()
        if found:
            relation = connection.sql(f"SELECT * FROM {quoted('main', name)} LIMIT 0")  # noqa: S608
            return dict(zip(relation.columns, relation.types, strict=True))
    return None


def _fits(schema: pa.Schema, wide: Mapping[str, DuckDBPyType]) -> bool:
    if schema.names != list(wide):
        return False
    try:
        return all(
            to_duckdb(one.name, from_duckdb(one.name, wide[one.name])) == to_duckdb(one.name, one.type)
            for one in schema
        )
    except UnsupportedType:
        return False


def _note(found: LiveEvents) -> str:
    left_out = found.hits - found.shown - found.avoided
    notes = []
    if left_out:
        notes.append(
            f"{LIVE} shows the {found.shown:,} hits of those who were last active, and leaves out {left_out:,}; "
            "see sql.live_hits"
        )
    if found.avoided:
        notes.append(f"{LIVE} leaves out {found.avoided:,} hits because the tracker died while it looked at them")
    return "; ".join(notes)
