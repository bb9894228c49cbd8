"""A timing wheel: finds the members whose deadline has come, at a constant cost per member and timeout.

It is lazy. A member stands in the one-second bucket of some earlier deadline of its own; the true one is asked for
only when that bucket comes up, and a member whose deadline has moved on is put where it belongs now. So moving a
deadline *later* costs nothing, not even a call. Moving it *earlier* (also by giving a freed number to a new member)
needs `add`.
"""

from array import array
from collections.abc import Callable
from heapq import heappop, heappush

from tracker.clock import SECOND

NEVER = (1 << 63) - 1
"""The deadline of what is no member any more: the wheel lets go of it when its bucket comes up."""
_NOWHERE, _NEAR = NEVER, NEVER - 1


class Wheel:
    """Members are small integers, times microseconds. Time may go back: nothing here remembers what time it was."""

    __slots__ = ("_bucket_of", "_buckets", "_near", "_seconds", "soonest")

    def __init__(self) -> None:
        self.soonest = NEVER
        """No deadline lies before it; it may itself lie before every deadline."""
        self._buckets: dict[int, array[int]] = {}
        self._seconds: list[
            int
        ] = []  # heap of the occupied buckets: a jump over weeks costs no loop over empty seconds
        self._near: list[
            tuple[int, int]
        ] = []  # heap of (deadline, member) within the second that is being lived through
        self._bucket_of: array[int] = array(
            "q"
        )  # only the entry in this bucket counts; all others of the member are stale

    def add(self, member: int, deadline: int) -> None:
        """Put in a new member, or one whose deadline may now be earlier than it was."""
        bucket_of = self._bucket_of
        while member >= len(bucket_of):
            bucket_of.append(_NOWHERE)
        second = deadline // SECOND
        if bucket_of[member] <= second:
            return
        bucket_of[member] = second
        bucket = self._buckets.get(second)
        if bucket is None:
            bucket = self._buckets[second] = array("i")
            heappush(self._seconds, second)
            self.soonest = min(self.soonest, second * SECOND)
        bucket.append(member)

    def due(self, now: int, deadline_of: Callable[[int], int]) -> list[int]:
        """Take out the members whose deadline is at or before `now`, to the microsecond, in no particular order."""
        due: list[int] = []
        seconds, near, bucket_of = self._seconds, self._near, self._bucket_of
        while seconds and seconds[0] * SECOND <= now:
            second = heappop(seconds)
            for member in self._buckets.pop(second):
                if bucket_of[member] == second:
                    self._settle(member, deadline_of(member), now, due)
        while near and near[0][0] <= now:
            member = heappop(near)[1]
            if bucket_of[member] == _NEAR:
                self._settle(member, deadline_of(member), now, due)
        self.soonest = min(seconds[0] * SECOND if seconds else NEVER, near[0][0] if near else NEVER)
        return due

    def _settle(self, member: int, deadline: int, now: int, due: list[int]) -> None:
        self._bucket_of[member] = _NOWHERE
        if deadline <= now:
            due.append(member)
        elif deadline // SECOND == now // SECOND:
            self._bucket_of[member] = _NEAR
            heappush(self._near, (deadline, member))
        elif deadline != NEVER:
            self.add(member, deadline)
