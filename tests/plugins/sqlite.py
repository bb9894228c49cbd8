"""A warehouse in one SQLite file. Lists and structs are stored as JSON; each table's Arrow schema stands beside it."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from tracker.errors import Broken, Retry
from tracker.hookspecs import hookimpl
from tracker.model import Cursor
from tracker.warehouse.driver import BadRows, Driver, DriverSettings, SchemaMismatch, TableBatch
from tracker.warehouse.evolve import require


class SQLiteSettings(DriverSettings):
    """A SQLite file: `[warehouse.sinks.NAME]` with `driver = "sqlite"`."""

    path: Path = Path("tracker.sqlite")
    """The file, relative to the data folder."""


class SQLite(Driver):
    """Rows and cursor go into one transaction, so a plan is there once or not at all."""

    name: ClassVar[str] = "sqlite"
    Settings: ClassVar[type[DriverSettings]] = SQLiteSettings

    def open(self) -> None:
        """Open or create the file; `Retry` while another process has it locked."""
        path = self.data / self.settings.path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._errors():
            self._db = sqlite3.connect(path, isolation_level=None, timeout=1)
            self._db.execute("PRAGMA journal_mode = WAL")  # readers and the writer do not wait for each other
        with self._transaction():
            self._db.execute("CREATE TABLE IF NOT EXISTS tracker_schemas (name TEXT PRIMARY KEY, arrow BLOB NOT NULL)")
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS tracker_cursor"
                " (part INTEGER PRIMARY KEY, log_id TEXT NOT NULL, plan INTEGER NOT NULL, hits INTEGER NOT NULL)"
            )

    def close(self) -> None:
        """Close the file, if it was opened."""
        if hasattr(self, "_db"):
            self._db.close()

    def describe(self, table: str) -> pa.Schema | None:
        """The schema that was kept when the table was made or widened, but for what somebody has changed since."""
        found = self._db.execute("SELECT arrow FROM tracker_schemas WHERE name = ?", [table]).fetchone()
        kept = {field.name: field for field in pa.ipc.read_schema(pa.py_buffer(found[0]))} if found else {}
        columns = self._db.execute(
            'SELECT name, type, "notnull" AND dflt_value IS NULL FROM pragma_table_info(?)', [table]
        ).fetchall()
        fields = [_described(kept.get(name), name, native, bool(required)) for name, native, required in columns]
        return pa.schema(fields) if fields else None

    def create(self, table: str, schema: pa.Schema) -> None:
        """Make the table and keep its schema."""
        columns = ", ".join(_declared(field) for field in schema)
        with self._transaction():
            self._db.execute(f"CREATE TABLE {_quoted(table)} ({columns}) STRICT")
            self._keep(table, schema)

    def widen(self, table: str, fields: Sequence[pa.Field]) -> None:
        """Add columns. A struct that gained members is JSON as before; only its schema changes."""
        schema = self._known(table)
        with self._transaction():
            for field in fields:
                if field.name in schema.names:
                    schema = schema.set(schema.get_field_index(field.name), field)
                else:
                    self._db.execute(f"ALTER TABLE {_quoted(table)} ADD COLUMN {_declared(field)}")
                    schema = schema.append(field)
            self._keep(table, schema)

    def append(self, tables: Sequence[TableBatch], cursor: Cursor) -> None:
        """Write all rows and the cursor, unless this plan is already here."""
        with self._transaction():
            here = self.cursor(cursor.partition)
            if here is not None and here.log_id != cursor.log_id:
                raise Broken(f"{self.settings.path} follows log {here.log_id}, and this is log {cursor.log_id}")
            if here is not None and here.plan >= cursor.plan:
                return
            self._insert(tables)
            self._db.execute(
                "INSERT OR REPLACE INTO tracker_cursor VALUES (?, ?, ?, ?)",
                [cursor.partition, cursor.log_id, cursor.plan, cursor.hits],
            )

    def check(self, tables: Sequence[TableBatch]) -> None:
        """Write the rows and take them back."""
        self._db.execute("BEGIN")
        try:
            self._insert(tables)
        finally:
            self._db.execute("ROLLBACK")

    def cursor(self, partition: int) -> Cursor | None:
        """The last plan of the partition that is in the file."""
        found = self._db.execute("SELECT log_id, part, plan, hits FROM tracker_cursor WHERE part = ?", [partition])
        return next((Cursor(*row) for row in found), None)

    def rows(self, table: str, order: str) -> list[dict[str, Any]]:
        """Every row of a table as it went in: for tests and small exports."""
        schema = self._known(table)
        names = ", ".join(_quoted(name) for name in schema.names)
        found = self._db.execute(f"SELECT {names} FROM {_quoted(table)} ORDER BY {_quoted(order)}").fetchall()
        columns = [_read(values, field.type) for field, values in zip(schema, zip(*found, strict=True), strict=False)]
        return [dict(zip(schema.names, row, strict=True)) for row in zip(*columns, strict=True)]

    def _insert(self, tables: Sequence[TableBatch]) -> None:
        for batch in tables:
            rows = batch.rows
            require(batch.table, self.describe(batch.table), rows.schema)
            names = ", ".join(_quoted(name) for name in rows.column_names)
            marks = ", ".join("?" * rows.num_columns)
            columns = [[_written(value) for value in column.to_pylist()] for column in rows.columns]
            try:
                self._db.executemany(
                    f"INSERT INTO {_quoted(batch.table)} ({names}) VALUES ({marks})", zip(*columns, strict=True)
                )
            except (sqlite3.IntegrityError, sqlite3.DataError, OverflowError, UnicodeEncodeError) as error:
                raise BadRows(f"table {batch.table}: {error}") from error

    def _known(self, table: str) -> pa.Schema:
        schema = self.describe(table)
        if schema is None:
            raise SchemaMismatch(f"there is no table {table}")
        return schema

    def _keep(self, table: str, schema: pa.Schema) -> None:
        blob = schema.serialize().to_pybytes()
        self._db.execute("INSERT OR REPLACE INTO tracker_schemas VALUES (?, ?)", [table, blob])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing."""
        with self._errors():
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """A lock that another process holds, or a full disk, is `Retry`."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise Retry(f"{self.settings.path}: {error}") from error


_TYPES = {pa.int64(): "INTEGER", pa.bool_(): "INTEGER", pa.float64(): "REAL", pa.binary(): "BLOB"}


_FIELDS = {native: kind for kind, native in reversed(_TYPES.items())}


def _declared(field: pa.Field) -> str:
    """A column as SQLite is told of it. Whatever is no number is text: times in ISO 8601, lists and structs as JSON."""
    return f"{_quoted(field.name)} {_native(field)}{'' if field.nullable else ' NOT NULL'}"


def _described(kept: pa.Field | None, name: str, native: str, required: bool) -> pa.Field:
    """A column as an Arrow field: the one that was kept, if SQLite was told of the same."""
    if kept is not None and (_native(kept), not kept.nullable) == (native, required):
        return kept
    return pa.field(name, _FIELDS.get(native, pa.string()), nullable=not required)


def _native(field: pa.Field) -> str:
    return _TYPES.get(field.type, "TEXT")


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def _read(values: Sequence[Any], kind: pa.DataType) -> list[Any]:
    read = _reader(kind)
    found: list[Any] = pa.array([None if value is None else read(value) for value in values], kind).to_pylist()
    return found


def _reader(kind: pa.DataType) -> Callable[[Any], Any]:
    if pa.types.is_nested(kind):
        return json.loads
    if pa.types.is_timestamp(kind):
        return datetime.fromisoformat
    if pa.types.is_date(kind):
        return date.fromisoformat
    return bool if pa.types.is_boolean(kind) else lambda value: value


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@hookimpl
def tracker_drivers() -> Sequence[type[Driver]]:
    """The driver named `sqlite`."""
    return [SQLite]
