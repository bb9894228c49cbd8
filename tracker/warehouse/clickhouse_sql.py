"""The SQL of ClickHouse tables, as text: what `create` and `widen` run, and what a migration shows."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pyarrow as pa

from tracker.warehouse.clickhouse_types import BYTES_COMMENT, quoted, to_clickhouse

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


def cursor_engine(engine: str) -> str:
    """The engine for cursors that belongs to an engine for rows: of each partition only the newest plan stays."""
    made = _MERGE_TREE.fullmatch(engine)
    kind, arguments = made.groups() if made else ("", None)
    return f"{kind}ReplacingMergeTree({', '.join([arguments, 'plan'] if arguments else ['plan'])})"


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
