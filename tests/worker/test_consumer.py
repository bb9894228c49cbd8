"""The owner of a partition: plans, ticks, the clock record, restarts, carry and trimming, on a real log and fold."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tracker.clock import HOUR, MINUTE, SECOND
from tracker.config import SessionSettings, Settings
from tracker.errors import Retry
from tracker.metrics import new_metrics
from tracker.model import Carried, Plan, StartPoint
from tracker.protosessions.fold import Fold
from tracker.protosessions.limits import FoldLimits
from tracker.testing import FakeClock, make_hit
from tracker.testing.hits import NOW
from tracker.worker import codec
from tracker.worker.archive import Archive
from tracker.worker.consumer import Consumer, Steps
from tracker.worker.lmdb_log import LmdbLog

LIMITS = FoldLimits(
    timeout=30 * MINUTE, max_hits=2_000, max_duration=24 * HOUR, max_open=1_000, join_by_user_id=True,
    join_by_stamp="cookieless", join_across_clients=True,
)  # fmt: skip


class Bench:
    """A log, a clock, and consumers that come and go."""

    def __init__(self, folder: Path) -> None:
        archive = Archive(folder / "archive")
        self.log = LmdbLog.open(folder / "log", quota=64 << 20, partitions=1, archive=archive)
        self.clock = FakeClock(NOW)
        self.consumer = self.restart()

    def restart(self, **settings: Any) -> Consumer:
        """A new consumer on the same log, as after a crash."""
        worker = Settings.model_validate({"worker": {"flush_interval": "10s", **settings}}).worker

        def fold(start: StartPoint, carried: Any) -> Fold:
            return Fold(lambda property_id: LIMITS, start, carried, codec.decode_routing)

        steps = Steps(fold, codec.decode_routing, codec.tick, codec.clock_record)
        self.consumer = Consumer(self.log, 0, steps, worker, 45 * MINUTE, self.clock, new_metrics())
        return self.consumer

    def hits(self, *clients: str, at: int | None = None) -> None:
        """One hit of each client, received now or `at`."""
        received = self.clock.now() if at is None else at
        self.log.append([(0, codec.encode(make_hit("en=a", client_id=one, received_at=received))) for one in clients])

    def run(self, until: Callable[[], bool] = lambda: False, most: int = 10_000) -> None:
        """Step, moving the clock a second whenever there is nothing to read, until the goal or nothing waits."""
        for _ in range(most):
            if until():
                return
            if not self.consumer.step():
                if not self.consumer.fold.open and not self.consumer.waiting_hits:
                    return
                self.clock.move(SECOND)
        raise AssertionError("it never came to rest")

    def plans(self) -> list[Plan]:
        """All plans that are still there."""
        return list(self.log.plans(0, 0))

    def planned(self) -> list[int]:
        """All offsets in plans, sorted."""
        return sorted(offset for plan in self.plans() for offset in plan.offsets().tolist())


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A bench with an empty log."""
    made = Bench(tmp_path)
    yield made
    made.log.close()


def test_ticks_close_what_waits_for_time(bench: Bench) -> None:
    """Without further traffic a session closes after its timeout, by ticks alone."""
    bench.hits("a")
    bench.run()
    assert bench.planned() == [0]
    assert bench.clock.now() - NOW >= 30 * MINUTE
    assert bench.log.end(0) > 800


def test_no_ticks_while_nothing_waits(bench: Bench) -> None:
    """An idle tracker writes nothing."""
    bench.run()
    for _ in range(5):
        bench.clock.move(MINUTE)
        bench.consumer.step()
    assert bench.log.end(0) == 0


def test_plan_numbers_and_counts_go_on(bench: Bench) -> None:
    """Each plan knows how many hits stand in those before it."""
    for _ in range(3):
        bench.hits("a", "b")
        bench.run()
    assert [(plan.n, plan.hits_before, plan.hits) for plan in bench.plans()] == [(1, 0, 2), (2, 2, 2), (3, 4, 2)]


def test_a_restart_skips_what_is_planned(bench: Bench) -> None:
    """Every hit stands in exactly one plan, wherever the consumer died."""
    bench.hits("a")
    bench.clock.move(20 * MINUTE)
    bench.hits("b")
    bench.run(until=lambda: bool(bench.plans()))
    bench.restart()
    bench.hits("a")
    bench.run()
    assert [plan.offsets().tolist() for plan in bench.plans()][:2] == [[0], [1]]
    assert len(bench.planned()) == len(set(bench.planned())) == bench.log.totals(0).hits == 3


def test_a_restart_makes_the_same_plans(tmp_path: Path) -> None:
    """With restarts after every few records the plans are those of an uninterrupted run."""

    def plans(folder: Path, restart_every: int) -> list[tuple[int, list[int]]]:
        bench = Bench(folder)
        for n in range(60):
            bench.clock.move(3 * MINUTE + 7 * SECOND)
            bench.hits(f"client {n % 13}")
            bench.consumer.step()
            if restart_every and n % restart_every == 0:
                bench.restart()
        bench.clock.move(HOUR)
        bench.hits("last")
        bench.consumer.step()
        made = [(plan.log_time, [o for c in plan.protosessions for o in c.offsets.tolist()]) for plan in bench.plans()]
        bench.log.close()
        return made

    uninterrupted = plans(tmp_path / "one", 0)
    assert len(uninterrupted) > 3
    assert plans(tmp_path / "two", 1) == uninterrupted
    assert plans(tmp_path / "three", 5) == uninterrupted


def test_log_time_ahead_of_the_clock_is_set_back(bench: Bench) -> None:
    """A receiver once booted in 2037: after a minute the owner sets log time back, and sessions close again."""
    bench.hits("future", at=NOW + 11 * 365 * 24 * HOUR)
    bench.consumer.step()
    bench.hits("now")
    bench.consumer.step()
    for _ in range(70):
        bench.clock.move(SECOND)
        bench.consumer.step()
    assert bench.consumer.fold.log_time <= bench.clock.now()
    bench.run()
    assert bench.planned() == [0, 1]


def test_trimming_keeps_what_open_protosessions_need(bench: Bench) -> None:
    """What every sink has goes; an open visitor's hits stay, and a restart finds them."""
    bench.hits("old")
    bench.run()
    bench.hits("open")
    bench.consumer.step()
    opened = bench.log.end(0) - 1
    assert bench.consumer.trim(1) > 800
    bench.restart().step()
    assert bench.consumer.fold.open == 1
    bench.run()
    assert bench.planned() == [opened]


def test_nothing_is_trimmed_that_a_sink_still_needs(bench: Bench) -> None:
    """A plan no sink has keeps its hits."""
    bench.hits("a")
    bench.run()
    bench.consumer.trim(0)
    assert bench.log.get(0, bench.plans()[0].offsets())


def test_large_hits_make_smaller_plans(bench: Bench) -> None:
    """Bytes of the log bound a plan, also for hits that were carried and after a restart."""
    bench.restart(batch_bytes="1KB")
    bench.hits("1.1")
    for _ in range(60):
        bench.clock.move(MINUTE)
        bench.hits("1.1")
        bench.run(until=lambda: bench.consumer.lag == 0)
        bench.consumer.trim(0)
    bench.hits(*(f"2.{n}" for n in range(30)))
    bench.restart(batch_bytes="1KB")
    bench.run()
    records = len(codec.encode(make_hit("en=a", client_id="2.10", received_at=NOW)))
    most = -(-1024 // records)
    assert [plan.hits for plan in bench.plans()] == [61] + [most] * (30 // most) + [30 % most] * (30 % most > 0)
    assert len(bench.planned()) == 91


def test_a_visitor_who_never_pauses_is_carried(bench: Bench) -> None:
    """Older than 45 minutes it no longer holds the log: its hits are carried, and none is lost by a restart."""
    appended = []
    for n in range(30):
        bench.hits("restless")
        appended.append(bench.log.end(0) - 1)
        if n % 3 == 0:
            bench.hits(f"short {n}")
            appended.append(bench.log.end(0) - 1)
        bench.consumer.step()
        bench.clock.move(5 * MINUTE)
    before = bench.plans()
    bench.consumer.trim(before[-1].n)
    assert bench.log.start(0).offset > 0
    carried: list[Carried] = bench.log.carried(0)
    assert len(carried) > 3
    planned = {offset for plan in before for offset in plan.offsets().tolist()}
    bench.restart()
    bench.run()
    planned |= set(bench.planned())
    assert planned == set(appended)


def test_trimming_waits_while_closed_hits_are_unplanned(bench: Bench) -> None:
    """They would be lost to a restart."""
    bench.restart(flush_interval="1h")
    bench.hits("a")
    bench.clock.move(HOUR)
    bench.hits("b")
    bench.consumer.step()
    bench.hits("c")
    bench.clock.move(31 * MINUTE)
    bench.hits("d")
    bench.consumer.step()
    assert bench.consumer.waiting_hits > 0
    assert bench.consumer.trim(99) == 0


def test_a_trim_that_waited_is_done_once_all_is_planned(bench: Bench) -> None:
    """On a busy site something closed waits at almost every moment, and the log is trimmed all the same."""
    bench.restart(flush_interval="1h")
    bench.hits("a")
    bench.clock.move(HOUR)
    bench.hits("b")
    bench.clock.move(31 * MINUTE)
    bench.hits("c")
    bench.consumer.step()
    assert (bench.consumer.waiting_hits, bench.consumer.trim(1)) == (1, 0)
    bench.clock.move(HOUR)
    bench.hits("d")
    bench.consumer.step()
    assert bench.log.read(0, 0, 1)[0][0] > 0


def test_a_plan_the_log_does_not_take_is_made_later(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full for a moment costs no batch: it is planned when there is room, without a restart."""
    bench.hits("a")
    refusing(monkeypatch, bench.log, "put_plan")
    with pytest.raises(Retry):
        bench.run()
    bench.run()
    assert bench.planned() == [0]


def test_hits_whose_carrying_failed_are_carried_later(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the log did not take is not taken for carried: a restart still finds every hit."""
    for _ in range(12):
        bench.hits("restless")
        bench.consumer.step()
        bench.clock.move(5 * MINUTE)
    refusing(monkeypatch, bench.log, "carry")
    with pytest.raises(Retry):
        bench.consumer.trim(0)
    bench.consumer.trim(0)
    assert [hit.offset for hit in bench.log.carried(0)] == list(range(bench.log.start(0).offset))
    bench.restart()
    bench.run()
    assert bench.planned() == list(range(12))


def refusing(monkeypatch: pytest.MonkeyPatch, log: LmdbLog, method: str) -> None:
    """The next call of a writing method finds a full disk."""
    original = getattr(log, method)

    def refuse(*arguments: Any) -> None:
        monkeypatch.setattr(log, method, original)
        raise Retry("the disk is full")

    monkeypatch.setattr(log, method, refuse)


def test_defaults_are_those_of_the_settings() -> None:
    """The limits used here are the product's own."""
    assert SessionSettings().timeout == LIMITS.timeout
