"""Who is who: users join clients, stamps join the anonymous, and two people behind one address stay two."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tracker.columns.visitors import resolve, told_apart


def people(
    *events: tuple[str, str | None, bytes | None], home: list[int] | None = None, joins: bool = True
) -> tuple[list[set[int]], list[Any]]:
    """Which events are one visitor, and why, for (client, user, stamp) events of one protosession."""
    clients, users, stamps = zip(*events, strict=True)
    found = resolve(
        np.array(home or [0] * len(events)),
        pa.array(clients, pa.string()),
        pa.array(users, pa.string()),
        pa.array(stamps, pa.binary()),
        np.full(len(events), joins),
    )
    groups: dict[int, set[int]] = {}
    for event, visitor in enumerate(found.visitor.tolist()):
        groups.setdefault(visitor, set()).add(event)
    return sorted(groups.values(), key=min), found.joined_by.to_pylist()


def test_one_client_is_one_visitor() -> None:
    """Logging in changes nothing about that."""
    assert people(("a", None, None), ("a", "bob", None)) == ([{0, 1}], [None, None])


def test_a_shared_user_joins_clients() -> None:
    """A phone and a laptop of one person, and what the laptop did before the login."""
    assert people(("a", "bob", None), ("b", None, None), ("b", "bob", None)) == ([{0, 1, 2}], ["user_id"] * 3)


def test_joining_by_user_can_be_switched_off() -> None:
    """Then clients stay alone."""
    assert people(("a", "bob", None), ("b", "bob", None), joins=False)[0] == [{0}, {1}]


def test_a_stamp_joins_anonymous_clients() -> None:
    """Page loads without cookies, each with a client id of its own."""
    assert people(("a", None, b"s"), ("b", None, b"s")) == ([{0, 1}], ["stamp", "stamp"])


def test_a_stamp_joins_the_anonymous_to_one_user() -> None:
    """At most one person is behind the stamp."""
    assert people(("a", "bob", b"s"), ("b", None, b"s"))[0] == [{0, 1}]


def test_a_stamp_never_joins_two_people() -> None:
    """Two users behind one address stay two, and the anonymous client stays alone."""
    assert people(("a", "bob", b"s"), ("b", "eve", b"s"), ("c", None, b"s"))[0] == [{0}, {1}, {2}]


def test_stamps_chain() -> None:
    """A client that moved between addresses connects them."""
    assert people(("a", None, b"s"), ("b", None, b"s"), ("b", None, b"t"), ("c", None, b"t"))[0] == [{0, 1, 2, 3}]


def test_protosessions_stay_apart() -> None:
    """What closed apart is never joined, and one client in two of them is two visitors."""
    assert people(("a", "bob", None), ("b", "bob", None), ("a", None, None), home=[0, 1, 1])[0] == [{0}, {1}, {2}]


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]])
def test_order_does_not_matter(order: list[int]) -> None:
    """The same events in any order are the same people."""
    events: list[tuple[str, str | None, bytes | None]] = [
        ("a", "bob", b"s"),
        ("b", None, b"s"),
        ("c", "eve", None),
        ("d", "eve", b"t"),
    ]
    groups, _ = people(*(events[i] for i in order))
    assert sorted(sorted(order[i] for i in group) for group in groups) == [[0, 1], [2, 3]]


def apart(*events: tuple[str, str | None], visitors: list[int] | None = None) -> list[set[int]] | None:
    """Which of the events, in order, are one person's, for (client, user) events of one visitor."""
    clients, users = zip(*events, strict=True)
    found = told_apart(
        np.array(visitors or [0] * len(events)),
        pa.array(clients, pa.string()),
        pa.array(users, pa.string()),
        np.arange(len(events)),
    )
    if found is None:
        return None
    groups: dict[int, set[int]] = {}
    for event, visitor in enumerate(found.tolist()):
        groups.setdefault(visitor, set()).add(event)
    return sorted(groups.values(), key=min)


def test_people_whom_a_shared_device_connects_are_told_apart() -> None:
    """What nobody was logged in for is of who was before, else of who was next."""
    events = [("pad", None), ("pad", "bob"), ("x", "bob"), ("pad", None), ("pad", "eve"), ("y", "eve"), ("y", None)]
    assert apart(*events) == [{0, 1, 2, 3}, {4, 5, 6}]


def test_a_client_nobody_logged_in_on_is_nobodys() -> None:
    """It was joined by something else."""
    assert apart(("pad", "bob"), ("pad", "eve"), ("x", None)) == [{0}, {1}, {2}]


def test_one_device_or_one_person_needs_no_telling_apart() -> None:
    """Several people on one client are cut by a boundary, and one on several clients is one."""
    assert apart(("pad", "bob"), ("pad", "eve")) is None
    assert apart(("pad", "bob"), ("x", "bob"), ("x", None)) is None
    assert apart(("pad", "bob"), ("x", None), ("pad", "eve"), visitors=[0, 1, 0]) is None
