"""Copies of a DuckDB table as Parquet files, one per day, for tools that cannot ask the running tracker.

Each file is written under a temporary name and renamed, so that whoever reads the folder sees whole days only.
"""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from tracker.errors import Retry

OPEN_SQL = "open.sql"
"""Beside the files: what makes a view of them in any DuckDB."""


def write_snapshots(cursors: Callable[[], duckdb.DuckDBPyConnection], folder: Path, table: str) -> list[Path]:
    """Write every day of `table` (by `date_utc`) whose rows changed in number since its file; returns the new files.

    `cursors` makes a connection to the warehouse, to be closed here; one read-only transaction sees all days at once.
    Raises `Retry` when a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    cursor = cursors()
    written = []
    try:
        cursor.execute("BEGIN TRANSACTION READ ONLY")
        for day, rows in _days(cursor, table):
            path = folder / f"{table}-{day.isoformat()}.parquet"
            if _rows_in(path) != rows:
                _write(cursor, path, table, day)
                written.append(path)
    except (duckdb.Error, OSError) as error:
        raise Retry(f"the snapshot in {folder} was not finished: {error}") from error
    finally:
        cursor.execute("ROLLBACK")
        cursor.close()
    _write_open_sql(folder, table)
    return written


def _days(cursor: duckdb.DuckDBPyConnection, table: str) -> Iterator[tuple[date, int]]:
    sql = f'SELECT date_utc, count(*) AS rows FROM "{table}" GROUP BY ALL ORDER BY ALL'  # noqa: S608 - a checked name
    counts = cursor.sql(sql).to_arrow_table()
    yield from zip(counts["date_utc"].to_pylist(), counts["rows"].to_pylist(), strict=True)


def _rows_in(path: Path) -> int:
    return int(pq.read_metadata(path).num_rows) if path.exists() else -1


def _write(cursor: duckdb.DuckDBPyConnection, path: Path, table: str, day: date) -> None:
    temporary = path.with_suffix(".tmp")
    rows = f"FROM \"{table}\" WHERE date_utc = DATE '{day.isoformat()}' ORDER BY timestamp_utc, log_offset"
    target = str(temporary.resolve()).replace("'", "''")
    cursor.execute(f"COPY ({rows}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
    temporary.replace(path)


def _write_open_sql(folder: Path, table: str) -> None:
    text = (
        "-- In this folder: duckdb -init open.sql\n"
        "SET TimeZone = 'UTC';\n"
        f"CREATE OR REPLACE VIEW {table} AS FROM read_parquet('{table}-*.parquet', union_by_name = true);\n"
    )
    temporary = folder / f"{OPEN_SQL}.tmp"
    temporary.write_text(text)
    temporary.replace(folder / OPEN_SQL)
