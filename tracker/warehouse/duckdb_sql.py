"""The SQL that changes a DuckDB file's tables and views, as text: what the driver runs, and what a migration shows."""

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa

from tracker.warehouse.change import Change, CreateTable, DropView, PutView, Relation, WidenTable
from tracker.warehouse.duckdb_types import quoted, to_duckdb
from tracker.warehouse.evolve import IncompatibleTable, added_members, by_column

RELATIONS = (
    "SELECT table_name, 'table', coalesce(comment, '') FROM duckdb_tables() "
    "WHERE database_name = current_database() AND schema_name = 'main' "
    "UNION ALL SELECT view_name, 'view', coalesce(comment, '') FROM duckdb_views() "
    "WHERE database_name = current_database() AND schema_name = 'main' AND NOT internal"
)
"""Asks for name, kind and comment of tables and views."""


def relations_of(rows: Sequence[tuple[str, str, str]]) -> Mapping[str, Relation]:
    """The answer to `RELATIONS`. Names are lower-case: DuckDB compares them without case."""
    return {name.lower(): Relation("view" if kind == "view" else "table", comment) for name, kind, comment in rows}


def statements(change: Change) -> Iterator[str]:
    """What a change is in SQL. Additions that are there already are passed over."""
    match change:
        case CreateTable(table, schema):
            columns = ",\n".join(f"  {_column(field)}" for field in schema)
            yield f"CREATE TABLE IF NOT EXISTS {quoted(table)} (\n{columns}\n)"
        case WidenTable(table, here, fields):
            for field in fields:
                for path, added in _additions(here, field):
                    column = f"{quoted(*path)} {to_duckdb('.'.join(path), added)}"
                    yield f"ALTER TABLE {quoted(table)} ADD COLUMN IF NOT EXISTS {column}"
        case PutView(view, _, replaces):
            verb = "CREATE OR REPLACE VIEW" if replaces else "CREATE VIEW IF NOT EXISTS"
            yield f"{verb} {quoted(view.name)} AS\n{view.sql.strip().rstrip(';')}"
            yield f"COMMENT ON VIEW {quoted(view.name)} IS {text(change.comment)}"
        case DropView(name):
            yield f"DROP VIEW IF EXISTS {quoted(name)}"


def by_hand(problem: IncompatibleTable) -> Iterator[str]:
    """What a person would run to mend what adding does not."""
    table = quoted(problem.table)
    for column, found in by_column(problem.differences).items():
        here, wanted = found[0].here, found[0].wanted
        kinds = {difference.kind for difference in found}
        aside = f"{column}_old"
        if "view" in kinds:
            yield f"ALTER VIEW {quoted(column)} RENAME TO {quoted(aside)}"
        elif "type" in kinds and here is not None and wanted is not None:
            yield f"ALTER TABLE {table} RENAME COLUMN {quoted(column)} TO {quoted(aside)}"
            if not here.nullable:
                yield f"ALTER TABLE {table} ALTER COLUMN {quoted(aside)} DROP NOT NULL"
            native = to_duckdb(wanted.name, wanted.type)
            yield f"ALTER TABLE {table} ADD COLUMN {quoted(wanted.name)} {native}"
            yield f"UPDATE {table} SET {quoted(wanted.name)} = TRY_CAST({quoted(aside)} AS {native})"  # noqa: S608
        elif kinds & {"null", "left over"}:
            yield f"ALTER TABLE {table} ALTER COLUMN {quoted(column)} DROP NOT NULL"


def text(value: str) -> str:
    """A piece of text as SQL has it."""
    return "'" + value.replace("'", "''") + "'"


def _column(field: pa.Field) -> str:
    return f"{quoted(field.name)} {to_duckdb(field.name, field.type)}{'' if field.nullable else ' NOT NULL'}"


def _additions(here: pa.Schema, field: pa.Field) -> list[tuple[tuple[str, ...], pa.DataType]]:
    if field.name not in here.names:
        return [((field.name,), field.type)]
    return list(added_members(here.field(field.name).type, field.type, (field.name,)))
