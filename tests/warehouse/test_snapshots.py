"""Parquet copies by day: whole, incremental, readable by any DuckDB while the tracker writes."""

import datetime as dt
from pathlib import Path

import duckdb
import pytest

from tracker.errors import Retry
from tracker.warehouse.duckdb_file import connect, cursor
from tracker.warehouse.snapshots import write_snapshots

DAY = dt.date(2026, 3, 1)


@pytest.fixture
def file(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    """A warehouse with two days of events."""
    made = connect(tmp_path / "t.duckdb", memory_limit=64 << 20, snapshots=tmp_path / "snapshots")
    made.execute("CREATE TABLE events (date_utc DATE, timestamp_utc TIMESTAMPTZ, log_offset BIGINT, name VARCHAR)")
    add(made, 0, 1, 2, day=DAY)
    add(made, 3, day=DAY + dt.timedelta(1))
    return made


def add(file: duckdb.DuckDBPyConnection, *offsets: int, day: dt.date) -> None:
    """Events of one day."""
    for offset in offsets:
        file.execute("INSERT INTO events VALUES (?, ?::DATE, ?, 'ü')", [day, day, offset])


def test_each_day_is_a_file(file: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """With a view beside them that another DuckDB can open."""
    folder = tmp_path / "snapshots"
    names = [path.name for path in write_snapshots(lambda: cursor(file), folder, "events")]
    assert names == ["events-2026-03-01.parquet", "events-2026-03-02.parquet"]
    assert sorted(path.name for path in folder.iterdir()) == [*names, "open.sql"]
    script = (folder / "open.sql").read_text().replace("'events-", f"'{folder}/events-")
    with duckdb.connect() as other:
        other.execute(script)
        assert other.execute("SELECT count(*), min(name) FROM events").fetchall() == [(4, "ü")]


def test_only_changed_days_are_written_again(file: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """A late event renews its own day."""
    folder = tmp_path / "snapshots"
    write_snapshots(lambda: cursor(file), folder, "events")
    assert write_snapshots(lambda: cursor(file), folder, "events") == []
    add(file, 4, day=DAY)
    assert [path.name for path in write_snapshots(lambda: cursor(file), folder, "events")] == [
        "events-2026-03-01.parquet"
    ]


def test_a_folder_outside_is_refused(file: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """The file may only write where it was told when it was opened."""
    with pytest.raises(Retry, match="was not finished"):
        write_snapshots(lambda: cursor(file), tmp_path / "elsewhere", "events")
