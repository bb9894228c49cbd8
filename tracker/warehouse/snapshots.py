"""Copies of DuckDB tables as Parquet files, one for each table and day, for tools that cannot ask the running tracker.

A file is called after what it holds, so that a day whose rows are other ones becomes another file, and a day that is
as it was is not written again. `snapshot_folder` shows them to readers. Rows are fetched as Arrow and written here:
DuckDB's own COPY gathers whole row groups of hundreds of columns, which are larger than the memory it may have.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tracker.clock import HOUR, Clock, SystemClock
from tracker.errors import Retry
from tracker.warehouse.driver import View
from tracker.warehouse.duckdb_types import quoted
from tracker.warehouse.snapshot_folder import SnapshotFolder, TableFiles

ROUND_SECONDS = 30.0
"""Longest look at one moment of the warehouse, but for the file under way: meanwhile its write-ahead log grows."""

_ROW_GROUP = 16_384
"""Rows fetched at a time, and of a row group: those of the DuckDB file. What is in memory is one of these."""

_FORMAT = 1
"""Part of each file's name: another number has all days written again."""

_MARKS = ("log_partition", "log_offset", "ingested_at", "schema_epoch")
"""What tells a table's rows apart from those that another computation of the same log would give."""


class PutOff(Retry):
    """A snapshot was told to stop. What readers see is as it was; files that are ready need not be written again."""


@dataclass(frozen=True, slots=True)
class _Day:
    """A day of a table as it is now."""

    table: str
    day: str
    file: str
    """Name of the file that holds exactly these rows."""


def write_snapshots(
    cursors: Callable[[], duckdb.DuckDBPyConnection],
    folder: Path,
    tables: Sequence[str],
    *,
    views: Sequence[View] = (),
    keep_replaced: int = HOUR,
    clock: Clock | None = None,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[int, int], None] = lambda done, total: None,
    round_seconds: float = ROUND_SECONDS,
) -> list[Path]:
    """Bring the copies of `tables` (days by `date_utc`) up to date; returns the files of days that are new or changed.

    `cursors` makes a connection to the warehouse, to be closed here. What readers see changes at once, to one moment
    of all tables; where that takes longer than `round_seconds`, in several steps, each another moment, newest days
    first. Tables that are not there, and copies of tables that are not named, are left alone. A replaced file stays
    for `keep_replaced` microseconds. `progress(done, total)` is told of the days of each step.

    Raises `Retry` when a file cannot be written, and `PutOff` soon after `stop()` has become true.
    """
    written: list[Path] = []
    with _errors(folder), SnapshotFolder(folder, keep_replaced, clock or SystemClock()).locked() as place:
        while True:
            ready, left = _round(cursors, place, tables, views, stop, round_seconds, progress)
            written += ready
            if not left:
                return written


def _round(
    cursors: Callable[[], duckdb.DuckDBPyConnection],
    place: SnapshotFolder,
    tables: Sequence[str],
    views: Sequence[View],
    stop: Callable[[], bool],
    seconds: float,
    progress: Callable[[int, int], None],
) -> tuple[list[Path], int]:
    """What was written and shown of one moment, and how many days are left."""
    until, written = time.monotonic() + seconds, set[_Day]()
    with closing(cursors()) as cursor, _one_moment(cursor):
        schemas = {table: schema for table in tables if (schema := _schema(cursor, table)) is not None}
        days = [day for table, schema in schemas.items() for day in _days(cursor, table, schema)]
        missing = [day for day in days if not place.has(day.table, day.file)]
        for day in sorted(missing, key=lambda day: day.day, reverse=True):
            if written and time.monotonic() >= until:
                break
            place.add(day.table, day.file, lambda path, day=day: _write(cursor, path, day, stop))  # type: ignore[misc]
            written.add(day)
            progress(len(written), len(missing))
    left = set(missing) - written
    for table, schema in schemas.items():
        place.set(TableFiles(table, schema, {d.day: d.file for d in days if d.table == table and d not in left}))
    changed = place.publish(views, keep={(day.table, day.day) for day in left})
    return changed, len(left)


def _schema(cursor: duckdb.DuckDBPyConnection, table: str) -> tuple[tuple[str, str], ...] | None:
    found = cursor.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = current_database() "
        "AND schema_name = 'main' AND table_name = ? ORDER BY column_index",
        [table],
    ).fetchall()
    return tuple((name, native) for name, native in found) or None


def _days(cursor: duckdb.DuckDBPyConnection, table: str, schema: Sequence[tuple[str, str]]) -> Iterator[_Day]:
    marks = ", ".join(quoted(name) for name in _MARKS)
    sql = f"SELECT date_utc, count(*), bit_xor(hash({marks})) FROM {quoted(table)} GROUP BY ALL ORDER BY ALL"  # noqa: S608
    for day, rows, mark in cursor.execute(sql).fetchall():
        held = blake2b(repr((_FORMAT, tuple(schema), rows, mark)).encode(), digest_size=8).hexdigest()
        yield _Day(table, day.isoformat(), f"{day.isoformat()}.{held}.parquet")


def _write(cursor: duckdb.DuckDBPyConnection, path: Path, day: _Day, stop: Callable[[], bool]) -> None:
    sql = f"FROM {quoted(day.table)} WHERE date_utc = DATE '{day.day}'"
    with (
        cursor.sql(sql).to_arrow_reader(_ROW_GROUP) as reader,
        pq.ParquetWriter(path, reader.schema, compression="zstd") as file,
    ):
        for batch in reader:
            if stop():
                raise PutOff(f"the snapshot in {path.parent} was put off: told to stop")
            file.write_batch(batch)


@contextmanager
def _one_moment(cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
    cursor.execute("BEGIN TRANSACTION READ ONLY")
    try:
        yield
    finally:
        cursor.execute("ROLLBACK")


@contextmanager
def _errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        raise Retry(f"the snapshot in {folder} was not finished: {error}") from error
