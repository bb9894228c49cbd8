"""The whole program while its tables are built again: traffic goes on, and the log is trimmed all the time."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import duckdb
import pytest

from tests.endtoend.program import PATIENCE, Program
from tests.endtoend.traffic import Traffic, Visitors, summary, wrong

pytestmark = pytest.mark.slow

TABLES = ("events", "tracker_ledger", "tracker_dead_letters", "tracker_cursor", "tracker_epochs")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """Makes a program, not started yet; ends what is left of it."""
    made: list[Program] = []

    def make(**settings: str) -> Program:
        made.append(Program(tmp_path, WORKER__FLUSH_INTERVAL="3s", **settings))
        return made[-1]

    yield make
    for one in made:
        one.close()


def rebuild(tracker: Program, *arguments: str) -> str:
    """What `tracker rebuild` prints."""
    done = subprocess.run(
        [sys.executable, "-m", "tracker", "rebuild", "--data", str(tracker.data), *arguments],
        capture_output=True,
        text=True,
        env=tracker.environment(),
        timeout=4 * PATIENCE,
        check=False,
    )
    assert done.returncode == 0, tracker.told(f"rebuild says\n{done.stdout}{done.stderr}")
    return done.stdout


def content(file: Path) -> dict[str, list[dict[str, object]]]:
    """Every table of a file, row by row."""
    with duckdb.connect(str(file), read_only=True) as connection:
        tables = {table: connection.sql(f"SELECT * FROM {table} ORDER BY ALL") for table in TABLES}
        return {table: found.to_arrow_table().to_pylist() for table, found in tables.items()}


def segments(tracker: Program) -> int:
    """How many segments of hits the archive has."""
    return len(list((tracker.data / "archive").rglob("hits-*.parquet")))


def wait_until_trimmed(tracker: Program, more: int) -> None:
    """Return when the archive has so many segments more."""
    wanted = segments(tracker) + more
    tracker.wait_for(lambda: segments(tracker) >= wanted, f"{wanted} segments")


def test_a_file_is_built_beside_a_running_tracker(start: Callable[..., Program]) -> None:
    """Traffic and trimming go on; put in the place of the old file it is as good, and the tracker goes on with it."""
    tracker = start(LOG__PARTITIONS="2", LOG__PARTITION_BY="property")
    traffic = Traffic(tracker.port, pause=0.1)
    tracker.start()
    tracker.wait_until_ready()
    traffic.start()
    wait_until_trimmed(tracker, 4)
    new = tracker.data / "new.duckdb"
    assert "new.duckdb) lacks" in rebuild(tracker, "--file", str(new))
    wait_until_trimmed(tracker, 2)
    assert "once more for what came since" in rebuild(tracker, "--file", str(new))
    traffic.stop()
    settle(tracker, traffic)
    rebuild(tracker, "--file", str(new))
    assert content(new) == content(tracker.data / "tracker.duckdb")
    new.replace(tracker.data / "tracker.duckdb")
    later = Traffic(tracker.port, seed=2)
    tracker.start()
    tracker.wait_until_ready()
    later.send(islice(Visitors(2).requests(), 20))
    tracker.wait_for(lambda: later.acknowledged.keys() <= set(tracker.keys()), "the new events")
    tracker.wait_for(tracker.is_idle, "the worker to have nothing left to do")
    tracker.stop()
    tracker.audit()


def test_a_lost_file_is_built_while_the_tracker_receives(start: Callable[..., Program]) -> None:
    """The only sink stops and says what to do, the worker lives on; built again, it takes what came meanwhile."""
    tracker, file = start(), "tracker.duckdb"
    traffic = Traffic(tracker.port, pause=0.1)
    tracker.start()
    tracker.wait_until_ready()
    traffic.start()
    wait_until_trimmed(tracker, 3)
    tracker.stop()
    (tracker.data / file).unlink()
    tracker.start()
    tracker.wait_for(lambda: "`tracker rebuild --sink main`" in tracker.health(), "/health to say what to do")
    worker, archived, sent = tracker.pid("worker"), segments(tracker), len(traffic.acknowledged)
    assert json.loads(tracker.health())["sinks"][0]["state"] == "stopped"
    tracker.wait_for(lambda: len(traffic.acknowledged) > sent + 100, "more events")
    assert "Start the tracker again" in rebuild(tracker)
    assert (tracker.pid("worker"), segments(tracker)) == (worker, archived)
    tracker.stop()
    tracker.start()
    wait_until_trimmed(tracker, 1)
    traffic.stop()
    settle(tracker, traffic)


def test_a_sink_added_later_gets_the_past(start: Callable[..., Program]) -> None:
    """It stops alone; built from the archive beside the others, it has what they have."""
    tracker = start()
    traffic = Traffic(tracker.port, pause=0.1)
    tracker.start()
    tracker.wait_until_ready()
    traffic.start()
    wait_until_trimmed(tracker, 3)
    tracker.stop()
    sinks = {"main": {"driver": "duckdb"}, "late": {"driver": "duckdb", "path": "late.duckdb"}}
    tracker.set(WAREHOUSE__SINKS=json.dumps(sinks))
    tracker.start()
    tracker.wait_for(lambda: "`tracker rebuild --sink late`" in tracker.health(), "/health to say what to do")
    known = len(tracker.keys())
    tracker.wait_for(lambda: len(tracker.keys()) > known, "the other sink to go on")
    rebuild(tracker, "--sink", "late")
    tracker.stop()
    tracker.start()
    wait_until_trimmed(tracker, 1)
    traffic.stop()
    settle(tracker, traffic)
    assert content(tracker.data / "late.duckdb") == content(tracker.data / "tracker.duckdb")


def settle(tracker: Program, traffic: Traffic) -> None:
    """Wait until all is written, stop, and count: each event once, and the audit balanced."""
    tracker.wait_until_ready()
    tracker.wait_for(lambda: traffic.acknowledged.keys() <= set(tracker.keys()), "all that was acknowledged")
    tracker.wait_for(tracker.is_idle, "the worker to have nothing left to do")
    tracker.stop()
    faults = wrong([key for (key,) in tracker.read("SELECT page_title FROM events")], traffic)
    assert not faults, summary(faults, tracker.told)
    tracker.audit()
