"""SQLite drivers that are broken, in one way each."""

# ruff: noqa: D102 - each class says what its methods do wrong

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, ClassVar

import pyarrow as pa

from tests.plugins.sqlite import SQLite
from tracker.errors import Retry
from tracker.model import Cursor
from tracker.warehouse.driver import BadRows, SchemaMismatch, TableBatch

Value = Callable[[Any], Any]


class CursorFirst(SQLite):
    """Writes the cursor, then the rows, in a transaction each."""

    def append(self, tables: Sequence[TableBatch], cursor: Cursor) -> None:
        here = self.cursor(cursor.partition)
        super().append([], cursor)
        if here is None or here.plan < cursor.plan:
            with self._transaction():
                self._insert(tables)


class CursorLast(SQLite):
    """Writes the rows, then the cursor, in a transaction each."""

    def append(self, tables: Sequence[TableBatch], cursor: Cursor) -> None:
        here = self.cursor(cursor.partition)
        if here is None or here.plan < cursor.plan:
            with self._transaction():
                self._insert(tables)
        super().append([], cursor)


class CursorIgnored(SQLite):
    """Writes a plan as often as it comes."""

    def append(self, tables: Sequence[TableBatch], cursor: Cursor) -> None:
        self._db.execute("DELETE FROM tracker_cursor WHERE part = ?", [cursor.partition])
        super().append(tables, cursor)


class LastPlanOnly(SQLite):
    """Knows the last plan, but takes one before it for a new one."""

    def append(self, tables: Sequence[TableBatch], cursor: Cursor) -> None:
        here = self.cursor(cursor.partition)
        if here is not None and here.plan != cursor.plan:
            self._db.execute("DELETE FROM tracker_cursor WHERE part = ?", [cursor.partition])
        super().append(tables, cursor)


class CursorOfAnyPartition(SQLite):
    """Has one cursor for all partitions."""

    def cursor(self, partition: int) -> Cursor | None:
        found = self._db.execute("SELECT log_id, part, plan, hits FROM tracker_cursor ORDER BY plan DESC").fetchone()
        return Cursor(*found) if found else None


class CursorAsFloat(SQLite):
    """Keeps the cursor's numbers as floats."""

    def append(self, tables: Sequence[TableBatch], cursor: Cursor) -> None:
        hits = min(int(float(cursor.hits)), 2**63 - 1)
        super().append(tables, Cursor(cursor.log_id, cursor.partition, int(float(cursor.plan)), hits))


class CursorInMemory(SQLite):
    """Forgets where it was when it is closed."""

    def open(self) -> None:
        super().open()
        self._db.execute("DELETE FROM tracker_cursor")


class CursorWithRowsOnly(SQLite):
    """Does not move the cursor for a plan without rows."""

    def append(self, tables: Sequence[TableBatch], cursor: Cursor) -> None:
        if any(batch.rows.num_rows for batch in tables):
            super().append(tables, cursor)


class AnyLog(SQLite):
    """Believes that all plans are of the same log."""

    def append(self, tables: Sequence[TableBatch], cursor: Cursor) -> None:
        super().append(tables, Cursor("log", cursor.partition, cursor.plan, cursor.hits))


class NotDurable(SQLite):
    """Commits when it is closed."""

    def append(self, tables: Sequence[TableBatch], cursor: Cursor) -> None:
        here = self.cursor(cursor.partition)
        if here is None or here.plan < cursor.plan:
            if not self._db.in_transaction:
                self._db.execute("BEGIN IMMEDIATE")
            self._insert(tables)
            values = [cursor.partition, cursor.log_id, cursor.plan, cursor.hits]
            self._db.execute("INSERT OR REPLACE INTO tracker_cursor VALUES (?, ?, ?, ?)", values)

    def close(self) -> None:
        if hasattr(self, "_db"):
            with suppress(sqlite3.Error):
                self._db.execute("COMMIT")
        super().close()


class TableByTable(SQLite):
    """Commits after each table."""

    def _insert(self, tables: Sequence[TableBatch]) -> None:
        for batch in tables:
            super()._insert([batch])
            self._db.execute("COMMIT")
            self._db.execute("BEGIN IMMEDIATE")


class ErrorCommits(SQLite):
    """Keeps what came before an error."""

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            self._db.execute("COMMIT")


class BadRowSwallowed(SQLite):
    """Leaves out the rows that are refused, and says nothing."""

    def _insert(self, tables: Sequence[TableBatch]) -> None:
        for batch in tables:
            for at in range(batch.rows.num_rows):
                with suppress(BadRows):
                    super()._insert([TableBatch(batch.table, batch.rows.slice(at, 1))])


class BadRowRetried(SQLite):
    """Takes bad rows for a warehouse that is away."""

    def _insert(self, tables: Sequence[TableBatch]) -> None:
        try:
            super()._insert(tables)
        except BadRows as error:
            raise Retry(str(error)) from error


class CheckKeeps(SQLite):
    """Keeps the rows that it should only try."""

    def check(self, tables: Sequence[TableBatch]) -> None:
        with self._transaction():
            self._insert(tables)


class CheckBlind(SQLite):
    """Finds no row bad."""

    def check(self, tables: Sequence[TableBatch]) -> None:
        with suppress(BadRows):
            super().check(tables)


class CheckFirstTable(SQLite):
    """Tries the rows of the first table only."""

    def check(self, tables: Sequence[TableBatch]) -> None:
        super().check(tables[:1])


class ByPlace(SQLite):
    """Takes the first column for the first, whatever its name."""

    def _insert(self, tables: Sequence[TableBatch]) -> None:
        placed = []
        for batch in tables:
            names = self._known(batch.table).names[: batch.rows.num_columns]
            placed.append(TableBatch(batch.table, batch.rows.rename_columns(names)))
        super()._insert(placed)


class MembersByPlace(SQLite):
    """Takes the first member of a struct for the first, whatever its name."""

    def rows(self, table: str, order: str) -> list[dict[str, Any]]:
        found = super().rows(table, order)
        for field in self._known(table):
            if pa.types.is_struct(field.type):
                texts = self._db.execute(f'SELECT "{field.name}" FROM "{table}" ORDER BY "{order}"').fetchall()
                for row, (text,) in zip(found, texts, strict=True):
                    if text is not None:
                        names = [member.name for member in field.type]
                        row[field.name] = dict(zip(names, json.loads(text).values(), strict=False))
        return found


class FirstChunk(SQLite):
    """Writes the first chunk of each column."""

    def _insert(self, tables: Sequence[TableBatch]) -> None:
        super()._insert([TableBatch(batch.table, _first_chunk(batch.rows)) for batch in tables])


class WholeBuffers(SQLite):
    """Writes what lies around a slice too."""

    def _insert(self, tables: Sequence[TableBatch]) -> None:
        super()._insert([TableBatch(batch.table, _from_start(batch.rows)) for batch in tables])


class WidenForgetsMember(SQLite):
    """Adds columns, but no members."""

    def widen(self, table: str, fields: Sequence[pa.Field]) -> None:
        super().widen(table, [field for field in fields if field.name not in self._known(table).names])


class WidenForgetsListMember(SQLite):
    """Adds columns and members, but no members in lists."""

    def widen(self, table: str, fields: Sequence[pa.Field]) -> None:
        names = self._known(table).names
        super().widen(table, [field for field in fields if field.name not in names or not pa.types.is_list(field.type)])


class WidenFirst(SQLite):
    """Adds one column at a time, and leaves the others for another time."""

    def widen(self, table: str, fields: Sequence[pa.Field]) -> None:
        super().widen(table, fields[:1])


class WidenEmpties(SQLite):
    """Makes the table anew."""

    def widen(self, table: str, fields: Sequence[pa.Field]) -> None:
        super().widen(table, fields)
        self._db.execute(f'DELETE FROM "{table}"')


class AllNullable(SQLite):
    """Describes every column as nullable."""

    def describe(self, table: str) -> pa.Schema | None:
        here = super().describe(table)
        return here and pa.schema([field.with_nullable(True) for field in here])


class InAlphabet(SQLite):
    """Describes columns in order of their names."""

    def describe(self, table: str) -> pa.Schema | None:
        here = super().describe(table)
        return here and pa.schema(sorted(here, key=lambda field: str(field.name)))


class SimilarNames(SQLite):
    """Looks for a table with a pattern."""

    def describe(self, table: str) -> pa.Schema | None:
        found = self._db.execute("SELECT name FROM tracker_schemas WHERE name LIKE ? ORDER BY name", [table]).fetchone()
        return super().describe(found[0] if found else table)


class RemembersTables(SQLite):
    """Describes a table as it was when it was first asked."""

    def describe(self, table: str) -> pa.Schema | None:
        kept: dict[str, pa.Schema | None] = self.__dict__.setdefault("_kept", {})
        if kept.get(table) is None:
            kept[table] = super().describe(table)
        return kept[table]

    def widen(self, table: str, fields: Sequence[pa.Field]) -> None:
        super().widen(table, fields)
        self.__dict__["_kept"] = {}


class BlamesRows(SQLite):
    """Says that the rows are bad when the table is."""

    def _insert(self, tables: Sequence[TableBatch]) -> None:
        try:
            super()._insert(tables)
        except SchemaMismatch as error:
            raise BadRows(str(error)) from error


class SurplusDropped(SQLite):
    """Leaves out columns that the table lacks."""

    def _insert(self, tables: Sequence[TableBatch]) -> None:
        kept = []
        for batch in tables:
            names = [name for name in batch.rows.column_names if name in self._known(batch.table).names]
            kept.append(TableBatch(batch.table, batch.rows.select(names)))
        super()._insert(kept)


class Unquoted(SQLite):
    """Knows no names that are words of SQL."""

    def create(self, table: str, schema: pa.Schema) -> None:
        with self._transaction():
            self._db.execute(f"CREATE TABLE {table}_ ({', '.join(schema.names)})")
            self._db.execute(f"DROP TABLE {table}_")
        super().create(table, schema)


class Modest(SQLite):
    """Not broken, but does without what a driver may do without: tells no cursor, and tries no rows."""

    _knows = False

    def append(self, tables: Sequence[TableBatch], cursor: Cursor) -> None:
        self._knows = True
        try:
            super().append(tables, cursor)
        finally:
            self._knows = False

    def cursor(self, partition: int) -> Cursor | None:
        return super().cursor(partition) if self._knows else None

    def check(self, tables: Sequence[TableBatch]) -> None:
        raise NotImplementedError


class ValuesChanged(SQLite):
    """Changes values on their way in; lists and structs are values too."""

    column: ClassVar[str] = ""
    change: ClassVar[Value]

    def _insert(self, tables: Sequence[TableBatch]) -> None:
        super()._insert([TableBatch(batch.table, self._changed(batch.rows)) for batch in tables])

    def _changed(self, rows: pa.Table) -> pa.Table:
        at = rows.schema.get_field_index(self.column)
        if at < 0:
            return rows
        changed = [type(self).change(value) for value in rows[self.column].to_pylist()]
        return rows.set_column(at, rows.schema.field(at), pa.array(changed, rows.schema.field(at).type))


def changing(column: str, change: Value) -> type[SQLite]:
    """A driver that changes the values of one column."""
    return type("Changing", (ValuesChanged,), {"column": column, "change": staticmethod(change)})


def _first_chunk(rows: pa.Table) -> pa.Table:
    columns = [column.chunk(0) if column.num_chunks else column for column in rows.columns]
    shortest = min(map(len, columns))
    return pa.table([column.slice(0, shortest) for column in columns], schema=rows.schema)


def _from_start(rows: pa.Table) -> pa.Table:
    """Text as it stands at the beginning of the memory, as if there were no offset."""
    columns = []
    for column in rows.columns:
        if column.num_chunks == 1 and column.type == pa.int64() and column.chunk(0).offset:
            chunk = column.chunk(0)
            columns.append(pa.Array.from_buffers(chunk.type, len(chunk), chunk.buffers()))
        else:
            columns.append(column)
    return pa.table(columns, schema=rows.schema)
