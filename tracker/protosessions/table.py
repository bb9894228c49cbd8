"""Open protosessions as columns: parallel arrays and free lists, no Python object per hit and few per protosession.

A protosession is a *slot*, a small number that is used again after it closes. Its hits are a chain through two arrays,
the latest first; its keys are a chain through two lists. Joining two protosessions links their chains. The keys of the
one that has fewer are pointed to the other, so a key moves at most log(n) times and no slot forwards to another.
"""

from array import array
from collections.abc import Iterator

import numpy as np

from tracker.model import Offsets
from tracker.protosessions.owner import Owner
from tracker.protosessions.quota import NONE, Quota
from tracker.protosessions.wheel import NEVER

_BLOCK = 1024
"""Rows that a column grows by."""


class Table:
    """The columns. Those without an underscore are indexed by slot and may be read and written by the fold."""

    __slots__ = (
        "_earliest_hit", "_first_key", "_free_hit", "_free_key", "_free_slot", "_key", "_latest_hit", "_next_hit",
        "_next_key", "_offset", "continues", "deadline", "hits", "newer", "older", "open", "open_hits", "opened_at",
        "owner_of", "slot_of",
    )  # fmt: skip

    def __init__(self) -> None:
        self.slot_of: dict[bytes, int] = {}
        """The open protosession of each key."""
        self.open = self.open_hits = 0
        self.opened_at, self.deadline = array("q"), array("q")
        self.hits, self.continues = array("i"), array("b")
        self.owner_of: list[Owner | None] = []
        self.older, self.newer = array("i"), array("i")
        self._latest_hit, self._earliest_hit, self._first_key = array("i"), array("i"), array("i")
        self._offset, self._next_hit = array("q"), array("i")
        self._key: list[bytes] = []
        self._next_key = array("i")
        self._free_slot = self._free_hit = self._free_key = NONE  # chains through `newer`, `_next_hit`, `_next_key`

    def new(self, owner: Owner, opened_at: int, deadline: int) -> int:
        """Open a protosession, as the newest of its quota. Returns its slot. Its first hit must follow at once."""
        if self._free_slot == NONE:
            self._grow()
        slot = self._free_slot
        self._free_slot = self.newer[slot]
        self.opened_at[slot], self.deadline[slot] = opened_at, deadline
        self.hits[slot] = self.continues[slot] = 0
        self._latest_hit[slot] = self._first_key[slot] = NONE
        self._enqueue(slot, owner)
        self.open += 1
        return slot

    def append(self, slot: int, offset: int) -> int:
        """Add a hit, later than all it has. Returns how many there are now."""
        if self._free_hit == NONE:
            self._grow_hits()
        hit, next_hit, latest_hit, hits = self._free_hit, self._next_hit, self._latest_hit, self.hits
        self._free_hit = next_hit[hit]
        next_hit[hit] = latest_hit[slot]
        latest_hit[slot] = hit
        self._offset[hit] = offset
        self.open_hits += 1
        hits[slot] = count = hits[slot] + 1
        if count == 1:
            self._earliest_hit[slot] = hit
        return count

    def add_key(self, slot: int, key: bytes) -> None:
        """Let `key` lead to `slot`. It must lead nowhere yet."""
        if self._free_key == NONE:
            self._grow_keys()
        node = self._free_key
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
        return self._offset[self._earliest_hit[slot]]

    def offsets(self, slot: int) -> list[int]:
        """The offsets of a protosession, ascending."""
        offsets, next_hit = self._offset, self._next_hit
        hit, found = self._latest_hit[slot], []
        while hit != NONE:
            found.append(offsets[hit])
            hit = next_hit[hit]
        found.sort()
        return found

    def by_age(self, quota: Quota) -> Iterator[int]:
        """The slots counted in a quota, the oldest first. The table must not change meanwhile."""
        slot = quota.oldest
        while slot != NONE:
            yield slot
            slot = self.newer[slot]

    def join(self, one: int, other: int) -> int:
        """Make two protosessions of one property one. Returns the slot that is left.

        It takes the place of the older in the order of opening, the earlier opening, the later deadline.
        """
        first, second = sorted((one, other), key=self.first_offset)
        left, gone = (first, second) if self._has_more_keys(first, second) else (second, first)
        self._next_hit[self._earliest_hit[second]] = self._latest_hit[first]
        self._latest_hit[left], self._earliest_hit[left] = self._latest_hit[second], self._earliest_hit[first]
        self.hits[left] += self.hits[gone]
        self.opened_at[left] = min(self.opened_at[one], self.opened_at[other])
        self.deadline[left] = max(self.deadline[one], self.deadline[other])
        self.continues[left] = least(self.continues[one], self.continues[other])
        self._move_keys(gone, left)
        self._dequeue(second)
        if left == second:
            self._take_place(second, first)
        self._free(gone)
        return left

    def close(self, slot: int) -> Offsets:
        """Take a protosession out, with its keys. Returns its offsets, ascending."""
        offsets = np.array(self.offsets(slot), np.int64)
        self._next_hit[self._earliest_hit[slot]] = self._free_hit
        self._free_hit = self._latest_hit[slot]
        self.open_hits -= len(offsets)
        self._drop_keys(slot)
        self._dequeue(slot)
        self._free(slot)
        return offsets

    def _grow(self) -> None:
        first, blank = len(self.hits), [NONE] * _BLOCK
        for column in (self.opened_at, self.hits, self.older, self._latest_hit, self._earliest_hit, self._first_key):
            column.extend(blank)
        self.deadline.extend([NEVER] * _BLOCK)
        self.continues.extend([0] * _BLOCK)
        self.owner_of.extend([None] * _BLOCK)
        self.newer.extend(_chain(first))
        self._free_slot = first

    def _grow_hits(self) -> None:
        self._free_hit = len(self._offset)
        self._offset.extend([NONE] * _BLOCK)
        self._next_hit.extend(_chain(self._free_hit))

    def _grow_keys(self) -> None:
        self._free_key = len(self._key)
        self._key.extend([b""] * _BLOCK)
        self._next_key.extend(_chain(self._free_key))

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
        quota = owner.quota
        self.owner_of[slot] = owner
        self.older[slot], self.newer[slot] = quota.newest, NONE
        if quota.newest == NONE:
            quota.oldest = slot
        else:
            self.newer[quota.newest] = slot
        quota.newest = slot
        quota.open += 1
        owner.open += 1

    def _dequeue(self, slot: int) -> None:
        owner = self.owner(slot)
        self._link(self.older[slot], self.newer[slot], owner.quota)
        owner.quota.open -= 1
        owner.open -= 1

    def _take_place(self, slot: int, placed: int) -> None:
        quota = self.owner(slot).quota
        older, newer = self.older[placed], self.newer[placed]
        self._link(older, slot, quota)
        self._link(slot, newer, quota)

    def _link(self, older: int, newer: int, quota: Quota) -> None:
        if older == NONE:
            quota.oldest = newer
        else:
            self.newer[older] = newer
        if newer == NONE:
            quota.newest = older
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


def _chain(first: int) -> list[int]:
    return [*range(first + 1, first + _BLOCK), NONE]


def least(one: int, other: int) -> int:
    """The smaller of two codes of which 0 means none: the same whichever way pieces are joined."""
    return min(one, other) if one and other else one or other
