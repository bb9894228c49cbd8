"""Open protosessions as columns: parallel arrays and a free list, no Python object per hit and few per protosession.

A protosession is a *slot*, a small number that is used again after it closes. Its hits are a chain through two
arrays, its keys a chain through two lists; joining two protosessions links their chains. Keys of the smaller one are
pointed to the larger, so a key moves at most log(n) times and no forwarding from slot to slot remains.
"""

from array import array
from collections.abc import Iterator

import numpy as np

from tracker.model import Offsets
from tracker.protosessions.limits import FoldLimits
from tracker.protosessions.wheel import NEVER

NONE = -1
"""No slot, no hit, no key: the end of a chain."""


class Owner:
    """A property, within a protocol family, that has open protosessions: its limits, and its protosessions by age."""

    __slots__ = ("id", "joins", "limits", "max_hits", "newest", "oldest", "open", "prefix", "timeout")

    def __init__(self, family: str, property_id: str, limits: FoldLimits) -> None:
        self.id = (family, property_id)
        self.prefix = f"{len(family)}:{family}{len(property_id)}:{property_id}"
        self.limits = limits
        self.timeout, self.max_hits = limits.timeout, limits.max_hits
        self.joins = limits.join_across_clients and (limits.join_by_user_id or limits.join_by_stamp != "off")
        self.oldest = self.newest = NONE
        self.open = 0


class Table:
    """The columns. Those without an underscore are indexed by slot and may be read and written by the fold."""

    __slots__ = (
        "_first_key", "_free_hit", "_free_key", "_free_slot", "_head", "_key", "_next_hit", "_next_key", "_offset",
        "_tail", "continues", "deadline", "hits", "newer", "older", "open", "open_hits", "opened_at",
        "owner_of", "slot_of",
    )  # fmt: skip

    def __init__(self) -> None:
        self.slot_of: dict[bytes, int] = {}
        """The open protosession of each key."""
        self.open = self.open_hits = 0
        self.opened_at: array[int] = array("q")
        self.deadline: array[int] = array("q")
        self.hits: array[int] = array("i")
        self.continues: array[int] = array("b")
        self.owner_of: list[Owner | None] = []
        self.older: array[int] = array("i")
        self.newer: array[int] = array("i")
        self._head: array[int] = array("i")
        self._tail: array[int] = array("i")
        self._first_key: array[int] = array("i")
        self._free_slot = NONE  # chained through `newer`
        self._offset: array[int] = array("q")
        self._next_hit: array[int] = array("i")
        self._free_hit = NONE
        self._key: list[bytes] = []
        self._next_key: array[int] = array("i")
        self._free_key = NONE

    def new(self, offset: int, owner: Owner, opened_at: int, deadline: int) -> int:
        """Open a protosession with its first hit, as the newest of its owner. Returns its slot."""
        slot = self._free_slot
        if slot == NONE:
            slot = self._grow()
        else:
            self._free_slot = self.newer[slot]
        self.opened_at[slot], self.deadline[slot] = opened_at, deadline
        self.continues[slot] = 0
        self.hits[slot] = 1
        self._first_key[slot] = NONE
        self._head[slot] = self._tail[slot] = self._new_hit(offset)
        self._enqueue(slot, owner)
        self.open += 1
        self.open_hits += 1
        return slot

    def append(self, slot: int, offset: int) -> int:
        """Add a later hit. Returns how many there are now."""
        hit = self._new_hit(offset)
        self._next_hit[self._tail[slot]] = hit
        self._tail[slot] = hit
        self.open_hits += 1
        hits = self.hits
        hits[slot] = count = hits[slot] + 1
        return count

    def add_key(self, slot: int, key: bytes) -> None:
        """Let `key` lead to `slot`. It must lead nowhere yet."""
        node = self._free_key
        if node == NONE:
            node = len(self._key)
            self._key.append(key)
            self._next_key.append(self._first_key[slot])
        else:
            self._free_key = self._next_key[node]
            self._key[node] = key
            self._next_key[node] = self._first_key[slot]
        self._first_key[slot] = node
        self.slot_of[key] = slot

    def keys(self, slot: int) -> Iterator[bytes]:
        """The keys of a protosession."""
        node = self._first_key[slot]
        while node != NONE:
            yield self._key[node]
            node = self._next_key[node]

    def first_offset(self, slot: int) -> int:
        """The smallest offset of a protosession."""
        return self._offset[self._head[slot]]

    def offsets(self, slot: int) -> list[int]:
        """The offsets of a protosession, ascending unless protosessions were joined."""
        offsets, next_hit = self._offset, self._next_hit
        hit, found = self._head[slot], []
        while hit != NONE:
            found.append(offsets[hit])
            hit = next_hit[hit]
        return found

    def by_age(self, owner: Owner) -> Iterator[int]:
        """The property's slots, the oldest first. The table must not change meanwhile."""
        slot = owner.oldest
        while slot != NONE:
            yield slot
            slot = self.newer[slot]

    def join(self, one: int, other: int) -> tuple[int, int]:
        """Make two protosessions of one property one. Returns (the slot that is left, the slot that is free).

        It takes the place of the older in the order of opening, the earlier opening, the later deadline.
        """
        first, second = sorted((one, other), key=self.first_offset)
        left, gone = (first, second) if self._has_more_keys(first, second) else (second, first)
        self._next_hit[self._tail[first]] = self._head[second]
        self._head[left], self._tail[left] = self._head[first], self._tail[second]
        self.hits[left] += self.hits[gone]
        self.opened_at[left] = min(self.opened_at[one], self.opened_at[other])
        self.deadline[left] = max(self.deadline[one], self.deadline[other])
        self.continues[left] = least(self.continues[one], self.continues[other])
        self._move_keys(gone, left)
        self._dequeue(second)
        if left == second:
            self._take_place(second, first)
        self._free(gone)
        return left, gone

    def close(self, slot: int) -> Offsets:
        """Take a protosession out, with its keys. Returns its offsets, ascending."""
        offsets = np.array(self.offsets(slot), np.int64)
        offsets.sort()
        self._next_hit[self._tail[slot]] = self._free_hit
        self._free_hit = self._head[slot]
        self.open_hits -= len(offsets)
        self._drop_keys(slot)
        self._dequeue(slot)
        self._free(slot)
        return offsets

    def _grow(self) -> int:
        for column in (
            self.opened_at,
            self.deadline,
            self.hits,
            self.older,
            self.newer,
            self._head,
            self._tail,
            self._first_key,
        ):
            column.append(NONE)
        self.continues.append(0)
        self.owner_of.append(None)
        return len(self.hits) - 1

    def _new_hit(self, offset: int) -> int:
        hit = self._free_hit
        if hit == NONE:
            self._offset.append(offset)
            self._next_hit.append(NONE)
            return len(self._offset) - 1
        self._free_hit = self._next_hit[hit]
        self._offset[hit], self._next_hit[hit] = offset, NONE
        return hit

    def _has_more_keys(self, one: int, other: int) -> bool:
        """Walks both chains only as far as the shorter one goes."""
        ahead, behind = self._first_key[one], self._first_key[other]
        while ahead != NONE and behind != NONE:
            ahead, behind = self._next_key[ahead], self._next_key[behind]
        return behind == NONE

    def _move_keys(self, source: int, target: int) -> None:
        node = last = self._first_key[source]
        while node != NONE:
            self.slot_of[self._key[node]] = target
            last, node = node, self._next_key[node]
        if last != NONE:
            self._next_key[last] = self._first_key[target]
            self._first_key[target] = self._first_key[source]

    def _drop_keys(self, slot: int) -> None:
        node = self._first_key[slot]
        while node != NONE:
            del self.slot_of[self._key[node]]
            self._key[node] = b""
            following = self._next_key[node]
            self._next_key[node], self._free_key = self._free_key, node
            node = following

    def _enqueue(self, slot: int, owner: Owner) -> None:
        self.owner_of[slot] = owner
        self.older[slot], self.newer[slot] = owner.newest, NONE
        if owner.newest == NONE:
            owner.oldest = slot
        else:
            self.newer[owner.newest] = slot
        owner.newest = slot
        owner.open += 1

    def _dequeue(self, slot: int) -> None:
        owner = self.owner(slot)
        self._link(self.older[slot], self.newer[slot], owner)
        owner.open -= 1

    def _take_place(self, slot: int, placed: int) -> None:
        owner = self.owner(slot)
        older, newer = self.older[placed], self.newer[placed]
        self._link(older, slot, owner)
        self._link(slot, newer, owner)

    def _link(self, older: int, newer: int, owner: Owner) -> None:
        if older == NONE:
            owner.oldest = newer
        else:
            self.newer[older] = newer
        if newer == NONE:
            owner.newest = older
        else:
            self.older[newer] = older

    def owner(self, slot: int) -> Owner:
        """The property of an open protosession."""
        owner = self.owner_of[slot]
        assert owner is not None  # noqa: S101 - an open slot has one
        return owner

    def _free(self, slot: int) -> None:
        self.open -= 1
        self.owner_of[slot] = None
        self.deadline[slot] = NEVER
        self.newer[slot], self._free_slot = self._free_slot, slot


def least(one: int, other: int) -> int:
    """The smaller of two codes of which 0 means none: the same whichever way pieces are joined."""
    return min(one, other) if one and other else one or other
