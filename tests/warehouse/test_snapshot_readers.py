"""Readers in other processes while the warehouse and its snapshots are written: whole days, each once, no failure."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tracker.clock import MINUTE
from tracker.warehouse.duckdb_file import connect, cursor
from tracker.warehouse.snapshots import write_snapshots

DAYS = 4
PLANS = 24
"""How many there are at a time: a plan pushes out an old one, so that reads take as long at the end."""
ROWS = 3000
"""Rows that a plan adds to one day, with its events and sessions in one transaction."""

OPEN_SQL = """
import sys, duckdb
for _ in range(int(sys.argv[2])):
    with duckdb.connect() as reader:
        reader.execute(open(sys.argv[1] + "/open.sql").read())
        for _ in range(3):
            days = reader.execute("SELECT date_utc, count(*), count(DISTINCT log_offset), sum(length(pad)) "
                                  "FROM events GROUP BY date_utc").fetchall()
            ends = reader.execute("SELECT (SELECT max(log_offset) FROM events), (SELECT max(log_offset) FROM sessions)")
            ends = ends.fetchone()
    assert len(days) == 4 and ends[0] == ends[1], (days, ends)
    assert all(n == once and not n % 3000 and pad == 20 * n for _, n, once, pad in days), days
"""
PYARROW = """
import sys
import pyarrow.compute as pc, pyarrow.dataset as ds
for _ in range(int(sys.argv[2])):
    rows = ds.dataset(sys.argv[1] + "/events").to_table()
    days = rows.group_by("date_utc").aggregate([([], "count_all"), ("log_offset", "count_distinct")]).to_pylist()
    assert len(days) == 4, days
    assert all(d["count_all"] == d["log_offset_count_distinct"] and not d["count_all"] % 3000 for d in days), days
"""


@pytest.fixture
def file(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse with a plan on each day."""
    made = connect(tmp_path / "t.duckdb", memory_limit=128 << 20)
    for table in ("events", "sessions"):
        made.execute(
            f"CREATE TABLE {table} (date_utc DATE, log_partition BIGINT, log_offset BIGINT, ingested_at TIMESTAMPTZ, "
            "schema_epoch BIGINT, pad VARCHAR)"
        )
    for plan in range(DAYS):
        write_plan(made, plan)
    yield made
    made.close()


def write_plan(file: duckdb.DuckDBPyConnection, plan: int) -> None:
    """Events of one day and one session row for the last of them, in one transaction."""
    row = (
        f"DATE '2026-03-01' + {plan % DAYS}, 0, {plan * ROWS} + n, TIMESTAMPTZ '2026-03-09' + INTERVAL ({plan}) MINUTE,"
        "1, left(md5(n::VARCHAR), 20)"
    )
    file.execute("BEGIN")
    file.execute(f"INSERT INTO events SELECT {row} FROM range({ROWS}) r(n)")
    file.execute(f"INSERT INTO sessions SELECT {row} FROM range({ROWS - 1}, {ROWS}) r(n)")
    for table in ("events", "sessions"):
        file.execute(f"DELETE FROM {table} WHERE log_offset < {(plan + 1 - PLANS) * ROWS}")
    file.execute("COMMIT")


@pytest.mark.parametrize(
    ("program", "reads"),
    [
        pytest.param(OPEN_SQL, 25, id="open.sql"),
        pytest.param(PYARROW, 25, id="pyarrow"),
        pytest.param(OPEN_SQL, 500, id="open.sql, long", marks=pytest.mark.slow),
        pytest.param(PYARROW, 500, id="pyarrow, long", marks=pytest.mark.slow),
    ],
)
def test_reads_beside_writing(file: duckdb.DuckDBPyConnection, tmp_path: Path, program: str, reads: int) -> None:
    """Every read sees days of whole plans; with `open.sql` all days and both tables are of one moment."""
    folder, over = tmp_path / "snapshots", threading.Event()
    snapshots = 0

    def snapshot() -> None:
        write_snapshots(lambda: cursor(file), folder, ["events", "sessions"], keep_replaced=MINUTE)

    def fill() -> None:
        writer = cursor(file)
        plan = DAYS
        while not over.wait(0.02):
            write_plan(writer, plan)
            plan += 1
        writer.close()

    snapshot()
    filling = threading.Thread(target=fill)
    filling.start()
    try:
        with subprocess.Popen(
            [sys.executable, "-c", program, str(folder), str(reads)], stderr=subprocess.PIPE, text=True
        ) as reader:
            while reader.poll() is None:
                snapshot()
                snapshots += 1
            assert reader.stderr is not None
            said = reader.stderr.read()
    finally:
        over.set()
        filling.join()
    assert reader.returncode == 0, said
    assert snapshots > 2
