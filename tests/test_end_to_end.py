"""The whole program: nothing that was acknowledged is lost and nothing is doubled, whatever is killed, and when."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from tests.endtoend.program import Program, are_gone
from tests.endtoend.traffic import Traffic, Visitors, summary, wrong
from tracker.points import POINTS

LIVES = (
    (("receiver", "before_commit"), ("worker", "before_plan"), ("receiver", "after_commit"), ("worker", "after_plan")),
    (("worker", "before_compute"), ("worker", "before_write"), ("worker", "start_saved"), ("worker", "archived")),
    (("worker", "after_write"), ("worker", "after_cursor"), ("worker", "trimmed")),
)
"""From one end of the parent to the next: who ends at which point."""

POISON = '''"""A column with a fault in native code, as it were."""

import os
import signal

from tracker.columns import Bool, String, event, ops


@event
def is_poison(page_title: String) -> Bool:
    """Ends the program when it meets one title."""
    if "poison" in page_title.to_pylist():
        os.kill(os.getpid(), signal.SIGKILL)
    return ops.equal(page_title, "poison")
'''

HOLD = "import sys, duckdb; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read(1)"

Start = Callable[..., Program]


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Start]:
    """Makes a program on a data folder of its own, not started yet; ends what is left of it."""
    made: list[Program] = []

    def make(**settings: str) -> Program:
        made.append(Program(tmp_path, **settings))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_every_acknowledged_event_is_there_once_after_many_kills(program: Start) -> None:
    """Processes are ended at every point between durable steps, alone and together, while visitors go on."""
    _survive(program(), seed=1, random_lives=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3, 4])
def test_every_acknowledged_event_is_there_once_after_more_kills(program: Start, seed: int) -> None:
    """The same for longer."""
    _survive(program(), seed=seed, random_lives=10)


def test_every_point_is_tried() -> None:
    """Each named point is one where some test here ends a process."""
    assert {point for life in LIVES for _, point in life} | {"trial"} == set(POINTS)


def test_children_end_with_their_parent(program: Start) -> None:
    """After the parent alone was killed its children are gone, and the next start listens on the same port."""
    tracker = program()
    tracker.start()
    tracker.wait_until_ready()
    children = tracker.kill_parent()
    tracker.start()
    tracker.wait_for(lambda: are_gone(children), f"the children {children} to end")
    tracker.wait_until_ready()
    traffic = Traffic(tracker.port)
    traffic.send(islice(Visitors(1).requests(), 5))
    _settle(tracker, traffic)


def test_an_event_that_kills_the_worker_becomes_a_dead_letter(program: Start) -> None:
    """Its protosession is put aside; everything else of the same plan is written, even what was tried at an end."""
    tracker = program(WORKER__FLUSH_INTERVAL="3s", WORKER__ATTEMPTS="1", WORKER__BATCH_HITS="1000")
    tracker.add_plugin("poison.py", POISON)
    tracker.start()
    tracker.wait_until_ready()
    visitors, traffic = Visitors(1), Traffic(tracker.port)
    tracker.arm("trial")
    traffic.send([visitors.ga4_single(client) for client in range(8)])
    poisoned = Traffic(tracker.port)
    poisoned.send([visitors.ga4_single(99), visitors.ga4_single(99, "poison")])
    traffic.send([visitors.ga4_single(client) for client in range(8, 16)])
    _settle(tracker, traffic)
    assert tracker.armed() == [], tracker.told("no process was tried")
    dead = tracker.read("SELECT count(*), min(stage), count(DISTINCT plan) FROM tracker_dead_letters")
    assert dead == [(2, "compute", 1)], tracker.told("what is dead")
    assert tracker.read("SELECT outcome, sum(hits) FROM tracker_ledger GROUP BY 1 ORDER BY 1") == [
        ("dead", 2),
        ("written", 16),
    ]


def test_a_warehouse_that_is_away_holds_nobody_up(program: Start) -> None:
    """While another process has the DuckDB file hits are accepted, the process is named, and later all is written."""
    tracker = program()
    tracker.data.mkdir()
    with _holder(tracker.data / "tracker.duckdb") as holder:
        tracker.start()
        tracker.wait_until_ready()
        traffic = Traffic(tracker.port)
        traffic.send(islice(Visitors(1).requests(), 30))
        tracker.wait_for(lambda: str(holder.pid) in tracker.health(), f"/health to name process {holder.pid}")
        assert f"PID {holder.pid}" in tracker.log_file.read_text(), tracker.told("the log does not name the process")
        holder.communicate(b"\n")
    _settle(tracker, traffic)


def test_partitions_account_for_every_event(program: Start) -> None:
    """Four partitions by property, the worker and then everything killed: the same sums."""
    tracker = program(LOG__PARTITIONS="4", LOG__PARTITION_BY="property")
    traffic = Traffic(tracker.port, pause=0.02)
    tracker.start()
    tracker.wait_until_ready()
    traffic.start()
    tracker.kill_at("after_plan", "worker")
    tracker.kill_at("after_write", "worker")
    tracker.kill_everything()
    tracker.start()
    tracker.wait_until_ready()
    traffic.stop()
    _settle(tracker, traffic)
    scattered = "SELECT property_id FROM events GROUP BY ALL HAVING count(DISTINCT log_partition) > 1"
    assert tracker.read(scattered) == []


def test_a_second_start_writes_nothing_again(program: Start) -> None:
    """Stopped cleanly and started again without new hits, every table stays as it was."""
    tracker = program()
    tracker.start()
    tracker.wait_until_ready()
    traffic = Traffic(tracker.port)
    traffic.send(islice(Visitors(1).requests(), 30))
    _settle(tracker, traffic)
    tables = [
        f"SELECT * FROM {table} ORDER BY ALL"
        for table in ("events", "tracker_ledger", "tracker_epochs", "tracker_cursor")
    ]
    before = [tracker.read(sql) for sql in tables]
    tracker.start()
    _settle(tracker, traffic)
    assert [tracker.read(sql) for sql in tables] == before


def _survive(tracker: Program, seed: int, random_lives: int) -> None:
    """Kill at every point, then at any time in so many lives of the parent; what was acknowledged is there once."""
    random, traffic = Random(seed), Traffic(tracker.port, seed)
    traffic.start()
    for number, life in enumerate(LIVES):
        tracker.start(RECEIVER__PROCESSES=str(1 + number % 2))
        for role, point in life:
            tracker.kill_at(point, role)
        _end(tracker, together=number % 2 == 0)
        assert not tracker.armed()
    for _ in range(random_lives):
        tracker.start()
        for _ in range(2):
            time.sleep(random.uniform(0, 1))
            if random.random() < 0.7:
                assert not (faults := wrong(tracker.keys(), traffic, in_full=False)), summary(faults, tracker.told)
            tracker.kill(random.choice(("worker", "worker", "receiver")))
        _end(tracker, together=random.random() < 0.7)
    tracker.start()
    tracker.wait_until_ready()
    traffic.stop()
    _settle(tracker, traffic)
    assert tracker.kills >= 20
    assert len(traffic.acknowledged) > 200


@contextmanager
def _holder(path: Path) -> "Iterator[subprocess.Popen[bytes]]":
    """Another process that has the DuckDB file open, until it is sent a byte."""
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        try:
            yield holder
        finally:
            holder.kill()


def _end(tracker: Program, together: bool) -> None:
    """Kill the parent: alone, so that its children end by themselves, or all at one moment."""
    if together:
        tracker.kill_everything()
    else:
        left = tracker.kill_parent()
        tracker.wait_for(lambda: are_gone(left), f"the children {left} to end")


def _settle(tracker: Program, traffic: Traffic) -> None:
    """Wait until all is written, stop, and count: each event once, and the audit balanced."""
    assert not traffic.refused, tracker.told(f"requests were refused: {dict(traffic.refused)}")

    try:
        tracker.wait_for(lambda: traffic.acknowledged.keys() <= set(tracker.keys()), "all that was acknowledged")
    except AssertionError:
        raise AssertionError(summary(wrong(tracker.keys(), traffic), tracker.told)) from None
    tracker.wait_for(tracker.is_idle, "the worker to have nothing left to do")
    tracker.stop()
    faults = wrong([key for (key,) in tracker.read("SELECT page_title FROM events")], traffic)
    assert not faults, summary(faults, tracker.told)
    tracker.audit()
