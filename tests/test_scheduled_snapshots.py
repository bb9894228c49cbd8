"""Scheduled Parquet snapshots by the real program."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.endtoend.program import Program
from tests.endtoend.traffic import Traffic, Visitors


@pytest.fixture
def tracker(tmp_path: Path) -> Iterator[Program]:
    """A program in the split layout that writes a snapshot each second."""
    program = Program(
        tmp_path,
        WAREHOUSE__LAYOUT="split",
        SNAPSHOTS__INTERVAL="1s",
        SNAPSHOTS__FOLDER=str(tmp_path / "copies"),
    )
    yield program
    program.close()


def read(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    """Rows of the snapshot; none before the first."""
    if not (folder / "open.sql").exists():
        return []
    with duckdb.connect() as reader:
        reader.execute((folder / "open.sql").read_text())
        rows: list[tuple[Any, ...]] = reader.execute(sql).fetchall()
        return rows


def test_a_running_tracker_writes_them(tracker: Program, tmp_path: Path) -> None:
    """In spite of a beginning in which it could not, which `/health` tells and nobody waits for."""
    folder = tmp_path / "copies"
    folder.write_text("in the way")
    tracker.start()
    tracker.wait_until_ready()
    traffic = Traffic(tracker.port)
    traffic.send(islice(Visitors(1).requests(), 30))
    tracker.wait_for(lambda: "the snapshot was not written" in tracker.health(), "/health to tell the problem")
    tracker.wait_for(lambda: len(tracker.keys()) == len(traffic.acknowledged), "all events to be written")
    folder.unlink()
    written = [(len(traffic.acknowledged),)]
    joined = "SELECT count(*) FROM events LEFT JOIN sessions USING (session_id)"
    tracker.wait_for(lambda: read(folder, joined) == written, "a snapshot of all events")
    tracker.wait_for(lambda: "the snapshot was not written" not in tracker.health(), "/health to be well again")
    assert read(folder, "SELECT sum(events) FROM daily_traffic") == written
    tracker.stop()
    assert not list(folder.rglob("*.tmp"))
