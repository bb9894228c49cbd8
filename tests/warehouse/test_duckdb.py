"""What DuckDB does beyond the contract: who may open the file, what a crash or a full disk leaves, what is locked."""

import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from pydantic import ValidationError

from tracker.config import SqlSettings
from tracker.errors import Broken, Misconfigured, Reject, Retry
from tracker.model import Cursor
from tracker.warehouse.driver import BadRows, TableBatch
from tracker.warehouse.duckdb import DuckDB, DuckDBSettings

SCHEMA = pa.schema([("n", pa.int64()), ("text", pa.string())])

WRITE_FOR_EVER = """
import sys, pathlib, pyarrow as pa
from tracker.model import Cursor
from tracker.warehouse.driver import TableBatch
from tracker.warehouse.duckdb import DuckDB, DuckDBSettings
driver = DuckDB(DuckDBSettings(checkpoint_threshold="200KB"), pathlib.Path(sys.argv[1]))
driver.open()
for plan in range(1, 1_000_000):
    driver.append([TableBatch("events", pa.table({"n": range(300)}))], Cursor("log", 0, plan, 300 * plan))
    print(plan, flush=True)
"""


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[DuckDB]:
    """An open file with an empty table."""
    driver = DuckDB(DuckDBSettings(), tmp_path)
    driver.open()
    driver.create("events", SCHEMA)
    yield driver
    driver.close()


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """No file of this process may grow beyond `size` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def write(driver: DuckDB, plan: int, texts: list[str]) -> None:
    rows = pa.table({"n": range(len(texts)), "text": pa.array(texts, pa.string())})
    driver.append([TableBatch("events", rows)], Cursor("log", 0, plan, plan))


def count(driver: DuckDB) -> int:
    (number,) = driver.query("SELECT count(*) AS n FROM events")["n"].to_pylist()
    return int(number)


def test_path(tmp_path: Path) -> None:
    """The file is where the settings say, relative to the data folder, which is made."""
    driver = DuckDB(DuckDBSettings(path=Path("deep/hits.duckdb")), tmp_path / "data")
    driver.open()
    driver.close()
    assert (tmp_path / "data/deep/hits.duckdb").is_file()


def test_odd_path(tmp_path: Path) -> None:
    """A folder with quotes and spaces in its name will do."""
    driver = DuckDB(DuckDBSettings(), tmp_path / 'it\'s "odd" ü')
    driver.open()
    driver.create("events", SCHEMA)
    write(driver, 1, ["x"])
    assert count(driver) == 1
    driver.close()


def test_unknown_setting() -> None:
    """A misspelt setting is an error."""
    with pytest.raises(ValidationError):
        DuckDBSettings.model_validate({"driver": "duckdb", "memory": "1GB"})


def test_storage_version(driver: DuckDB) -> None:
    """The file can be read by DuckDB 1.5 and later."""
    (tags,) = driver.query("SELECT tags FROM duckdb_databases() WHERE database_name = 'tracker'")["tags"].to_pylist()
    assert dict(tags)["storage_version"] == "v1.5.0+"


def test_plain_duckdb_reads_it(driver: DuckDB) -> None:
    """Once the tracker has stopped, anybody's DuckDB opens the file."""
    write(driver, 1, ["x"])
    driver.close()
    with duckdb.connect(str(driver.path), read_only=True) as connection:
        assert connection.execute("SELECT n, text FROM events").fetchall() == [(0, "x")]


def test_held_by_another_process(driver: DuckDB) -> None:
    """While a tracker holds the file, another is told to wait, and for which process."""
    code = (
        "import sys, pathlib; from tracker.warehouse.duckdb import *\n"
        "try: DuckDB(DuckDBSettings(), pathlib.Path(sys.argv[1])).open()\n"
        "except Retry as error: print(error)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(driver.data)], stdout=subprocess.PIPE, text=True)
    said, _ = process.communicate(timeout=30)
    assert f"PID {os.getpid()}" in said


def test_not_a_database(tmp_path: Path) -> None:
    """A file that is no DuckDB file needs a person; waiting does not help."""
    (tmp_path / "tracker.duckdb").write_bytes(b"something else" * 2_000)
    with pytest.raises(Misconfigured, match="not a valid DuckDB database file"):
        DuckDB(DuckDBSettings(), tmp_path).open()


def test_open_twice(driver: DuckDB) -> None:
    """Opening an open driver changes nothing."""
    write(driver, 1, ["x"])
    driver.open()
    assert count(driver) == 1


def test_another_log(driver: DuckDB) -> None:
    """A file that follows one log refuses another, naming both."""
    write(driver, 1, ["x"])
    with pytest.raises(Broken, match="of log log, and this is log other"):
        driver.append([], Cursor("other", 0, 2, 2))


@pytest.mark.parametrize(
    "sql",
    [
        "COPY events TO '{0}/x.csv'",
        "SET threads = 4",
        "SET enable_external_access = true",
        "ATTACH '{0}/x.db'",
        "COPY events TO '{0}/snapshots/x.parquet'",
        "INSTALL spatial",
    ],
)
def test_locked(driver: DuckDB, tmp_path: Path, sql: str) -> None:
    """Nothing run in the instance reaches other files or changes its settings, even without the rules for questions."""
    with pytest.raises((Misconfigured, Retry, Reject)):
        driver.query(sql.format(tmp_path))


def test_broken_text(driver: DuckDB) -> None:
    """Bytes that are no UTF-8 are bad rows."""
    good = pa.array(["ab", "cd"])
    bad = pa.Array.from_buffers(pa.string(), 2, [None, good.buffers()[1], pa.py_buffer(b"ab\xff\xfe")])
    with pytest.raises(BadRows, match="unicode"):
        driver.append([TableBatch("events", pa.table({"n": [1, 2], "text": bad}))], Cursor("log", 0, 1, 1))


def test_widen_all_or_nothing(driver: DuckDB) -> None:
    """When one column cannot be added, none is."""
    with pytest.raises(Misconfigured, match="other"):
        driver.widen("events", [pa.field("good", pa.int64()), pa.field("other", pa.uint8())])
    assert driver.describe("events") == SCHEMA


def test_tidy(driver: DuckDB) -> None:
    """Tidying moves the write-ahead log into the file."""
    write(driver, 1, ["x"])
    log = Path(f"{driver.path}.wal")
    assert log.exists()
    driver.tidy()
    assert not log.exists()


def test_killed(driver: DuckDB) -> None:
    """A process killed while writing leaves whole plans, and a cursor that agrees with them."""
    driver.close()
    process = subprocess.Popen(
        [sys.executable, "-c", WRITE_FOR_EVER, str(driver.data)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    said = [int(next(process.stdout)) for _ in range(40)][-1]
    process.kill()
    process.communicate()
    cursor = driver.cursor(0)
    assert cursor is not None
    assert cursor.plan >= said
    assert count(driver) == cursor.hits == 300 * cursor.plan


@pytest.mark.parametrize("rows", [2_000, 30_000])
def test_full_disk(driver: DuckDB, rows: int) -> None:
    """A full disk is to be tried again, leaves nothing, and the same plan is written when there is room."""
    texts = [f"{n:0200}" for n in range(rows)]
    with full_disk(64 << 10), pytest.raises(Retry, match="File too large"):
        write(driver, 1, texts)
    assert (count(driver), driver.cursor(0)) == (0, None)
    write(driver, 1, texts)
    assert count(driver) == rows


def test_full_disk_at_checkpoint(driver: DuckDB) -> None:
    """A disk that is full when the log should move into the file loses nothing, though DuckDB gives up on the file."""
    write(driver, 1, [f"{n:0200}" for n in range(2_000)])
    with full_disk(64 << 10), pytest.raises(Retry):
        driver.tidy()
    write(driver, 2, ["x"])
    assert count(driver) == 2_001


def test_out_of_memory(tmp_path: Path) -> None:
    """A write that cannot allocate interrupts questions, and is to be tried again."""
    driver = DuckDB(DuckDBSettings(memory_limit=32 << 20), tmp_path)
    driver.open()
    driver.create("events", SCHEMA)
    queries, said = driver.queries(SqlSettings()), []

    def ask() -> None:
        with pytest.raises(Reject) as raised:
            queries.run("SELECT sum(a.range * b.range) FROM range(10_000_000) a, range(10_000_000) b")
        said.append(str(raised.value))

    thread = threading.Thread(target=ask)
    thread.start()
    while not queries.is_busy():
        time.sleep(0.005)
    with pytest.raises(Retry, match="Memory"):
        write(driver, 1, ["x" * (40 << 20)])
    thread.join(10)
    assert said == ["the query was interrupted: the memory was needed to write"]
    write(driver, 1, ["x"])
    assert count(driver) == 1
    driver.close()
