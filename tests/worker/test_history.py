"""A log and its archive read as one, on real files, also while the log is trimmed."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tracker.errors import Broken
from tracker.model import Carried, Closed, Offsets, Plan, StartPoint
from tracker.testing import make_hit
from tracker.worker import codec
from tracker.worker.archive import Archive
from tracker.worker.history import History, Lost
from tracker.worker.lmdb_log import LmdbLog


@dataclass
class Bench:
    """A log with twelve hits in six plans of two; each plan has a hit and the fourth one after it."""

    log: LmdbLog
    archive: Archive

    def history(self, cache_bytes: int = 1 << 20) -> History:
        """What is tried."""
        return History(self.log, self.archive, cache_bytes)

    def trim(self, offset: int) -> None:
        """Let the log go up to there; a segment of the archive each time. Plans stay that have a hit after that."""
        self.log.save_start(0, StartPoint(offset, 0))
        assert self.log.trim(0, offset, len(PLANS))


def at(*offsets: int) -> Offsets:
    """These offsets."""
    return np.array(offsets, np.int64)


RECORDS = [codec.encode(make_hit(f"en=e{n}")) for n in range(12)]
PLANS = [(0, 4), (1, 5), (2, 6), (3, 7), (8, 9), (10, 11)]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Nothing is trimmed yet."""
    archive = Archive(tmp_path / "archive")
    log = LmdbLog.open(tmp_path / "log", quota=64 << 20, partitions=1, archive=archive)
    log.append([(0, record) for record in RECORDS])
    for n, offsets in enumerate(PLANS, start=1):
        log.put_plan(0, Plan(n, n, (Closed(at(*offsets), "timeout"),), 2 * (n - 1)), StartPoint(0, 0))
    yield Bench(log, archive)
    log.close()


def numbers(history: History, from_n: int = 1) -> list[int]:
    """The plans' numbers."""
    return [plan.n for plan in history.plans(0, from_n)]


@pytest.mark.parametrize("trims", [[], [3], [3, 6], [5, 9], [3, 6, 9, 12], [12]])
def test_plans_and_hits_are_whole_however_the_log_was_trimmed(bench: Bench, trims: list[int]) -> None:
    """Each plan once and in order, with the hits it was made of."""
    for offset in trims:
        bench.trim(offset)
    history = bench.history()
    plans = list(history.plans(0, 1))
    assert [(plan.n, tuple(plan.offsets().tolist())) for plan in plans] == [*enumerate(PLANS, start=1)]
    assert [history.get(0, plan.offsets()) for plan in plans] == [[RECORDS[a], RECORDS[b]] for a, b in PLANS]


def test_records_come_in_the_order_asked_for(bench: Bench) -> None:
    """From two segments and the log, in any order, each as often as asked for."""
    bench.trim(3)
    bench.trim(6)
    wanted = at(11, 0, 5, 4, 0, 8, 2)
    assert bench.history().get(0, wanted) == [RECORDS[offset] for offset in wanted.tolist()]


def test_a_plan_in_the_middle_is_where_one_begins(bench: Bench) -> None:
    """As a warehouse that is behind does."""
    bench.trim(7)
    assert numbers(bench.history(), 3) == [3, 4, 5, 6]
    assert numbers(bench.history(), 7) == []


def test_trimming_in_between_takes_nothing_away(bench: Bench) -> None:
    """What left the log after the archive was looked at is found there now."""
    bench.trim(5)
    history = bench.history()
    plans = history.plans(0, 1)
    assert [next(plans).n, next(plans).n] == [1, 2]
    assert history.get(0, at(0)) == [RECORDS[0]]
    bench.trim(12)
    assert [plan.n for plan in plans] == [3, 4, 5, 6]
    assert history.get(0, at(0, 7, 11)) == [RECORDS[0], RECORDS[7], RECORDS[11]]


def test_trimming_between_two_looks_is_seen(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hit that leaves the log just before it is asked for."""
    history, get = bench.history(), bench.log.get

    def late(partition: int, offsets: Offsets) -> list[bytes]:
        if bench.log.start(0).offset == 0:
            bench.trim(8)
        return get(partition, offsets)

    monkeypatch.setattr(bench.log, "get", late)
    assert history.get(0, at(3, 8)) == [RECORDS[3], RECORDS[8]]


def test_a_segment_that_was_written_again_is_found(bench: Bench) -> None:
    """One that a crash left unnoted is replaced by a longer one, and its file goes."""
    bench.trim(3)
    bench.trim(6)
    history = bench.history(cache_bytes=1)
    assert history.get(0, at(0, 3)) == [RECORDS[0], RECORDS[3]]
    bench.archive.put_hits(0, list(enumerate(RECORDS[:6])))
    assert history.get(0, at(0, 2)) == [RECORDS[0], RECORDS[2]]


def test_new_plans_are_among_them(bench: Bench) -> None:
    """A tracker that runs goes on planning."""
    plans = bench.history().plans(0, 6)
    assert next(plans).n == 6
    bench.log.put_plan(0, Plan(7, 7, (), 12), StartPoint(0, 0))
    assert [plan.n for plan in plans] == [7]


def test_a_missing_plan_is_named(bench: Bench) -> None:
    """Somebody moved a segment away: the first that is gone, and where it should be."""
    bench.trim(7)
    for segment in bench.archive.segments(0, "plans"):
        segment.path.unlink()
    with pytest.raises(Lost, match=r"^plan 2 of partition 0 is neither .*/archive") as error:
        list(bench.history().plans(0, 2))
    assert error.value.number == 2


def test_a_missing_hit_is_named(bench: Bench) -> None:
    """The same for records."""
    bench.trim(3)
    bench.trim(7)
    bench.archive.segments(0)[0].path.unlink()
    with pytest.raises(Lost, match="the hit at offset 2 of partition 0"):
        bench.history().get(0, at(5, 2, 9))


def test_a_carried_hit_needs_no_archive(bench: Bench) -> None:
    """A copy of it is in the log."""
    bench.log.carry(0, [Carried(0, RECORDS[0], 0, 0)], StartPoint(3, 0))
    bench.log.trim(0, 3, 6)
    bench.archive.segments(0)[0].path.unlink()
    assert bench.history().get(0, at(0, 4)) == [RECORDS[0], RECORDS[4]]


def test_a_damaged_segment_is_named(bench: Bench) -> None:
    """One bit is enough."""
    bench.trim(12)
    path = bench.archive.segments(0)[0].path
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    with pytest.raises(Broken, match=path.name):
        bench.history().get(0, at(0))


def test_a_segment_under_a_wrong_name_is_refused(bench: Bench) -> None:
    """Otherwise hits would be taken for others."""
    bench.trim(12)
    path = bench.archive.segments(0)[0].path
    path.rename(path.with_name(f"hits-{1:020d}-{12:020d}.parquet"))
    with pytest.raises(Broken, match="does not hold what its name says"):
        bench.history().get(0, at(1))


def test_few_segments_stay_unpacked(bench: Bench) -> None:
    """Those used last, as far as they fit; the one in use in any case."""
    for offset in (3, 6, 9, 12):
        bench.trim(offset)
    history = bench.history(cache_bytes=1)
    assert history.get(0, at(*range(12))) == RECORDS
    assert len(history._unpacked._tables) == 1
