"""The SQL of ClickHouse tables, as text: what `create` and `widen` run, and what a migration shows."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from tracker.warehouse.change import Change, CreateTable, DropView, PutView, WidenTable
from tracker.warehouse.clickhouse_types import BYTES_COMMENT, quoted, to_clickhouse
from tracker.warehouse.evolve import IncompatibleTable, by_column, native_name

CURSOR_TABLE = "tracker_cursor"
"""The last plan of each partition that is here; the newest row of a partition counts."""
CURSOR_SCHEMA = pa.schema(
    [
        pa.field("partition", pa.int64(), nullable=False),
        pa.field("log_id", pa.string(), nullable=False),
        pa.field("plan", pa.int64(), nullable=False),
        pa.field("hits", pa.int64(), nullable=False),
    ]
)

_WORD = re.compile(r"\w+")
_MERGE_TREE = re.compile(r"(Replicated|Shared|)MergeTree(?:\((.*)\))?", re.DOTALL)

DEDUPLICATED_INSERTS = 10_000
"""How many of the last inserts of a table ClickHouse remembers, to know one that is sent again."""
REMEMBERED_SECONDS = 10 * 365 * 86_400
"""How long a replicated table remembers them: its own hour is less than a tracker may be away between two tables."""

COMPACT_BYTES = 512 << 20
"""Up to which size, before compression, all columns of a part share a file: one file a column, of hundreds, costs a
batch more than its rows do.
"""


@dataclass(frozen=True, slots=True)
class Storage:
    """Where and how tables are kept."""

    database: str
    cluster: str | None
    engine: str
    partition_by: str
    order_by: Sequence[str]
    enumerations: Collection[str]

    @property
    def on_cluster(self) -> str:
        """The clause that makes a statement one of the whole cluster; empty for a single server."""
        return f" ON CLUSTER {quoted(self.cluster)}" if self.cluster else ""


def create_table(
    storage: Storage, table: str, schema: pa.Schema, *, engine: str = "", order: Sequence[str] = ()
) -> str:
    """The statement that makes a table, with an engine and an order of its own where these are given.

    Ordering columns that the table lacks are left out.
    """
    columns = ",\n".join(f"  {_column(storage, field)}" for field in schema)
    order = order or [name for name in storage.order_by if name in schema.names] or _own_order(schema)
    days = storage.partition_by if _is_for(storage.partition_by, schema) else ""
    partition = f"PARTITION BY {days}\n" if days else ""
    return (
        f"CREATE TABLE IF NOT EXISTS {quoted(storage.database, table)}{storage.on_cluster} (\n{columns}\n)\n"
        f"ENGINE = {engine or storage.engine}\n"
        f"{partition}"
        f"ORDER BY ({', '.join(quoted(name) for name in order)})\n"
        f"SETTINGS {_settings(engine or storage.engine)}"
    )


def add_columns(storage: Storage, table: str, here: pa.Schema, fields: Sequence[pa.Field]) -> str:
    """The statement that adds columns, and members to structs that are there. Added columns may be null."""
    changes = [
        f"MODIFY COLUMN {_column(storage, field.with_nullable(here.field(field.name).nullable))}"
        if field.name in here.names
        else f"ADD COLUMN IF NOT EXISTS {_column(storage, field.with_nullable(True))}"
        for field in fields
    ]
    return f"ALTER TABLE {quoted(storage.database, table)}{storage.on_cluster}\n  " + ",\n  ".join(changes)


def create_database(storage: Storage) -> str:
    """The statement that makes the database of the tables."""
    return f"CREATE DATABASE IF NOT EXISTS {quoted(storage.database)}{storage.on_cluster}"


def cursor_table(storage: Storage) -> str:
    """The statement that makes the table of cursors."""
    engine = cursor_engine(storage.engine)
    return create_table(storage, CURSOR_TABLE, CURSOR_SCHEMA, engine=engine, order=("partition",))


def statements(storage: Storage, changes: Sequence[Change]) -> Iterator[str]:
    """What changes are in SQL. Each may be run twice. Views name tables as those of the database in use."""
    if any(isinstance(change, CreateTable) and change.table == CURSOR_TABLE for change in changes):
        yield create_database(storage)
    if any(isinstance(change, PutView) for change in changes):
        yield f"USE {quoted(storage.database)}"
    for change in changes:
        match change:
            case CreateTable(table, schema):
                yield cursor_table(storage) if table == CURSOR_TABLE else create_table(storage, table, schema)
            case WidenTable(table, here, fields):
                yield add_columns(storage, table, here, fields)
            case PutView():
                yield put_view(storage, change)
            case DropView(name):
                yield f"DROP VIEW IF EXISTS {quoted(storage.database, name)}{storage.on_cluster}"


def put_view(storage: Storage, put: PutView) -> str:
    """The statement that makes or replaces a view. `OR REPLACE` would replace even a table: only for what is ours."""
    verb = "CREATE OR REPLACE VIEW" if put.replaces else "CREATE VIEW IF NOT EXISTS"
    return (
        f"{verb} {quoted(storage.database, put.view.name)}{storage.on_cluster} AS\n"
        f"{put.view.sql.strip().rstrip(';')}\nCOMMENT {text(put.comment)}"
    )


def by_hand(storage: Storage, problem: IncompatibleTable) -> Iterator[str]:
    """What a person would run to mend what adding does not.

    Columns of the sorting key cannot be changed: then the table is copied.
    """
    table = quoted(storage.database, problem.table)
    keys = {*storage.order_by, *_WORD.findall(storage.partition_by)}
    found = by_column(problem.differences)
    if not keys.isdisjoint(found) and problem.here is not None and problem.wanted is not None:
        yield from _copy(storage, problem.table, problem.here, problem.wanted)
        return
    for column, differences in found.items():
        here, wanted = differences[0].here, differences[0].wanted
        kinds = {difference.kind for difference in differences}
        aside = f"{column}_old"
        if "view" in kinds:
            yield f"RENAME TABLE {table} TO {quoted(storage.database, aside)}{storage.on_cluster}"
        elif "type" in kinds and here is not None and wanted is not None:
            alter = f"ALTER TABLE {table}{storage.on_cluster}"
            yield f"{alter} RENAME COLUMN {quoted(column)} TO {quoted(aside)}"
            if not here.nullable:
                yield f"{alter} MODIFY COLUMN {quoted(aside)} Nullable({_native(here)})"
            yield f"{alter} ADD COLUMN {_column(storage, wanted.with_nullable(True))}"
            yield f"{alter} UPDATE {quoted(wanted.name)} = {_cast(quoted(aside), wanted)} WHERE true"
        elif kinds & {"null", "left over"} and here is not None:
            yield f"ALTER TABLE {table}{storage.on_cluster} MODIFY COLUMN {quoted(column)} Nullable({_native(here)})"


def text(value: str) -> str:
    """A piece of text as SQL has it."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def cursor_engine(engine: str) -> str:
    """The engine for cursors that belongs to an engine for rows: of each partition only the newest plan stays."""
    made = _MERGE_TREE.fullmatch(engine)
    kind, arguments = made.groups() if made else ("", None)
    return f"{kind}ReplacingMergeTree({', '.join([arguments, 'plan'] if arguments else ['plan'])})"


def _copy(storage: Storage, table: str, here: pa.Schema, wanted: pa.Schema) -> Iterator[str]:
    """A table beside it as it should be, its rows, and the exchange of both."""
    fresh = f"{table}_new"
    fields = [field for field in wanted if field.name in here.names]
    names = ", ".join(quoted(field.name) for field in fields)
    values = ", ".join(
        quoted(field.name) if here.field(field.name).type == field.type else _cast(quoted(field.name), field)
        for field in fields
    )
    old, new = quoted(storage.database, table), quoted(storage.database, fresh)
    yield create_table(storage, fresh, wanted)
    yield f"INSERT INTO {new} ({names}) SELECT {values} FROM {old}"  # noqa: S608
    yield f"EXCHANGE TABLES {old} AND {new}{storage.on_cluster}"


def _cast(value: str, field: pa.Field) -> str:
    """`value` as the type of a column; null where it is none and may be null."""
    native = _native(field)
    if not field.nullable or pa.types.is_nested(field.type):
        return f"CAST({value}, {text(native)})"
    return f"accurateCastOrNull({value}, {text(native)})"


def _native(field: pa.Field) -> str:
    """The type of a column's values, null aside."""
    if isinstance(field.type, pa.OpaqueType):
        return native_name(field.type)
    return to_clickhouse(pa.field(field.name, field.type, nullable=False))


def _column(storage: Storage, field: pa.Field) -> str:
    comment = f" COMMENT '{BYTES_COMMENT}'" if field.type == pa.binary() else ""
    return f"{quoted(field.name)} {to_clickhouse(field, storage.enumerations)}{comment}"


def _settings(engine: str) -> str:
    is_replicated = engine.startswith(("Replicated", "Shared"))
    window = (
        f"replicated_deduplication_window = {DEDUPLICATED_INSERTS}, "
        f"replicated_deduplication_window_seconds = {REMEMBERED_SECONDS}"
        if is_replicated
        else f"non_replicated_deduplication_window = {DEDUPLICATED_INSERTS}"
    )
    return f"{window}, min_bytes_for_wide_part = {COMPACT_BYTES}, allow_nullable_key = 1"


def _own_order(schema: pa.Schema) -> list[str]:
    """The leading columns that are never null: what tells the rows of a table of ours apart."""
    names: list[str] = []
    for field in schema:
        if field.nullable or len(names) == 3:
            break
        names.append(field.name)
    return names


def _is_for(expression: str, schema: pa.Schema) -> bool:
    """Whether a table has the column that `expression` speaks of."""
    return not set(_WORD.findall(expression)).isdisjoint(schema.names)
