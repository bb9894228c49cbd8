"""Parquet copies by day: what is written again, what readers see, and what is left when something fails."""

import datetime as dt
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from tracker.clock import HOUR
from tracker.errors import Retry
from tracker.testing import FakeClock
from tracker.warehouse.driver import View
from tracker.warehouse.duckdb_file import connect, cursor
from tracker.warehouse.snapshots import PutOff, write_snapshots

FIRST, SECOND = dt.date(2026, 3, 1), dt.date(2026, 3, 2)
COLUMNS = (
    "date_utc DATE, session_id VARCHAR, log_partition BIGINT, log_offset BIGINT, ingested_at TIMESTAMPTZ, "
    "schema_epoch BIGINT, name VARCHAR, tags VARCHAR[]"
)
Write = Callable[..., list[str]]


@pytest.fixture
def file(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in the split layout, with events on two days and one session."""
    made = connect(tmp_path / "t.duckdb", memory_limit=64 << 20)
    for table in ("events", "sessions"):
        made.execute(f"CREATE TABLE {table} ({COLUMNS})")
    add(made, 0, 1, 2, day=FIRST)
    add(made, 3, day=SECOND)
    add(made, 0, day=FIRST, table="sessions")
    yield made
    made.close()


@pytest.fixture
def clock() -> FakeClock:
    """A clock that tests move."""
    return FakeClock()


@pytest.fixture
def write(file: duckdb.DuckDBPyConnection, tmp_path: Path, clock: FakeClock) -> Write:
    """Brings the copies of `events` up to date, and returns their names."""

    def write(*tables: str, **more: Any) -> list[str]:
        folder = tmp_path / "snapshots"
        written = write_snapshots(lambda: cursor(file), folder, tables or ["events"], clock=clock, **more)
        return [str(path.relative_to(folder)) for path in written]

    return write


def add(file: duckdb.DuckDBPyConnection, *offsets: int, day: dt.date, table: str = "events", epoch: int = 1) -> None:
    """Rows of one day."""
    for offset in offsets:
        file.execute(f"INSERT INTO {table} VALUES (?, 's1', 0, ?, ?::DATE, ?, 'ü', ['a'])", [day, offset, day, epoch])


def ask(folder: Path, sql: str, before: str = "") -> list[tuple[Any, ...]]:
    """What another DuckDB answers after running `open.sql`."""
    with duckdb.connect() as other:
        other.execute(before)
        other.execute((folder / "open.sql").read_text())
        rows: list[tuple[Any, ...]] = other.execute(sql).fetchall()
        return rows


def versions(folder: Path, table: str = "events") -> list[str]:
    """The days of all files that are kept."""
    return sorted(path.name[:10] for path in (folder / "_versions" / table).iterdir())


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process may grow beyond a kilobyte."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_each_day_is_a_file(write: Write, tmp_path: Path) -> None:
    """With a name of its own, for readers of Parquet files."""
    assert sorted(write()) == ["events/2026-03-01.parquet", "events/2026-03-02.parquet"]
    assert pq.read_table(tmp_path / "snapshots" / "events")["log_offset"].to_pylist() == [0, 1, 2, 3]


def test_any_duckdb_reads_them(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From any working directory, with the table's own types."""
    write()
    monkeypatch.chdir("/")
    found = ask(tmp_path / "snapshots", "SELECT count(*), min(name), min(tags), min(ingested_at)::VARCHAR FROM events")
    assert found == [(4, "ü", ["a"], "2026-03-01 00:00:00+00")]


def test_the_folder_may_have_moved(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As into a container: a variable says where it is, or one works in it."""
    write()
    moved = (tmp_path / "snapshots").rename(tmp_path / "it's elsewhere")
    monkeypatch.chdir("/")
    place = str(moved).replace("'", "''")
    assert ask(moved, "SELECT count(*) FROM events", f"SET VARIABLE snapshots = '{place}'") == [(4,)]
    monkeypatch.chdir(moved)
    assert ask(moved, "SELECT count(*) FROM events") == [(4,)]


def test_an_empty_table_is_an_empty_view(file: duckdb.DuckDBPyConnection, write: Write, tmp_path: Path) -> None:
    """With the types of its columns, so that questions work before the first event."""
    file.execute("DELETE FROM events")
    assert write() == []
    folder = tmp_path / "snapshots"
    assert ask(folder, "SELECT count(*), sum(len(tags)), max(log_offset + 1) FROM events") == [(0, None, None)]


def test_both_tables_of_the_split_layout(write: Write, tmp_path: Path) -> None:
    """They join, and a ready view works on top of them."""
    views = [
        View("names", "One row a name.\nA sentence.", "SELECT e.name FROM events e JOIN sessions USING (session_id);")
    ]
    assert write("events", "sessions", views=views)[-1] == "sessions/2026-03-01.parquet"
    assert ask(tmp_path / "snapshots", "FROM names") == [("ü",)] * 4


def test_a_table_that_is_not_there_is_left_out(write: Write, tmp_path: Path) -> None:
    """The others are copied."""
    assert len(write("nothing", "events")) == 2


def test_only_changed_days_are_written_again(file: duckdb.DuckDBPyConnection, write: Write) -> None:
    """A late event renews its own day."""
    write()
    assert write() == []
    add(file, 4, day=FIRST)
    assert write() == ["events/2026-03-01.parquet"]


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM events WHERE log_offset = 1; INSERT INTO events SELECT * REPLACE (9 AS log_offset) FROM events "
        "WHERE log_offset = 0",
        "UPDATE events SET schema_epoch = 2 WHERE log_offset = 1",
        "UPDATE events SET ingested_at = ingested_at + INTERVAL 1 DAY WHERE log_offset = 1",
    ],
)
def test_as_many_rows_may_be_other_rows(file: duckdb.DuckDBPyConnection, write: Write, change: str) -> None:
    """As after a rebuild: other events, or the same ones computed anew."""
    write()
    file.execute(change)
    assert write() == ["events/2026-03-01.parquet"]


def test_a_new_column_renews_every_day(file: duckdb.DuckDBPyConnection, write: Write, tmp_path: Path) -> None:
    """So that all files of a table have the same columns."""
    write()
    file.execute("ALTER TABLE events ADD COLUMN colour VARCHAR")
    assert len(write()) == 2
    assert "colour" in pq.read_schema(tmp_path / "snapshots" / "events" / "2026-03-01.parquet").names


def test_a_day_that_is_gone_is_removed(file: duckdb.DuckDBPyConnection, write: Write, tmp_path: Path) -> None:
    """As after a rebuild with another filter."""
    write()
    file.execute("DELETE FROM events WHERE log_offset = 3")
    assert write() == []
    folder = tmp_path / "snapshots"
    assert [path.name for path in (folder / "events").iterdir()] == ["2026-03-01.parquet"]
    assert ask(folder, "SELECT count(*) FROM events") == [(3,)]


def test_a_replaced_file_stays_for_its_readers(
    file: duckdb.DuckDBPyConnection, write: Write, clock: FakeClock, tmp_path: Path
) -> None:
    """Whoever ran the old `open.sql` sees the old rows until `keep_replaced` is over, counted from the replacement."""
    folder = tmp_path / "snapshots"
    write()
    old = (folder / "open.sql").read_text()
    clock.move(5 * HOUR)
    add(file, 4, day=FIRST)
    write()
    clock.move(HOUR - 1)
    write()
    with duckdb.connect() as reader:
        reader.execute(old)
        assert reader.execute("SELECT count(*) FROM events").fetchall() == [(4,)]
    clock.move(1)
    write()
    assert versions(folder) == ["2026-03-01", "2026-03-02"]


def test_rows_that_come_back_are_not_written_again(
    file: duckdb.DuckDBPyConnection, write: Write, clock: FakeClock, tmp_path: Path
) -> None:
    """A version that was replaced and is current again does not go away when its time is over."""
    write()
    file.execute("UPDATE events SET schema_epoch = 2 WHERE log_offset = 3")
    write()
    file.execute("UPDATE events SET schema_epoch = 1 WHERE log_offset = 3")
    assert write() == ["events/2026-03-02.parquet"]
    clock.move(2 * HOUR)
    write()
    write()
    assert ask(tmp_path / "snapshots", "SELECT count(*) FROM events") == [(4,)]


def test_a_long_snapshot_is_shown_in_steps(write: Write, tmp_path: Path) -> None:
    """Newest days first; each step looks at the warehouse anew, so that nothing waits for all of it."""
    seen: list[list[str]] = []
    folder = tmp_path / "snapshots" / "events"

    def note(done: int, total: int) -> None:
        seen.append(sorted(path.stem for path in folder.glob("*.parquet")))

    assert write(round_seconds=0.0, progress=note) == ["events/2026-03-02.parquet", "events/2026-03-01.parquet"]
    assert seen == [[], ["2026-03-02"]]


def test_a_step_shows_other_days_as_before(file: duckdb.DuckDBPyConnection, write: Write, tmp_path: Path) -> None:
    """A day that changed and is not written yet does not disappear."""
    write()
    add(file, 4, day=FIRST)
    add(file, 5, day=SECOND)
    counts: list[Any] = []
    folder = tmp_path / "snapshots"

    def note(done: int, total: int) -> None:
        counts.append(ask(folder, "SELECT count(*) FROM events"))

    write(round_seconds=0.0, progress=note)
    assert counts == [[(4,)], [(5,)]]
    assert ask(folder, "SELECT count(*) FROM events") == [(6,)]


def test_a_stop_leaves_all_as_it_was(file: duckdb.DuckDBPyConnection, write: Write, tmp_path: Path) -> None:
    """No file is cut in the middle, and nothing unfinished stays."""
    write()
    add(file, 4, day=FIRST)
    with pytest.raises(PutOff):
        write(stop=lambda: True)
    folder = tmp_path / "snapshots"
    assert ask(folder, "SELECT count(*) FROM events") == [(4,)]
    assert not list(folder.rglob("*.tmp"))


def test_what_a_crash_left_is_removed(write: Write, tmp_path: Path) -> None:
    """Half a file under its temporary name is no file."""
    half = tmp_path / "snapshots" / "_versions" / "unfinished.tmp"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"PAR1")
    assert len(write()) == 2
    assert not half.exists()


def test_a_full_disk_leaves_all_as_it_was(file: duckdb.DuckDBPyConnection, write: Write, tmp_path: Path) -> None:
    """It is said, and the next time goes on."""
    write()
    add(file, 4, day=FIRST)
    with full_disk(), pytest.raises(Retry, match="was not finished"):
        write()
    folder = tmp_path / "snapshots"
    assert ask(folder, "SELECT count(*) FROM events") == [(4,)]
    assert write() == ["events/2026-03-01.parquet"]
    assert ask(folder, "SELECT count(*) FROM events") == [(5,)]


def test_without_hard_links_files_are_copied(
    file: duckdb.DuckDBPyConnection, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on some network and desktop file systems."""

    def refuse(path: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    assert len(write()) == 2
    assert write() == []
    assert pq.read_table(tmp_path / "snapshots" / "events").num_rows == 4
