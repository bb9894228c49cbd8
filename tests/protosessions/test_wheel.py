"""The wheel finds exactly what a sorted list finds."""

from hypothesis import given
from hypothesis import strategies as st

from tracker.clock import DAY, HOUR, MINUTE, SECOND
from tracker.protosessions.wheel import NEVER, Wheel

STEPS = st.one_of(
    st.integers(0, 3 * SECOND), st.sampled_from([0, 1, SECOND - 1, SECOND, SECOND + 1, MINUTE, HOUR, 40 * DAY])
)


class Naive:
    """Deadlines by member, searched from end to end."""

    def __init__(self) -> None:
        self.deadlines: dict[int, int] = {}

    def due(self, now: int) -> list[int]:
        """Take out what is due."""
        found = sorted(member for member, deadline in self.deadlines.items() if deadline <= now)
        for member in found:
            del self.deadlines[member]
        return found

    def of(self, member: int) -> int:
        """The deadline of a member."""
        return self.deadlines.get(member, NEVER)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("put"), st.integers(0, 9), STEPS),
            st.tuples(st.just("later"), st.integers(0, 9), STEPS),
            st.tuples(st.just("drop"), st.integers(0, 9), st.just(0)),
            st.tuples(st.just("wait"), st.just(0), STEPS),
            st.tuples(st.just("back"), st.just(0), STEPS),
        ),
        max_size=60,
    )
)
def test_finds_what_a_sorted_list_finds(moves: list[tuple[str, int, int]]) -> None:
    """Whatever is put in, moved, dropped or put in again, and however time goes, the same members are due."""
    wheel, naive, now = Wheel(), Naive(), 1_700_000_000 * SECOND
    for move, member, step in moves:
        if move == "put":
            naive.deadlines[member] = now + step
            wheel.add(member, now + step)
        elif move == "later" and member in naive.deadlines:
            naive.deadlines[member] += step
        elif move == "drop":
            naive.deadlines.pop(member, None)
        elif move in ("wait", "back"):
            now += step if move == "wait" else -step
            assert wheel.soonest <= min(naive.deadlines.values(), default=NEVER)
            due = wheel.due(now, naive.of)
            assert sorted(due) == naive.due(now)
    assert sorted(wheel.due(NEVER - 1, naive.of)) == naive.due(NEVER - 1)


def test_is_exact_to_the_microsecond() -> None:
    """A member is due at its deadline, not one microsecond before it."""
    wheel = Wheel()
    wheel.add(0, 5 * SECOND + 7)
    assert wheel.due(5 * SECOND + 6, lambda _: 5 * SECOND + 7) == []
    assert wheel.due(5 * SECOND + 7, lambda _: 5 * SECOND + 7) == [0]


def test_asks_once_for_each_member_of_the_current_second() -> None:
    """Many calls within one second do not look again at everything that is due later in it."""
    wheel, asked = Wheel(), []

    def deadline_of(member: int) -> int:
        asked.append(member)
        return 5 * SECOND + 900_000

    for member in range(100):
        wheel.add(member, 5 * SECOND + 900_000)
    for microsecond in range(500):
        wheel.due(5 * SECOND + microsecond, deadline_of)
    assert len(asked) == 100


def test_a_member_moved_later_is_not_due_in_its_old_second() -> None:
    """Moving a deadline on needs no call."""
    wheel = Wheel()
    wheel.add(3, SECOND)
    assert wheel.due(10 * SECOND, lambda _: 20 * SECOND) == []
    assert wheel.due(20 * SECOND, lambda _: 20 * SECOND) == [3]


def test_nothing_is_sooner_than_soonest() -> None:
    """An empty wheel has nothing to wait for; a full one names a time at or before the first deadline."""
    wheel = Wheel()
    assert wheel.soonest == NEVER
    wheel.add(0, 7 * SECOND + 5)
    assert wheel.soonest == 7 * SECOND
    wheel.due(7 * SECOND, lambda _: 7 * SECOND + 5)
    assert wheel.soonest == 7 * SECOND + 5
    wheel.due(7 * SECOND + 5, lambda _: 7 * SECOND + 5)
    assert wheel.soonest == NEVER
