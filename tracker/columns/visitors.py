"""Who is who in a protosession: clients that are one person or device become one visitor.

Clients that share a user id are one visitor. Of the clients a session stamp connects, all are one visitor when at most
one user id is among them; otherwise the anonymous ones stay alone, so two people behind one address stay two. Where a
device that several people use connects their own devices, each of them is a visitor: see `told_apart`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracker.columns import arrays
from tracker.columns.events import Events

Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Visitors:
    """For each event its visitor (a number, meaningful within the batch) and what joined its clients."""

    visitor: Positions
    joined_by: Any
    """Per event: `user_id`, `stamp`, or null where the visitor is one client."""


def resolve(protosession: Positions, client: Any, user: Any, stamp: Any, joins_users: NDArray[np.bool_]) -> Visitors:
    """Visitors of a batch; all arguments have one value per event. `joins_users` is the property's setting."""
    clients = arrays.codes(client)
    pairs = protosession * (int(clients.max()) + 1 if len(clients) else 1) + clients
    _, first, member = np.unique(pairs, return_index=True, return_inverse=True)
    owner = protosession[first]
    crowded = np.bincount(owner, minlength=int(owner.max()) + 1 if len(owner) else 0)[owner] > 1
    if not crowded.any():
        return Visitors(member, pa.nulls(len(member), pa.string()))
    groups = _join(member, crowded, protosession, user, stamp, joins_users)
    return Visitors(groups.root[member], pa.array(groups.why[member].tolist(), pa.string()))


def told_apart(visitor: Positions, client: Any, user: Any, order: Positions) -> Positions | None:
    """Visitors anew where several clients of one have several user ids; None where there are none such.

    There each person is a visitor, with the events of all of their clients. An event without a user id is that of who
    was logged in on its client before, else of who did next; clients nobody logged in on stay alone.
    """
    clients, known = arrays.codes(client), arrays.known_mask(user)
    everyone = np.ones(len(visitor), bool)
    shared = _several(visitor, clients, everyone) & _several(visitor, arrays.codes(user), known)
    if not shared.any():
        return None
    rows = order[shared[order]]
    rows = rows[np.lexsort((clients[rows], visitor[rows]))]
    fresh = np.ones(len(rows), bool)
    fresh[1:] = (visitor[rows][1:] != visitor[rows][:-1]) | (clients[rows][1:] != clients[rows][:-1])
    runs: Events[Any] = Events(user.take(pa.array(rows)), np.concatenate((np.flatnonzero(fresh), [len(rows)])))
    filled = runs.forward_fill().backward_fill().values
    person = np.zeros(len(visitor), np.int64)
    person[rows] = np.where(arrays.known_mask(filled), arrays.codes(filled) + 1, -1 - clients[rows])
    return _numbered_in(order, np.stack((visitor, person), axis=1))


def _numbered_in(order: Positions, pairs: Positions) -> Positions:
    """A number for each pair, as they first appear in `order`: whatever number each had of chance is forgotten."""
    _, first, number = np.unique(pairs[order], axis=0, return_index=True, return_inverse=True)
    numbers = np.empty(len(pairs), np.int64)
    numbers[order] = np.argsort(np.argsort(first))[number.reshape(-1)]
    return numbers


def _several(visitor: Positions, values: Positions, known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """For each row, whether its visitor has more than one of the known values."""
    firsts = arrays.first_of_each_pair(visitor[known], values[known])
    count = np.bincount(visitor[known][firsts], minlength=int(visitor.max()) + 1 if len(visitor) else 0)
    return np.asarray(count[visitor] > 1)


@dataclass(frozen=True, slots=True)
class _Groups:
    root: Positions
    why: NDArray[np.object_]


def _join(member: Positions, crowded: Any, protosession: Positions, user: Any, stamp: Any, joins_users: Any) -> _Groups:
    """Joins members (clients of one protosession). Python, but only over those protosessions that have several
    clients.
    """
    root = np.arange(len(crowded))
    rows = np.flatnonzero(crowded[member])
    at = pa.array(rows, pa.int64())
    users, stamps = user.take(at).to_pylist(), stamp.take(at).to_pylist()
    by_user: dict[tuple[int, str], int] = {}
    users_of: dict[int, set[str]] = {}
    ties: dict[tuple[int, bytes], set[int]] = {}
    by_user_joined: set[int] = set()
    for row, user_id, mark in zip(rows.tolist(), users, stamps, strict=True):
        one, home = int(member[row]), int(protosession[row])
        if user_id is not None:
            users_of.setdefault(one, set()).add(user_id)
        if user_id is not None and joins_users[row]:
            other = by_user.setdefault((home, user_id), one)
            if _find(root, other) != _find(root, one):
                _unite(root, other, one)
            if other != one:
                by_user_joined |= {other, one}
        if mark is not None:
            ties.setdefault((home, mark), set()).add(one)
    by_stamp_joined = _join_by_stamp(root, ties, users_of)
    final = np.array([_find(root, i) for i in range(len(root))])
    why = np.full(len(root), None, object)
    for group, reason in ((by_stamp_joined, "stamp"), (by_user_joined, "user_id")):
        why[np.isin(final, final[sorted(group)])] = reason
    return _Groups(final, why)


def _join_by_stamp(root: Positions, ties: dict[tuple[int, bytes], set[int]], users_of: dict[int, set[str]]) -> set[int]:
    component = np.arange(len(root))
    for members in ties.values():
        first, *others = sorted(members)
        for other in others:
            _unite(component, first, other)
    groups: dict[int, set[int]] = {}
    for members in ties.values():
        for one in members:
            groups.setdefault(_find(component, one), set()).add(one)
    joined: set[int] = set()
    for members in groups.values():
        people = {user_id for one in members for user_id in users_of.get(one, ())}
        if len(people) > 1 or len(members) < 2:
            continue
        first, *others = sorted(members)
        for other in others:
            if _find(root, first) != _find(root, other):
                _unite(root, first, other)
                joined |= {first, other}
    return joined


def _find(root: Positions, one: int) -> int:
    while root[one] != one:
        root[one] = root[root[one]]
        one = int(root[one])
    return one


def _unite(root: Positions, a: int, b: int) -> None:
    a, b = _find(root, a), _find(root, b)
    root[max(a, b)] = min(a, b)
