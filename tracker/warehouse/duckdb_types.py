"""Arrow types as DuckDB writes them, and back. What stands here is what a column may be; nothing else is guessed at."""

import pyarrow as pa
from duckdb import DuckDBPyConnection
from duckdb.sqltypes import DuckDBPyType

from tracker.warehouse.driver import SchemaMismatch

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


def described(connection: DuckDBPyConnection, table: str) -> pa.Schema | None:
    """A table's columns as Arrow fields, in order, with nullability; None where there is no such table."""
    nullable = dict(
        connection.execute(
            "SELECT column_name, is_nullable FROM duckdb_columns() "
            "WHERE database_name = current_database() AND schema_name = 'main' AND table_name = ?",
            [table],
        ).fetchall()
    )
    if not nullable:
        return None
    relation = connection.sql(f"SELECT * FROM {quoted('main', table)} LIMIT 0")  # noqa: S608 - the name is quoted
    return pa.schema(
        [
            pa.field(name, from_duckdb(name, native), nullable[name])
            for name, native in zip(relation.columns, relation.types, strict=True)
        ]
    )
