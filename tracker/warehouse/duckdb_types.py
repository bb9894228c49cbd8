"""Arrow types as DuckDB writes them, and back. What stands here is what a column may be; nothing else is guessed at."""

from collections.abc import Sequence

import pyarrow as pa
from duckdb import CatalogException, DuckDBPyConnection
from duckdb.sqltypes import DuckDBPyType

from tracker.warehouse.driver import SchemaMismatch
from tracker.warehouse.evolve import unknown_type

_SCALARS: tuple[tuple[pa.DataType, str], ...] = (
    (pa.string(), "VARCHAR"),
    (pa.int64(), "BIGINT"),
    (pa.int32(), "INTEGER"),
    (pa.float64(), "DOUBLE"),
    (pa.bool_(), "BOOLEAN"),
    (pa.date32(), "DATE"),
    (pa.timestamp("us", "UTC"), "TIMESTAMP WITH TIME ZONE"),
    (pa.binary(), "BLOB"),
)
_TO_DUCKDB: dict[pa.DataType, str] = dict(_SCALARS)
_FROM_DUCKDB = {text: arrow for arrow, text in _SCALARS}


class UnsupportedType(SchemaMismatch):
    """A column has a type that no column of ours can have."""

    def __init__(self, column: str, type: object) -> None:
        super().__init__(column, str(type))
        self.column, self.type = column, str(type)

    def __str__(self) -> str:
        known = ", ".join(str(arrow) for arrow, _ in _SCALARS)
        return f"column {self.column} has type {self.type}; expected one of {known}, or lists and structs of them"


def quoted(*names: str) -> str:
    """An identifier for SQL text; several names are joined by dots."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def to_duckdb(column: str, type: pa.DataType) -> str:
    """The DuckDB type of an Arrow type, as SQL text. Raises `UnsupportedType`, naming `column`."""
    if type in _TO_DUCKDB:
        return _TO_DUCKDB[type]
    if pa.types.is_list(type):
        return to_duckdb(f"{column}[]", type.value_type) + "[]"
    if pa.types.is_struct(type) and type.num_fields:
        members = [f"{quoted(field.name)} {to_duckdb(f'{column}.{field.name}', field.type)}" for field in type]
        return f"STRUCT({', '.join(members)})"
    raise UnsupportedType(column, type)


def from_duckdb(column: str, type: DuckDBPyType) -> pa.DataType:
    """The Arrow type of a DuckDB type. Raises `UnsupportedType`, naming `column`."""
    if str(type) in _FROM_DUCKDB:
        return _FROM_DUCKDB[str(type)]
    if type.id == "list":
        return pa.list_(from_duckdb(f"{column}[]", dict(type.children)["child"]))
    if type.id == "struct":
        return pa.struct([pa.field(name, from_duckdb(f"{column}.{name}", member)) for name, member in type.children])
    raise UnsupportedType(column, type)


COLUMNS = (
    "SELECT column_name, data_type, is_nullable OR column_default IS NOT NULL FROM duckdb_columns() "
    "WHERE database_name = current_database() AND schema_name = 'main' AND lower(table_name) = '{table}' "
    "ORDER BY column_index"
)
"""Asks for name, type and nullability of a table's columns."""


def described(connection: DuckDBPyConnection, table: str) -> pa.Schema | None:
    """A table's columns as Arrow fields, in order, with nullability; None where there is no such table.

    A column that somebody gave a default to counts as nullable: rows need not have it.
    """
    return schema_of(connection.execute(COLUMNS.format(table=table.lower().replace("'", "''"))).fetchall())


def schema_of(rows: Sequence[tuple[str, str, bool]]) -> pa.Schema | None:
    """The answer to `COLUMNS` as a schema; None where there is no such table."""
    return pa.schema([pa.field(name, _arrow(name, native), nullable) for name, native, nullable in rows]) or None


def _arrow(column: str, native: str) -> pa.DataType:
    try:
        return from_duckdb(column, DuckDBPyType(native))
    except (UnsupportedType, CatalogException):  # not ours, or even a type that somebody named
        return unknown_type(native)


def readable(rows: pa.Table) -> pa.Table:
    """The same rows; columns of structs that DuckDB could not read are copied.

    It refuses structs below others that do not begin where their memory begins: those of a slice, or of a column whose
    chunks are cut differently from the chunks of others.
    """
    if not any(_has_struct(field.type) for field in rows.schema):
        return rows
    return pa.Table.from_batches(
        [
            pa.record_batch([_begun(values) for values in batch.columns], schema=rows.schema)
            for batch in rows.to_batches()
        ],
        rows.schema,
    )


def _begun(values: pa.Array) -> pa.Array:
    return values.take(pa.array(range(len(values)), pa.int64())) if _is_cut(values) else values


def _is_cut(values: pa.Array) -> bool:
    if pa.types.is_list(values.type):
        return _is_cut(values.values)
    return pa.types.is_struct(values.type) and (
        values.offset != 0 or any(_is_cut(values.field(number)) for number in range(values.type.num_fields))
    )


def _has_struct(kind: pa.DataType) -> bool:
    return pa.types.is_struct(kind) or (pa.types.is_list(kind) and _has_struct(kind.value_type))
