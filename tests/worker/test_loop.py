"""The worker around its sinks: one that needs what left the log stops alone, and the log waits for it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.worker.shelf import Shelf, offsets_of
from tracker.clock import HOUR, MINUTE
from tracker.config import LogSettings, WorkerSettings
from tracker.metrics import new_metrics
from tracker.model import Cursor
from tracker.protosessions.fold import Fold
from tracker.protosessions.limits import FoldLimits
from tracker.testing import FakeClock, make_hit
from tracker.testing.hits import NOW
from tracker.warehouse.driver import SchemaMismatch
from tracker.worker import codec, loop
from tracker.worker.archive import Archive
from tracker.worker.consumer import Consumer, Steps
from tracker.worker.history import History
from tracker.worker.lmdb_log import LmdbLog
from tracker.worker.loop import Worker
from tracker.worker.rebuild import Rebuild
from tracker.worker.sink import Sink

LIMITS = FoldLimits(
    timeout=30 * MINUTE, max_hits=2_000, max_duration=24 * HOUR, max_open=1_000, join_by_user_id=True,
    join_by_stamp="cookieless", join_across_clients=True,
)  # fmt: skip
SETTINGS = LogSettings.model_validate({"trim_interval": "10ms"})


class Bench:
    """A log, and workers on it that trim all the time."""

    def __init__(self, folder: Path) -> None:
        self.archive = Archive(folder / "archive")
        self.log = LmdbLog.open(folder / "log", quota=64 << 20, partitions=1, archive=self.archive)
        self.time = NOW

    def visit(self) -> None:
        """One visitor more, whose session is over."""
        self.time += 2 * HOUR
        self.log.append([(0, codec.encode(make_hit("en=a", client_id=str(self.time), received_at=self.time)))])
        self.log.append_own(0, codec.tick(self.time + HOUR))

    @contextmanager
    def working(self, **shelves: Shelf) -> Iterator[Worker]:
        """A worker in a thread, stopped in the end. It must not have ended by itself."""
        stop = threading.Event()
        worker = self.worker(stop, **shelves)
        thread = threading.Thread(target=worker.run)
        thread.start()
        try:
            yield worker
            assert thread.is_alive()
        finally:
            stop.set()
            thread.join(10)

    def worker(self, stop: threading.Event, **shelves: Shelf) -> Worker:
        """A worker that was not started yet."""
        news, metrics = threading.Event(), new_metrics()
        sinks = [Sink(name, self.log, offsets_of, shelf, 3, metrics, stop, news) for name, shelf in shelves.items()]
        steps = Steps(
            lambda start, carried: Fold(lambda property_id: LIMITS, start, carried, codec.decode_routing),
            codec.decode_routing, codec.tick, codec.clock_record,
        )  # fmt: skip
        worker_settings = WorkerSettings.model_validate({"flush_interval": "0s"})
        owner = Consumer(self.log, 0, steps, worker_settings, 45 * MINUTE, FakeClock(self.time), metrics)
        return Worker(self.log, [owner], sinks, SETTINGS, stop, news)

    def rebuild(self, shelf: Shelf) -> None:
        """Give a warehouse what it lacks."""
        Rebuild("late", self.log, History(self.log, self.archive), offsets_of, shelf).run(threading.Event())

    def logged(self) -> list[int]:
        """The plans that are still in the log."""
        return [plan.n for plan in self.log.plans(0, 1)]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A log whose first two plans were written by a sink `main`, and trimmed."""
    made, shelf = Bench(tmp_path), Shelf()
    made.visit()
    made.visit()
    with made.working(main=shelf):
        until(lambda: len(shelf.rows) == 2 and not made.logged())
    yield made
    made.log.close()


def until(is_so: Callable[[], bool]) -> None:
    """Wait for it, not for long."""
    end = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.01)


def test_the_other_sinks_go_on(bench: Bench) -> None:
    """A sink added later stops and says how it gets what came before; what it will need after that stays."""
    main = Shelf(lasts={0: last(bench)})
    with bench.working(main=main, late=Shelf()) as worker:
        until(lambda: worker.sinks[1].state.state == "stopped")
        bench.visit()
        bench.visit()
        until(lambda: len(main.rows) == 2)
        time.sleep(0.1)  # ten times to trim
        assert bench.logged() == [3, 4]
        (problem,) = worker.problems()
    assert problem.startswith("sink 'late' needs plan 1 ")
    assert "`tracker rebuild --sink late`" in problem
    assert "quota" in problem


def test_a_sink_goes_on_after_it_was_built_again(bench: Bench) -> None:
    """While the worker ran; the next start finds what came since in the log, and the log is trimmed again."""
    main, late = Shelf(lasts={0: last(bench)}), Shelf()
    with bench.working(main=main, late=late) as worker:
        until(lambda: worker.sinks[1].state.state == "stopped")
        bench.visit()
        until(lambda: len(main.rows) == 1)
        bench.rebuild(late)
        bench.visit()
        until(lambda: len(main.rows) == 2)
    with bench.working(main=main, late=late):
        until(lambda: len(late.rows) == 4 and not bench.logged())
    assert late.rows == [0, 2, 4, 6]


def test_a_worker_without_another_sink_goes_on(bench: Bench) -> None:
    """Starting again would not help: it folds and plans, says what to do, and is there for questions."""
    with bench.working(main=Shelf()) as worker:
        until(lambda: worker.sinks[0].state.state == "stopped")
        bench.visit()
        until(lambda: bench.log.totals(0).plans == 3)
        assert "`tracker rebuild --sink main`" in worker.problems()[0]


class Altered(Shelf):
    """A warehouse whose tables somebody has changed."""

    def prepare(self) -> None:
        """Refuse them."""
        raise SchemaMismatch("table events does not fit")


def test_the_only_sink_stops(bench: Bench) -> None:
    """Until it is started again the worker folds and plans, and says what is wrong."""
    with bench.working(main=Altered()) as worker:
        until(lambda: worker.sinks[0].state.state == "stopped")
        for _ in range(7):
            planned_visit(bench)
        assert worker.problems() == ["sink main: table events does not fit"]


def test_it_is_started_again_when_the_only_sink_stopped(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker ends with what stopped the sink, by itself: the warehouse may have been mended since."""
    monkeypatch.setattr(loop, "LINGER", 0.0)
    with pytest.raises(SchemaMismatch):
        bench.worker(threading.Event(), main=Altered()).run()


def planned_visit(bench: Bench) -> None:
    """One visitor more, of whom the worker makes a plan."""
    plans = bench.log.totals(0).plans
    bench.visit()
    until(lambda: bench.log.totals(0).plans > plans)


def last(bench: Bench) -> Cursor:
    """The cursor of a warehouse that has everything."""
    totals = bench.log.totals(0)
    return Cursor(bench.log.id, 0, totals.plans, totals.planned)
