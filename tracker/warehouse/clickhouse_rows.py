"""Rows on their way to ClickHouse: which go together, which columns of them, and whether it could hold them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from tracker.warehouse.driver import BadRows, TableBatch

MONTHS_AT_ONCE = 100
"""Most monthly partitions of one insert; ClickHouse refuses more (`max_partitions_per_insert_block`)."""
_FIRST_TIME = int(datetime(1900, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
_LAST_TIME = int(datetime(2299, 12, 31, tzinfo=UTC).timestamp()) * 1_000_000


def check_times(tables: Sequence[TableBatch]) -> None:
    """Raise `BadRows` for times that ClickHouse cannot hold; it would wrap them silently."""
    for batch in tables:
        for field in batch.rows.schema:
            if pa.types.is_timestamp(field.type):
                times = batch.rows[field.name].drop_null().cast(pa.int64()).to_numpy()
                if len(times) and (times.min() < _FIRST_TIME or times.max() >= _LAST_TIME):
                    raise BadRows(f"{batch.table}.{field.name}: a time is outside of the years 1900 to 2299")


def check_nulls(tables: Sequence[TableBatch], here: Mapping[str, pa.Schema]) -> None:
    """Raise `BadRows` for nulls where there may be none: ClickHouse finds them when the tables before are written."""
    for batch in tables:
        for field in here[batch.table]:
            if not field.nullable and batch.rows[field.name].null_count:
                raise BadRows(f"{batch.table}.{field.name}: null in a column that is never null")


def parts(rows: pa.Table, partition_by: str) -> Iterator[tuple[str, pa.Table]]:
    """The rows of one insert each, with a name that depends on nothing but their months.

    So a plan that is sent again, perhaps without a row that was refused, has the same parts by the same names.
    """
    day = by_month(partition_by, rows.schema)
    if not day or not rows.num_rows:
        yield "0", rows
        return
    months = rows[day].cast(pa.date32()).to_numpy().astype("datetime64[M]").astype(np.int64)
    groups = months // MONTHS_AT_ONCE
    for group in np.unique(groups).tolist():
        yield str(group), rows.filter(pa.array(groups == group))


def filled_columns(rows: pa.Table, here: pa.Schema) -> pa.Table:
    """Without the columns that are null in every row and may be: most are, and leaving them out saves a third."""
    named = [
        name
        for name in rows.schema.names
        if rows[name].null_count < rows.num_rows or not here.field(name).nullable or here.field(name).metadata
    ]
    return rows.select(named) if named else rows


def by_month(partition_by: str, schema: pa.Schema) -> str:
    """The column whose months are the partitions; empty where partitions are something else."""
    return next((name for name in schema.names if partition_by == f"toYYYYMM({name})"), "")


def arrow_file(rows: pa.Table, compression: str | None) -> bytes:
    """The rows in Arrow's file format. As bytes they go behind the statement: 300 columns make no address of a URL."""
    rows = pa.table([without_null_structs(column) for column in rows.columns], names=rows.schema.names)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, rows.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(rows)
    return bytes(sink.getvalue().to_pybytes())


def without_null_structs(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A null struct as one of nulls: ClickHouse has no null structs, and refuses a column with one."""
    if not _has_structs(column.type):
        return column
    return pa.chunked_array([_filled(chunk) for chunk in column.chunks], column.type)


def _has_structs(kind: pa.DataType) -> bool:
    return pa.types.is_struct(kind) or (pa.types.is_list(kind) and _has_structs(kind.value_type))


def _filled(values: pa.Array) -> pa.Array:
    if pa.types.is_struct(values.type):
        return pa.StructArray.from_arrays([_filled(member) for member in values.flatten()], fields=list(values.type))
    if not _has_structs(values.type):
        return values
    sizes = values.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    offsets = pa.array(np.concatenate([[0], np.cumsum(sizes)]), pa.int32())
    return pa.ListArray.from_arrays(offsets, _filled(values.flatten()), type=values.type)
