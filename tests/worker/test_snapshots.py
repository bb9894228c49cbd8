"""Snapshots by the clock."""

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tracker.clock import MINUTE, SECOND
from tracker.errors import Retry
from tracker.metrics import new_metrics
from tracker.testing import FakeClock
from tracker.worker.snapshots import Snapshots

QUARTER = 15 * MINUTE


class Writing:
    """Writes nothing but the file that is shown, or fails."""

    def __init__(self, shown: Path, clock: FakeClock) -> None:
        self.shown, self.clock, self.times, self.error = shown, clock, 0, ""

    def __call__(self) -> Sequence[Path]:
        """One snapshot."""
        if self.error:
            raise Retry(self.error)
        self.times += 1
        self.shown.touch()
        os.utime(self.shown, ns=(0, self.clock.now() * 1000))
        return []


@pytest.fixture
def clock() -> FakeClock:
    """A clock that tests move."""
    return FakeClock()


@pytest.fixture
def writing(tmp_path: Path, clock: FakeClock) -> Writing:
    """What is called."""
    return Writing(tmp_path / "open.sql", clock)


Make = Callable[..., Snapshots]


@pytest.fixture
def make(writing: Writing, clock: FakeClock) -> Make:
    """A process that writes snapshots every quarter of an hour."""

    def make(
        ready: bool = True,
        stop: threading.Event | None = None,
        interval: int | None = QUARTER,
        behind: Callable[[], bool] = lambda: False,
    ) -> Snapshots:
        stop = stop or threading.Event()
        return Snapshots(writing, writing.shown, interval, lambda: ready, clock, new_metrics(), stop, behind)

    return make


def counted(snapshots: Snapshots, outcome: str) -> float:
    """How often that came of one."""
    return snapshots._metrics.registry.get_sample_value("tracker_snapshots_total", {"outcome": outcome}) or 0


def test_the_first_is_written_at_once(make: Make, writing: Writing) -> None:
    """Then one has to wait for the interval."""
    snapshots = make()
    assert snapshots.turn() == QUARTER
    assert (writing.times, counted(snapshots, "written")) == (1, 1)


def test_a_sink_that_is_behind_goes_first(make: Make, writing: Writing, clock: FakeClock) -> None:
    """A snapshot that is due waits for it, but not for ever; then the next one waits as long."""
    snapshots = make(behind=lambda: True)
    assert (snapshots.turn(), writing.times) == (SECOND, 0)
    clock.move(5 * QUARTER - SECOND)
    assert (snapshots.turn(), writing.times) == (SECOND, 0)
    clock.move(SECOND)
    assert (snapshots.turn(), writing.times) == (QUARTER, 1)
    clock.move(QUARTER)
    assert (snapshots.turn(), writing.times) == (SECOND, 1)


def test_a_sink_that_has_caught_up_is_not_waited_for(make: Make, writing: Writing) -> None:
    """The snapshot that gave way is written as soon as it can be."""
    answers = iter([True, False])
    snapshots = make(behind=lambda: next(answers))
    snapshots.turn()
    snapshots.turn()
    assert writing.times == 1


def test_the_interval_goes_on_over_a_restart(make: Make, writing: Writing, clock: FakeClock) -> None:
    """A tracker that is started again often neither writes more of them nor none."""
    make().turn()
    clock.move(10 * MINUTE)
    assert make().turn() == 5 * MINUTE
    clock.move(5 * MINUTE)
    make().turn()
    assert writing.times == 2


def test_a_warehouse_that_is_not_open_is_waited_for(make: Make, writing: Writing) -> None:
    """That is the sink's problem, not one of snapshots."""
    snapshots = make(ready=False)
    assert snapshots.turn() == SECOND
    assert (writing.times, snapshots.problem) == (0, "")


def test_a_failure_is_told_and_tried_again(make: Make, writing: Writing) -> None:
    """In a minute, without anybody else noticing; when it works again the problem is gone."""
    snapshots = make()
    writing.error = "the disk is full"
    assert snapshots.turn() == MINUTE
    assert snapshots.problem == "the snapshot was not written: the disk is full"
    assert counted(snapshots, "failed") == 1
    writing.error = ""
    snapshots.turn()
    assert (snapshots.problem, snapshots.describe()["last"]) == ("", "2025-10-09T08:53:20+00:00")


def test_being_put_off_at_a_stop_is_no_failure(make: Make, writing: Writing) -> None:
    """It was told to."""
    stop = threading.Event()
    snapshots = make(stop=stop)
    writing.error = "told to stop"
    stop.set()
    snapshots.turn()
    assert (snapshots.problem, counted(snapshots, "failed")) == ("", 0)


def test_the_thread_writes_and_ends(make: Make, writing: Writing, tmp_path: Path) -> None:
    """It ends by the event that ends everything."""
    stop = threading.Event()
    writing.clock.move(QUARTER)
    snapshots = make(stop=stop)
    written = threading.Event()
    snapshots._write = lambda: [written.set() or writing.shown]  # type: ignore[func-returns-value]
    snapshots.start()
    assert written.wait(10)
    stop.set()
    snapshots.join()
    assert counted(snapshots, "written") >= 1


def test_without_an_interval_there_is_no_thread(make: Make, writing: Writing) -> None:
    """They are written when somebody asks."""
    snapshots = make(interval=None)
    snapshots.start()
    snapshots.join()
    assert writing.times == 0
    snapshots.write()
    assert writing.times == 1
