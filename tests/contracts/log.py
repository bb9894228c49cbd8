"""What every log must do, whatever keeps it."""

from pathlib import Path
from typing import Protocol

import cbor2
import numpy as np
import pytest

from tracker.errors import Broken, LogFull
from tracker.model import Carried, Closed, Outcomes, Plan, StartPoint
from tracker.worker.archive import Archive
from tracker.worker.codec import clock_record, tick
from tracker.worker.log import Log, Totals

QUOTA = 256 << 20


class OpenLog(Protocol):
    """Opens the test's log: again, when the one before was closed."""

    def __call__(self, *, quota: int = QUOTA, archive: Archive | None = None) -> Log:
        """The log, new or as it was left."""


def plan_of(n: int, *offsets: int, hits_before: int = 0) -> Plan:
    """A plan of one protosession."""
    return Plan(n, 1_000 + n, (Closed(np.array(offsets, np.int64), "timeout"),), hits_before)


def fill(log: Log, partition: int, hits: int) -> list[bytes]:
    """Append hits `hit 0`, `hit 1` and so on; returns them."""
    records = [b"hit %d" % n for n in range(hits)]
    log.append([(partition, record) for record in records])
    return records


def fill_up(log: Log) -> None:
    """Append what receivers may."""
    with pytest.raises(LogFull):  # noqa: PT012 - any of them may be the first refused
        for _ in range(1_000):
            log.append([(0, bytes(1_000))] * 100)


def all_of(log: Log, partition: int) -> list[tuple[int, bytes]]:
    """Everything that is in a partition."""
    return log.read(partition, 0, 1_000_000)


class LogContract:
    """Inherit, and give a fixture `open_log`. Uses the log's last partition, so that others may exist."""

    @pytest.fixture
    def open_log(self, tmp_path: Path) -> OpenLog:
        """How to open the log under test."""
        raise NotImplementedError

    @pytest.fixture
    def archive(self, tmp_path: Path) -> Archive:
        """An empty archive."""
        return Archive(tmp_path / "archive")

    @pytest.fixture
    def log(self, open_log: OpenLog, archive: Archive) -> Log:
        """A new log with an archive."""
        return open_log(archive=archive)

    @pytest.fixture
    def p(self, log: Log) -> int:
        """The partition to use."""
        return log.partitions - 1

    def test_what_is_appended_is_read_in_order(self, log: Log, p: int) -> None:
        """Records come back as they were given, with offsets from 0 on."""
        assert log.append([(p, b"a"), (p, b"b")]) == [0, 1]
        assert log.append([(p, b"c")]) == [2]
        assert all_of(log, p) == [(0, b"a"), (1, b"b"), (2, b"c")]

    def test_each_partition_counts_for_itself(self, log: Log) -> None:
        """One append may go to several partitions; offsets are returned in the order of the records."""
        last = log.partitions - 1
        offsets = log.append([(0, b"a"), (last, b"b"), (0, b"c")])
        assert offsets == ([0, 1, 2] if last == 0 else [0, 0, 1])
        assert [log.end(n) for n in range(log.partitions)].count(0) == max(last - 1, 0)

    def test_read_begins_and_ends_where_asked(self, log: Log, p: int) -> None:
        """`from_offset` is the first record, `limit` the most of them."""
        fill(log, p, 10)
        assert [offset for offset, _ in log.read(p, 4, 3)] == [4, 5, 6]
        assert log.read(p, 10, 3) == []

    def test_an_append_that_fails_leaves_nothing(self, log: Log, p: int) -> None:
        """All or nothing: a record of a partition that is not there takes its neighbours with it."""
        with pytest.raises(Broken):
            log.append([(p, b"a"), (log.partitions, b"b")], [cbor2.dumps({"r": "no_property"})])
        assert (all_of(log, p), log.end(p), log.rejected()) == ([], 0, {})

    def test_offsets_go_on_after_everything_was_trimmed_and_the_log_opened_again(
        self, log: Log, open_log: OpenLog, archive: Archive, p: int
    ) -> None:
        """An offset is never used twice, even when the log is empty."""
        fill(log, p, 5)
        log.save_start(p, StartPoint(5, 0))
        assert log.trim(p, 5, 0) == 5
        log.close()
        log = open_log(archive=archive)
        assert (all_of(log, p), log.end(p), log.append([(p, b"next")])) == ([], 5, [5])

    def test_identity_survives(self, log: Log, open_log: OpenLog) -> None:
        """The id and the secret are made once."""
        before = (log.id, log.secret)
        log.close()
        log = open_log()
        assert (log.id, log.secret) == before
        assert len(log.secret) == 32

    def test_ticks_are_records_but_no_hits(self, log: Log, p: int) -> None:
        """Totals count hits; the worker's own records only take offsets."""
        fill(log, p, 2)
        assert [log.append_own(p, tick(7)), log.append_own(p, clock_record(8))] == [2, 3]
        assert (log.end(p), log.totals(p)) == (4, Totals(hits=2, planned=0, plans=0))

    def test_get_answers_in_the_order_asked(self, log: Log, p: int) -> None:
        """Records by offset, in any order."""
        fill(log, p, 10)
        assert log.get(p, np.array([7, 0, 9], np.int64)) == [b"hit 7", b"hit 0", b"hit 9"]
        assert log.get(p, np.array([], np.int64)) == []

    def test_get_of_what_is_gone_is_broken(self, log: Log, p: int) -> None:
        """A plan's hit that is nowhere must not be passed over."""
        fill(log, p, 3)
        with pytest.raises(Broken, match="offset 3 "):
            log.get(p, np.array([1, 3], np.int64))

    def test_plans_come_back(self, log: Log, p: int) -> None:
        """A plan keeps its protosessions, their causes and their order."""
        closed = (Closed(np.array([4, 1]), "cap_hits", "quota"), Closed(np.array([2]), "timeout"))
        log.put_plan(p, Plan(1, 99, closed, 0), StartPoint(0, 0))
        (plan,) = log.plans(p, 1)
        assert (plan.n, plan.log_time, plan.hits_before, plan.hits) == (1, 99, 0, 3)
        assert [(c.offsets.tolist(), c.cause, c.continues) for c in plan.protosessions] == [
            ([4, 1], "cap_hits", "quota"),
            ([2], "timeout", None),
        ]

    def test_a_large_plan_comes_back(self, log: Log, p: int) -> None:
        """A plan may hold 50,000 hits."""
        offsets = np.arange(50_000, dtype=np.int64)
        closed = tuple(Closed(part, "timeout") for part in np.split(offsets, 5_000))
        log.put_plan(p, Plan(1, 0, closed, 0), StartPoint(0, 0))
        log.put_plan(p, plan_of(2, 1), StartPoint(0, 0))
        first, second = log.plans(p, 0)
        assert np.array_equal(first.offsets(), offsets)
        assert second.offsets().tolist() == [1]

    def test_plans_are_numbered_without_gaps(self, log: Log, p: int) -> None:
        """A plan must be the newest and one; a refused one leaves nothing."""
        log.put_plan(p, plan_of(1, 0), StartPoint(0, 0))
        for n in (1, 3):
            with pytest.raises(Broken, match=f"plan {n} "):
                log.put_plan(p, plan_of(n, 5), StartPoint(9, 9))
        assert (log.totals(p), log.start(p)) == (Totals(hits=0, planned=1, plans=1), StartPoint(0, 0))

    def test_plans_are_listed_from_a_number_up_to_a_limit(self, log: Log, p: int) -> None:
        """Some plans, without reading the others."""
        for n in range(1, 6):
            log.put_plan(p, plan_of(n, n), StartPoint(0, 0))
        assert [plan.n for plan in log.plans(p, 3)] == [3, 4, 5]
        assert [plan.n for plan in log.plans(p, 2, limit=2)] == [2, 3]

    def test_a_plan_and_its_start_point_are_one_transaction(self, log: Log, p: int) -> None:
        """The start point saved with a plan is where the next fold begins."""
        log.put_plan(p, plan_of(1, 0), StartPoint(1, 50))
        assert log.start(p) == StartPoint(1, 50)

    def test_the_start_point_of_a_new_log_is_its_beginning(self, log: Log, p: int) -> None:
        """Nothing was saved, so everything is read."""
        assert log.start(p) == StartPoint(0, 0)

    def test_a_start_point_never_falls(self, log: Log, p: int) -> None:
        """What lies before a start point may be gone."""
        log.save_start(p, StartPoint(5, 50))
        with pytest.raises(Broken, match="cannot fall"):
            log.save_start(p, StartPoint(4, 60))
        assert log.start(p) == StartPoint(5, 50)

    def test_a_cursor_moves_on_and_never_falls(self, log: Log, p: int) -> None:
        """Each sink has its own; the same number again changes nothing."""
        assert log.cursor(p, "main") == 0
        log.commit(p, "main", 3)
        log.commit(p, "main", 3)
        log.commit(p, "a/b", 1)
        with pytest.raises(Broken, match="cannot fall"):
            log.commit(p, "main", 2)
        assert (log.cursor(p, "main"), log.sinks(p)) == (3, {"main": 3, "a/b": 1})

    def test_attempts_are_counted_per_plan_until_it_is_committed(self, log: Log, p: int) -> None:
        """Each attempt says how many there were before."""
        assert [log.attempt(p, "main", 1) for _ in range(3)] == [0, 1, 2]
        assert [log.attempt(p, "other", 1), log.attempt(p, "main", 2), log.attempt(p, "main", 2)] == [0, 0, 1]
        log.commit(p, "main", 2)
        assert log.attempt(p, "main", 2) == 0

    def test_attempts_survive_the_process(self, log: Log, open_log: OpenLog, p: int) -> None:
        """An attempt is noted before it is made, or the death it causes would not count."""
        log.attempt(p, "main", 1)
        log.close()
        assert open_log().attempt(p, "main", 1) == 1

    def test_outcomes_are_kept_and_overwritten(self, log: Log, p: int) -> None:
        """The latest outcomes of a plan, as they were given."""
        latest = Outcomes(7, duplicate=(1, 2), filtered=tuple(range(3, 3_000)), dead={5_000: "too_deep"})
        log.put_outcomes(p, Outcomes(7, filtered=tuple(range(9_000))))
        log.put_outcomes(p, latest)
        assert (log.outcomes(p, 7), log.outcomes(p, 6), log.outcomes(p, 8)) == (latest, None, None)

    def test_notes_are_kept(self, log: Log) -> None:
        """A small value by name; the latest counts."""
        assert log.note("trying") is None
        log.put_note("trying", b"1")
        log.put_note("trying", b"2")
        assert log.note("trying") == b"2"

    def test_refusals_are_counted_by_reason_and_the_latest_kept(self, log: Log) -> None:
        """A refusal is counted for ever, also beside no hit at all."""
        refused = [cbor2.dumps({"r": reason, "n": n}) for n, reason in enumerate(["a", "b", "a", "c"])]
        log.append([], refused[:3])
        log.append([(0, b"hit")], refused[3:])
        assert log.rejected() == {"a": 2, "b": 1, "c": 1}
        assert log.rejections(3) == refused[1:]

    def test_refusals_are_a_ring_and_their_count_is_not(self, log: Log) -> None:
        """10,000 are kept; all are counted."""
        refused = [cbor2.dumps({"r": "a", "n": n}) for n in range(10_050)]
        for begin in range(0, len(refused), 2_010):
            log.append([], refused[begin : begin + 2_010])
        assert (log.rejected(), log.rejections(20_000)) == ({"a": 10_050}, refused[50:])

    def test_carried_hits_are_found_after_the_log_was_trimmed(self, log: Log, p: int) -> None:
        """`get` looks among the carried; they come back with what the fold needs."""
        records = fill(log, p, 10)
        carried = [Carried(2, records[2], 11, 22, "quota"), Carried(3, records[3], 11, 22)]
        log.carry(p, carried, StartPoint(8, 80))
        assert log.trim(p, 8, 0) == 8
        assert (log.start(p), log.carried(p)) == (StartPoint(8, 80), carried)
        assert log.get(p, np.array([2, 3, 9])) == [records[2], records[3], records[9]]

    def test_trimming_archives_what_it_drops(self, log: Log, archive: Archive, p: int) -> None:
        """Hits and plans leave the log and are in the archive, in order."""
        records = fill(log, p, 10)
        log.put_plan(p, plan_of(1, 0, 2), StartPoint(6, 60))
        log.put_plan(p, plan_of(2, 1, 3, 4, 5), StartPoint(6, 60))
        assert log.trim(p, 6, 2) == 6
        assert [offset for offset, _ in all_of(log, p)] == [6, 7, 8, 9]
        assert list(log.plans(p, 1)) == []
        assert list(archive.hits(p)) == list(enumerate(records[:6]))
        assert [plan.offsets().tolist() for plan in archive.plans(p)] == [[0, 2], [1, 3, 4, 5]]

    def test_trimming_drops_carried_hits_of_trimmed_plans(self, log: Log, p: int) -> None:
        """A carried hit goes when its plan goes, and not before."""
        records = fill(log, p, 4)
        log.carry(p, [Carried(n, records[n], 0, 0) for n in (0, 1)], StartPoint(4, 0))
        log.put_plan(p, plan_of(1, 0), StartPoint(4, 0))
        log.trim(p, 4, 1)
        assert [hit.offset for hit in log.carried(p)] == [1]

    def test_trimming_again_finds_nothing(self, log: Log, archive: Archive, p: int) -> None:
        """What was trimmed is not archived twice."""
        fill(log, p, 4)
        log.put_plan(p, plan_of(1, 0), StartPoint(4, 0))
        assert [log.trim(p, 4, 1), log.trim(p, 4, 1)] == [4, 0]
        assert [len(archive.segments(p)), len(archive.segments(p, "plans"))] == [1, 1]

    def test_trimming_never_passes_the_start_point(self, log: Log, p: int) -> None:
        """What the next fold reads stays, whatever was asked."""
        fill(log, p, 10)
        log.save_start(p, StartPoint(3, 0))
        assert log.trim(p, 10, 0) == 3
        assert all_of(log, p)[0][0] == 3

    def test_trimming_keeps_what_an_unsent_plan_needs(self, log: Log, p: int) -> None:
        """Hits of later plans stay, unless they are in the carry."""
        records = fill(log, p, 10)
        log.put_plan(p, plan_of(1, 0, 3), StartPoint(0, 0))
        log.put_plan(p, plan_of(2, 1, 5), StartPoint(0, 0))
        log.carry(p, [Carried(1, records[1], 0, 0)], StartPoint(10, 0))
        assert log.trim(p, 10, 1) == 5
        assert log.get(p, np.array([1, 5])) == [records[1], records[5]]

    def test_trimming_keeps_a_plan_that_reaches_past_the_start_point(self, log: Log, p: int) -> None:
        """The next fold reads from the start point and must know which of these hits are planned already."""
        fill(log, p, 10)
        log.put_plan(p, plan_of(1, 0), StartPoint(4, 0))
        log.put_plan(p, plan_of(2, 1, 6), StartPoint(4, 0))
        log.put_plan(p, plan_of(3, 2), StartPoint(4, 0))
        assert log.trim(p, 10, 3) == 4
        assert [plan.n for plan in log.plans(p, 0)] == [2, 3]

    def test_outcomes_of_the_latest_plans_outlive_them(self, log: Log, p: int) -> None:
        """`tracker tail` may still ask about hits that are long written."""
        fill(log, p, 60)
        for n in range(1, 61):
            log.put_plan(p, plan_of(n, n - 1), StartPoint(60, 0))
            log.put_outcomes(p, Outcomes(n))
        log.trim(p, 60, 60)
        assert [n for n in range(1, 61) if log.outcomes(p, n)] == list(range(11, 61))

    def test_without_an_archive_nothing_is_trimmed(self, open_log: OpenLog) -> None:
        """No archive, no trim."""
        log = open_log()
        fill(log, 0, 4)
        log.save_start(0, StartPoint(4, 0))
        assert (log.trim(0, 4, 0), len(all_of(log, 0))) == (0, 4)

    def test_receivers_stop_at_their_share_and_the_worker_goes_on(self, open_log: OpenLog, archive: Archive) -> None:
        """At 80 % of the quota receivers get `LogFull`; plans, ticks and trimming still work and make room."""
        log = open_log(quota=4 << 20, archive=archive)
        fill_up(log)
        end, (used, quota) = log.end(0), log.used()
        assert 0.8 <= used / quota < 0.9
        log.put_plan(0, Plan(1, 0, (Closed(np.arange(end), "timeout"),), 0), StartPoint(end, 0))
        assert log.append_own(0, tick(1)) == end
        assert log.trim(0, end, 1) == end
        assert log.used()[0] < 0.2 * quota
        assert log.append([(0, bytes(1_000))] * 2_000)[0] == end + 1
