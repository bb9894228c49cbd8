"""The fold: what closes together, when, why, and that a restart changes nothing."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tracker.clock import MINUTE, SECOND
from tracker.errors import Broken
from tracker.model import CLOCK, COOKIELESS, TICK, Carried, Closed, Routing, StartPoint
from tracker.protosessions.fold import Fold
from tracker.protosessions.limits import FoldLimits

NOON = 1_700_000_000 * SECOND
PLAIN = FoldLimits(
    timeout=30 * MINUTE,
    max_hits=2_000,
    max_duration=24 * 60 * MINUTE,
    max_open=1_000_000,
    join_by_user_id=False,
    join_by_stamp="off",
    join_across_clients=True,
)
STRANGER = replace(PLAIN, shares_quota=True)
JOINED = replace(PLAIN, join_by_user_id=True, join_by_stamp="cookieless")
Seen = tuple[list[int], str, str | None]


def hit(
    at: int,
    client: str = "a",
    *,
    user: str | None = None,
    stamp: bytes | None = None,
    flags: int = 0,
    site: str = "G-1",
    family: str = "ga4",
) -> Routing:
    """A hit `at` microseconds after noon."""
    return Routing(1, family, site, client, user, stamp, NOON + at, flags)


def tick(at: int) -> Routing:
    """A tick."""
    return Routing(1, "", "", "", None, None, NOON + at, TICK)


def clock(at: int) -> Routing:
    """A clock record."""
    return Routing(1, "", "", "", None, None, NOON + at, CLOCK)


def seen(closings: Sequence[Closed]) -> list[Seen]:
    """Closings as plain values."""
    return [(closed.offsets.tolist(), closed.cause, closed.continues) for closed in closings]


def fold_all(records: Sequence[Routing], limits: FoldLimits | Callable[[str], FoldLimits] = PLAIN) -> list[Seen]:
    """What a fold closes that is never interrupted."""
    return seen(closings_of(records, limits if callable(limits) else lambda _: limits))


def closings_of(records: Sequence[Routing], limits_of: Callable[[str], FoldLimits]) -> list[Closed]:
    """The same, as it is."""
    fold = Fold(limits_of)
    return [closed for offset, record in enumerate(records) for closed in fold.apply(offset, record)]


def test_a_protosession_closes_at_its_deadline() -> None:
    """A tick at exactly the last hit plus the timeout closes it, one microsecond earlier does not."""
    hits = [hit(0), hit(MINUTE)]
    assert fold_all([*hits, tick(31 * MINUTE - 1)]) == []
    assert fold_all([*hits, tick(31 * MINUTE)]) == [([0, 1], "timeout", None)]


def test_open_now_lists_what_would_close() -> None:
    """Open protosessions are listed as they would close, joined ones together, the last active first; none closes."""
    fold = Fold(lambda _: replace(JOINED, max_hits=2))
    records = [hit(0), hit(1, "b"), hit(2, "c", user="u"), hit(3), hit(4, "d", user="u"), hit(5), hit(6, "b")]
    closed = [one for offset, record in enumerate(records) for one in fold.apply(offset, record)]
    assert seen(closed) == [([0, 3], "cap_hits", None), ([2, 4], "cap_hits", None), ([1, 6], "cap_hits", None)]
    for offset, record in enumerate([hit(7, "e", user="v"), hit(8, "f")], 7):
        fold.apply(offset, record)
    expected = [([8], "timeout", None), ([7], "timeout", None), ([5], "timeout", "cap_hits")]
    assert seen(fold.open_now(100)) == seen(fold.open_now(100)) == expected
    assert fold.open_hits == 3


@pytest.mark.parametrize(
    ("most", "listed"), [(0, []), (1, [[3]]), (2, [[3], [1, 2]]), (3, [[3], [1, 2]]), (4, [[3], [1, 2], [0]])]
)
def test_open_now_ends_with_the_protosession_that_reaches_the_limit(most: int, listed: list[list[int]]) -> None:
    """Whole protosessions are listed until they hold so many hits."""
    fold = Fold(lambda _: PLAIN)
    for offset, record in enumerate([hit(0), hit(1, "b"), hit(2, "b"), hit(3, "c")]):
        fold.apply(offset, record)
    assert [closed.offsets.tolist() for closed in fold.open_now(most)] == listed


def test_a_hit_at_the_deadline_opens_a_new_one() -> None:
    """Time moves before the hit is applied."""
    assert fold_all([hit(0), hit(30 * MINUTE), tick(60 * MINUTE)]) == [([0], "timeout", None), ([1], "timeout", None)]


def test_log_time_is_the_running_maximum() -> None:
    """A record that was received earlier does not move time back, and keeps its protosession open from now."""
    fold = Fold(lambda _: PLAIN)
    fold.apply(0, hit(10 * MINUTE))
    fold.apply(1, hit(0, "late"))
    assert fold.log_time == NOON + 10 * MINUTE
    assert fold.describe("ga4", "G-1", "late") == NOON + 40 * MINUTE


def test_families_properties_and_clients_are_apart() -> None:
    """Each family, property and client has a protosession of its own."""
    hits = [hit(0), hit(1, "b"), hit(2, site="G-2"), hit(3, family="matomo"), hit(4)]
    closings = fold_all([*hits, tick(60 * MINUTE)], JOINED)
    assert closings == [
        ([1], "timeout", None),
        ([2], "timeout", None),
        ([3], "timeout", None),
        ([0, 4], "timeout", None),
    ]


def test_ids_do_not_run_into_each_other() -> None:
    """A property `G` with client `1a` is not property `G1` with client `a`."""
    fold = Fold(lambda _: PLAIN)
    fold.apply(0, hit(0, "1a", site="G"))
    assert fold.describe("ga4", "G1", "a") is None
    fold.apply(1, hit(0, "a", site="G1"))
    assert fold.open == 2


def test_closings_come_in_the_order_of_deadlines() -> None:
    """One record closes by deadline, then by first offset, across properties with timeouts of their own."""
    timeouts = {"G-1": 30 * MINUTE, "G-2": MINUTE}
    records = [hit(0), hit(5, site="G-2"), hit(29 * MINUTE + 5, "b", site="G-2"), hit(0, "c"), tick(90 * MINUTE)]
    closings = fold_all(records, lambda site: replace(PLAIN, timeout=timeouts[site]))
    assert [offsets for offsets, _, _ in closings] == [[1], [0], [2], [3]]


def test_offsets_are_ascending_int64() -> None:
    """What closes is ready for Arrow, also after a join."""
    fold = Fold(lambda _: JOINED)
    for offset, record in enumerate([hit(0), hit(0, "b", user="u"), hit(0), hit(0, user="u")]):
        fold.apply(offset, record)
    (closed,) = fold.apply(4, tick(60 * MINUTE))
    assert closed.offsets.dtype == np.int64
    assert closed.offsets.tolist() == [0, 1, 2, 3]


def test_hits_with_one_user_id_close_together() -> None:
    """Two devices of one login are one cluster, including what they did before the login."""
    records = [hit(0, "phone"), hit(1, "laptop", user="u"), hit(2, "phone", user="u"), hit(3, "tv"), tick(60 * MINUTE)]
    assert fold_all(records, JOINED) == [([0, 1, 2], "timeout", None), ([3], "timeout", None)]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("cookieless", [[0, 1], [2], [3]]), ("always", [[0, 1, 2, 3]]), ("off", [[0], [1], [2], [3]])],
)
def test_stamps_join_what_the_setting_says(mode: str, expected: list[list[int]]) -> None:
    """`cookieless` joins hits without a stable client id, `always` all that share a stamp."""
    records = [
        hit(0, "x", stamp=b"s", flags=COOKIELESS),
        hit(0, "y", stamp=b"s", flags=COOKIELESS),
        hit(0, "z", stamp=b"s"),
        hit(0, "w", stamp=b"s"),
        tick(60 * MINUTE),
    ]
    closings = fold_all(records, replace(PLAIN, join_by_stamp=mode))  # type: ignore[arg-type]
    assert [offsets for offsets, _, _ in closings] == expected


def test_nothing_joins_where_partitions_scatter_clients() -> None:
    """`join_across_clients = False` switches every join off."""
    records = [hit(0, "a", user="u"), hit(0, "b", user="u"), tick(60 * MINUTE)]
    assert len(fold_all(records, replace(JOINED, join_across_clients=False))) == 2


def test_an_empty_user_id_joins_nobody() -> None:
    """Absent and empty ids are the same nothing."""
    assert len(fold_all([hit(0, "a", user=""), hit(0, "b", user=""), tick(60 * MINUTE)], JOINED)) == 2


def test_the_hit_that_reaches_the_cap_closes() -> None:
    """The rest continues in a new protosession that says so."""
    records = [hit(0), hit(1), hit(2), tick(60 * MINUTE)]
    closings = fold_all(records, replace(PLAIN, max_hits=2))
    assert closings == [([0, 1], "cap_hits", None), ([2], "timeout", "cap_hits")]


def test_a_join_may_reach_the_cap() -> None:
    """What is joined counts together."""
    records = [hit(0, "a"), hit(1, "b", user="u"), hit(2, "a", user="u")]
    assert fold_all(records, replace(JOINED, max_hits=3)) == [([0, 1, 2], "cap_hits", None)]


def test_a_visitor_who_never_pauses_is_cut() -> None:
    """Log time reaching the opening plus the longest duration closes, and the next hit continues."""
    limits = replace(PLAIN, max_duration=60 * MINUTE)
    records = [*(hit(minute * MINUTE) for minute in range(0, 80, 20)), tick(120 * MINUTE)]
    assert fold_all(records, limits) == [([0, 1, 2], "cap_duration", None), ([3], "timeout", "cap_duration")]


def test_a_client_who_comes_back_late_does_not_continue() -> None:
    """After the old deadline the next protosession is a beginning."""
    records = [hit(0), hit(1), hit(1 + 30 * MINUTE), tick(90 * MINUTE)]
    closings = fold_all(records, replace(PLAIN, max_hits=2))
    assert closings == [([0, 1], "cap_hits", None), ([2], "timeout", None)]


def test_over_the_quota_the_oldest_closes() -> None:
    """The oldest by opening, whatever came to it later; other properties are left alone."""
    records = [hit(0, "other", site="G-2"), hit(1, "a"), hit(2, "b"), hit(3, "a"), hit(4, "c"), hit(5, "a")]
    limits = replace(PLAIN, max_open=2)
    assert fold_all(records, limits) == [([1, 3], "quota", None), ([2], "quota", None)]
    closings = fold_all([*records, tick(60 * MINUTE)], limits)
    assert closings[-1] == ([5], "timeout", "quota")


def test_strangers_share_a_quota() -> None:
    """The oldest of all of them makes room, whatever property and family it is of, and goes on as any other."""
    records = [hit(0, site="X-1"), hit(1, site="X-2", family="matomo"), hit(2, site="X-1"), hit(3, site="X-3")]
    limits = replace(STRANGER, max_open=2)
    assert fold_all(records, limits) == [([0, 2], "quota", None)]
    closings = fold_all([*records, hit(4, site="X-1"), tick(60 * MINUTE)], limits)
    assert closings[1:] == [([1], "quota", None), ([3], "timeout", None), ([4], "timeout", "quota")]


def test_strangers_leave_known_properties_alone() -> None:
    """However many properties are invented, what is known has a quota of its own; nor does it take from theirs."""
    records = [hit(0, "a"), *(hit(number, site=f"X-{number}") for number in range(1, 5)), hit(5, "b")]
    closings = fold_all(records, lambda site: replace(PLAIN, max_open=2, shares_quota=site != "G-1"))
    assert closings == [([1], "quota", None), ([2], "quota", None)]


def test_a_clock_set_back_reaches_every_quota() -> None:
    """Each of the strangers keeps its own timeout from then, beside the property with its own quota."""
    limits = {"G-1": PLAIN, "X-1": STRANGER, "X-2": replace(STRANGER, timeout=MINUTE)}
    records = [*(hit(9_000 * MINUTE, site=site) for site in limits), clock(0), tick(MINUTE), tick(30 * MINUTE)]
    closings = fold_all(records, limits.__getitem__)
    assert [offsets for offsets, _, _ in closings] == [[2], [0], [1]]


def test_properties_are_forgotten() -> None:
    """Only those with open protosessions are remembered, whether they share a quota or not."""
    fold = Fold(lambda site: replace(PLAIN, max_open=3, shares_quota=site != "G-1"))
    seen_at_a_time = set()
    for offset in range(100):
        fold.apply(offset, hit(offset, site=f"X-{offset}" if offset % 2 else "G-1"))
        seen_at_a_time.add(fold.properties)
    assert seen_at_a_time == {1, 2, 3, 4}
    fold.apply(100, tick(60 * MINUTE))
    assert (fold.properties, list(fold._quotas())) == (0, [fold._shared_quota])


def test_a_joined_protosession_is_as_old_as_its_older_part() -> None:
    """The younger part having more keys does not make the cluster young."""
    records = [
        hit(0, "old"),
        hit(1, "middle"),
        hit(2, "x", user="u"),
        hit(3, "y", user="u"),
        hit(4, "old", user="u"),
        hit(5, "new"),
        hit(6, "newer"),
    ]
    closings = fold_all(records, replace(JOINED, max_open=3))
    assert closings == [([0, 2, 3, 4], "quota", None)]


def test_a_clock_record_sets_time_back() -> None:
    """Nothing stays open longer than its timeout from then."""
    day = 24 * 60 * MINUTE
    records = [hit(0, "a"), hit(15 * MINUTE, "a"), hit(9 * day, "b"), clock(20 * MINUTE), tick(50 * MINUTE - 1)]
    fold = Fold(lambda _: PLAIN)
    closings = [closed for offset, record in enumerate(records) for closed in fold.apply(offset, record)]
    assert seen(closings) == [([0, 1], "timeout", None)]
    assert fold.log_time == NOON + 50 * MINUTE - 1
    assert seen(fold.apply(5, tick(50 * MINUTE))) == [([2], "timeout", None)]


def test_a_clock_record_makes_nothing_young_for_longer() -> None:
    """What was opened in the future counts as opened now, and the longest duration strikes from then on."""
    limits = replace(PLAIN, max_duration=60 * MINUTE)
    records = [hit(9_000 * MINUTE), clock(0), hit(20 * MINUTE), hit(40 * MINUTE), tick(60 * MINUTE)]
    assert fold_all(records, limits) == [([0, 2, 3], "cap_duration", None)]


def test_nothing_continues_over_a_clock_set_back() -> None:
    """A client whose protosession was cut before the clock was put right begins anew."""
    records = [hit(9_000 * MINUTE), hit(9_000 * MINUTE), clock(0), hit(0), tick(30 * MINUTE)]
    closings = fold_all(records, replace(PLAIN, max_hits=2))
    assert closings == [([0, 1], "cap_hits", None), ([3], "timeout", None)]


def test_a_clock_record_may_set_time_forward() -> None:
    """Then it closes like a tick."""
    assert fold_all([hit(0), clock(30 * MINUTE)]) == [([0], "timeout", None)]


def test_a_planned_hit_only_moves_time() -> None:
    """What stands in a plan is not folded again, but closes others."""
    fold = Fold(lambda _: PLAIN)
    fold.apply(0, hit(0))
    assert seen(fold.apply(1, hit(30 * MINUTE), planned=True)) == [([0], "timeout", None)]
    assert (fold.open, fold.open_hits, fold.next_deadline()) == (0, 0, None)


def test_counts_what_is_open() -> None:
    """Protosessions and hits, through joins and closings; the next deadline is never later than the true one."""
    fold = Fold(lambda _: JOINED)
    for offset, record in enumerate([hit(0), hit(1, "b", user="u"), hit(2, user="u"), hit(3, "c")]):
        fold.apply(offset, record)
    assert (fold.open, fold.open_hits) == (2, 4)
    assert (fold.next_deadline() or 0) <= NOON + 2 + 30 * MINUTE
    fold.apply(4, tick(30 * MINUTE + 2))
    assert (fold.open, fold.open_hits) == (1, 1)


def test_a_young_protosession_holds_the_start() -> None:
    """A fold begins again at the first hit of what is open, with the log time of that moment."""
    fold = Fold(lambda _: PLAIN)
    for offset, record in enumerate([hit(0), hit(40 * MINUTE, "b"), hit(MINUTE, "c"), hit(41 * MINUTE, "b")]):
        fold.apply(offset, record)
    assert fold.start_point(45 * MINUTE, 4) == (StartPoint(1, NOON + 40 * MINUTE), [])


def test_an_old_protosession_is_carried_once() -> None:
    """Its hits below the start are returned when the start passes them, and not again."""
    fold = Fold(lambda _: PLAIN)
    for offset in range(4):
        fold.apply(offset, hit(offset * 20 * MINUTE))
    start, carried = fold.start_point(45 * MINUTE, 4)
    assert start == StartPoint(4, NOON + 60 * MINUTE)
    assert carried == [Carried(offset, b"", NOON, NOON + 90 * MINUTE) for offset in range(4)]
    fold.apply(4, hit(80 * MINUTE))
    assert [hit.offset for hit in fold.start_point(45 * MINUTE, 5)[1]] == [4]
    assert [hit.offset for hit in fold.start_point(45 * MINUTE, 5, StartPoint(2, 0))[1]] == [2, 3, 4]


def test_a_lowered_quota_strikes_at_the_next_opening() -> None:
    """Carried protosessions over a quota that was lowered meanwhile are not lost: they close with the first new one."""
    records = {b"0": hit(0, "a"), b"1": hit(1, "b")}
    carried = [Carried(offset, str(offset).encode(), NOON, NOON + 30 * MINUTE) for offset in range(2)]
    fold = Fold(lambda _: replace(PLAIN, max_open=1), StartPoint(2, NOON), carried, records.__getitem__)
    assert seen(fold.apply(2, hit(2, "c"))) == [([0], "quota", None), ([1], "quota", None)]


def test_carried_hits_need_a_decoder() -> None:
    """A fold cannot guess what a carried record says."""
    with pytest.raises(Broken):
        Fold(lambda _: PLAIN, StartPoint(9, NOON), [Carried(3, b"", NOON, NOON + 1)])


class Consumer:
    """Plays the worker: a log, plans in order, a start point with its carry, and crashes that forget all else."""

    def __init__(self, limits_of: Callable[[str], FoldLimits]) -> None:
        self.limits_of = limits_of
        self.records: list[Routing] = []
        self.plans: list[Closed] = []
        self.carry: dict[int, Carried] = {}
        self.start = StartPoint(0, 0)
        self.pending: list[Closed] = []
        self.fold = Fold(limits_of)
        self.most_open = 0

    def append(self, record: Routing) -> None:
        """Append a record and fold it."""
        self.records.append(record)
        self._apply(len(self.records) - 1)

    def _apply(self, offset: int, planned: bool = False) -> None:
        self.pending += self.fold.apply(offset, self.records[offset], planned)
        self.most_open = max(self.most_open, self.fold.open)

    def plan(self, most: int) -> None:
        """Plan some of what has closed; its hits must still be somewhere."""
        planned, self.pending = self.pending[:most], self.pending[most:]
        for closed in planned:
            assert all(offset >= self.start.offset or offset in self.carry for offset in closed.offsets.tolist())
        self.plans += planned

    def save(self, carry_after: int) -> None:
        """Plan everything, then move the start as far as it goes."""
        self.plan(len(self.pending))
        start, carried = self.fold.start_point(carry_after, len(self.records), self.start)
        assert start.offset >= self.start.offset
        self.start = start
        self.carry |= {hit.offset: replace(hit, record=str(hit.offset).encode()) for hit in carried}

    def crash(self) -> None:
        """Forget what is not durable and begin again."""
        planned = {offset for closed in self.plans for offset in closed.offsets.tolist()}
        carried = [hit for offset, hit in self.carry.items() if offset not in planned]
        self.fold = Fold(self.limits_of, self.start, carried, lambda record: self.records[int(record)])
        self.pending = []
        for offset in range(self.start.offset, len(self.records)):
            self._apply(offset, offset in planned)


Move = tuple[str, int, int, int]
SPANS = st.sampled_from([0, 1, SECOND, 4 * SECOND, 9 * SECOND, 10 * SECOND, 40 * SECOND, 59 * SECOND, MINUTE])
HITS = st.tuples(st.just("hit"), SPANS, st.integers(0, 3), st.integers(0, 11))
MOVES = st.lists(
    st.one_of(
        HITS,
        HITS,
        HITS,
        st.tuples(st.just("tick"), SPANS, st.just(0), st.just(0)),
        st.tuples(st.just("late"), SPANS, st.integers(0, 3), st.integers(0, 11)),
        st.tuples(st.just("clock"), SPANS, st.just(0), st.just(0)),
        st.tuples(st.just("plan"), st.just(0), st.integers(1, 3), st.just(0)),
        st.tuples(st.just("save"), st.sampled_from([0, 5 * SECOND, 20 * SECOND, 10 * MINUTE]), st.just(0), st.just(0)),
        st.tuples(st.just("crash"), st.just(0), st.just(0), st.just(0)),
    ),
    max_size=80,
)


def play(
    moves: Sequence[Move],
    limits_of: Callable[[str], FoldLimits],
    hit_of: Callable[[int, int, int], Routing] | None = None,
) -> Consumer:
    """Let a consumer live through the moves and a long silence."""
    hit_of = hit_of or _hit_of
    consumer, now = Consumer(limits_of), 0
    for move, span, client, extra in moves:
        if move == "hit" or move == "late":
            at = now = now + span if move == "hit" else now
            consumer.append(hit_of(at - (span if move == "late" else 0), client, extra))
        elif move == "tick":
            now += span
            consumer.append(tick(now))
        elif move == "clock":
            now = consumer.fold.log_time - NOON - span if consumer.fold.log_time else now
            consumer.append(clock(now))
        elif move == "plan":
            consumer.plan(client)
        elif move == "save":
            consumer.save(span)
        else:
            consumer.crash()
    consumer.append(tick(consumer.fold.log_time + 10_000 * MINUTE))
    consumer.save(0)
    return consumer


def _hit_of(at: int, client: int, extra: int) -> Routing:
    site, joined = f"G-{extra % 2}", extra // 2
    return hit(
        at,
        f"client {client}",
        user=f"user {joined}" if joined in (1, 2) else None,
        stamp=b"stamp" if joined in (3, 4) else None,
        flags=COOKIELESS if joined == 3 else 0,
        site=site,
    )


def _invented_hit_of(at: int, client: int, extra: int) -> Routing:
    """A third of the hits are of a known property, all others of a few that somebody invented."""
    known, family = extra % 3 == 0, "ga4" if extra % 2 else "matomo"
    user = "user" if extra % 4 == 0 else None
    return hit(at, f"client {client}", site="G-1" if known else f"X-{extra % 2}-{client}", family=family, user=user)


def limited(limits: FoldLimits) -> Callable[[str], FoldLimits]:
    """Two properties, with timeouts of their own."""
    return lambda site: replace(limits, timeout={"G-0": 10 * SECOND, "G-1": MINUTE}[site])


def without_continues(closings: Sequence[Closed]) -> list[tuple[list[int], str]]:
    """Which hits, and why. Why a protosession *before* it closed is not remembered over a restart."""
    return [(offsets, cause) for offsets, cause, _ in seen(closings)]


def planned_hits(consumer: Consumer) -> list[int]:
    """The offsets in all plans, ascending; one that was planned twice stands there twice."""
    return sorted(offset for closed in consumer.plans for offset in closed.offsets.tolist())


def all_hits(consumer: Consumer) -> list[int]:
    """The offsets of all records that are hits."""
    return [offset for offset, record in enumerate(consumer.records) if not record.flags & (TICK | CLOCK)]


def in_seconds(*moves: Move) -> list[Move]:
    """Moves of the property whose timeout is a minute, written in seconds."""
    return [(move, span * SECOND, client, extra) for move, span, client, extra in moves]


AHEAD = in_seconds(
    ("hit", 0, 0, 1), ("hit", 40, 0, 1), ("hit", 40, 0, 1), ("hit", 50, 1, 1), ("clock", 100, 0, 0), ("save", 20, 0, 0),
    ("crash", 0, 0, 0), ("hit", 10, 0, 1),
)  # fmt: skip
"""Time before a clock was set back lies beyond the deadline that a carried protosession got from it."""
PULLED_BACK = in_seconds(
    ("hit", 0, 0, 1), ("hit", 40, 0, 1), ("save", 20, 0, 0), ("clock", 30, 0, 0), ("save", 5, 0, 0), ("crash", 0, 0, 0),
    ("tick", 60, 0, 0), ("hit", 1, 0, 1),
)  # fmt: skip
"""A deadline is pulled back after its hits were carried."""
CARRIED_TWICE = in_seconds(
    ("hit", 0, 0, 1), ("hit", 40, 0, 1), ("save", 20, 0, 0), ("hit", 40, 0, 1), ("save", 20, 0, 0), ("crash", 0, 0, 0),
    ("hit", 30, 0, 1),
)  # fmt: skip
"""The later of a protosession's hits are carried later, with a later deadline."""


@settings(max_examples=150, deadline=None)
@given(MOVES)
@example(AHEAD)
@example(PULLED_BACK)
@example(CARRIED_TWICE)
def test_a_restart_changes_nothing(moves: list[Move]) -> None:
    """Whatever crashes, ticks and clocks set back lie between, the plans are those of an uninterrupted fold."""
    consumer = play(moves, limited(PLAIN))
    assert seen(consumer.plans) == fold_all(consumer.records, limited(PLAIN))


@settings(max_examples=150, deadline=None)
@given(MOVES)
def test_a_restart_changes_nothing_with_joins(moves: list[Move]) -> None:
    """Clusters come out the same after a restart."""
    consumer = play(moves, limited(JOINED))
    assert seen(consumer.plans) == fold_all(consumer.records, limited(JOINED))


@settings(max_examples=150, deadline=None)
@given(MOVES)
def test_a_restart_changes_nothing_with_caps(moves: list[Move]) -> None:
    """Caps strike at the same hit and time after a restart, joins included."""
    limits = limited(replace(JOINED, max_hits=4, max_duration=15 * SECOND))
    consumer = play(moves, limits)
    assert without_continues(consumer.plans) == without_continues(closings_of(consumer.records, limits))


@settings(max_examples=150, deadline=None)
@given(MOVES, st.integers(1, 4), st.integers(1, 3))
def test_every_hit_is_planned_exactly_once(moves: list[Move], max_hits: int, max_open: int) -> None:
    """Under restarts, caps, quotas and joins no hit is lost and none stands in two plans."""
    limits = replace(JOINED, max_hits=max_hits, max_duration=15 * SECOND, max_open=max_open)
    consumer = play(moves, limited(limits))
    assert planned_hits(consumer) == all_hits(consumer)


@settings(max_examples=150, deadline=None)
@given(MOVES, st.integers(1, 3))
def test_invented_properties_stay_within_the_quota(moves: list[Move], max_open: int) -> None:
    """Whatever property ids are sent, restarts included: no hit is lost or doubled, and no more is open than may be."""
    limits = replace(JOINED, timeout=MINUTE, max_open=max_open)
    consumer = play(moves, lambda site: replace(limits, shares_quota=site != "G-1"), _invented_hit_of)
    assert planned_hits(consumer) == all_hits(consumer)
    assert consumer.most_open <= 3 * max_open  # strangers, and the known property in each of two families


@settings(max_examples=100, deadline=None)
@given(MOVES)
def test_strangers_do_not_disturb_known_properties(moves: list[Move]) -> None:
    """What closes of a known property is the same without the strangers' hits."""
    limits = replace(JOINED, timeout=MINUTE, max_open=2)
    plain_moves = [move for move in moves if move[0] in ("hit", "tick", "clock")]
    records = play(plain_moves, lambda _: limits, _invented_hit_of).records
    alone = [record if record.property_id in ("G-1", "") else tick(record.received_at - NOON) for record in records]
    known = {offset for offset, record in enumerate(records) if record.property_id == "G-1"}
    closings = fold_all(records, lambda site: replace(limits, shares_quota=site != "G-1"))
    assert [closing for closing in closings if closing[0][0] in known] == fold_all(alone, limits)


@settings(max_examples=100, deadline=None)
@given(st.lists(HITS, max_size=12), st.randoms(use_true_random=False))
def test_clusters_do_not_depend_on_the_order_of_hits(moves: list[Move], random: object) -> None:
    """Union is the same whichever hits come first."""
    records = [_hit_of(0, client, extra) for _, _, client, extra in moves]
    order = list(range(len(records)))
    random.shuffle(order)  # type: ignore[attr-defined]
    straight = {frozenset(offsets) for offsets, _, _ in fold_all([*records, tick(60 * MINUTE)], JOINED)}
    shuffled = fold_all([*(records[index] for index in order), tick(60 * MINUTE)], JOINED)
    assert {frozenset(order[offset] for offset in offsets) for offsets, _, _ in shuffled} == straight


@settings(max_examples=100, deadline=None)
@given(MOVES)
def test_ticks_change_nothing_but_when_it_is_noticed(moves: list[Move]) -> None:
    """Without the ticks in between the same protosessions close, for the same reasons."""
    records = play([move for move in moves if move[0] in ("hit", "tick")], limited(JOINED)).records
    sparse = [(offset, record) for offset, record in enumerate(records[:-1]) if not record.flags & TICK]
    fold = Fold(limited(JOINED))
    closings = [closed for offset, record in sparse for closed in fold.apply(offset, record)]
    closings += fold.apply(len(records), records[-1])
    assert seen(closings) == fold_all(records, limited(JOINED))
