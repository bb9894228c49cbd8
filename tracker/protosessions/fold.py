"""The fold: log records in, closed protosessions out.

Nothing in it knows the wall clock, chance or the order of a hash: the same records give the same closings. All it
remembers besides the open protosessions is log time and, bounded, which clients go on after theirs was closed early.
"""

from collections.abc import Callable, Sequence
from heapq import nlargest
from itertools import chain

import numpy as np

from tracker.errors import Broken
from tracker.model import CLOCK, COOKIELESS, TICK, Carried, CloseCause, Closed, Routing, StartPoint
from tracker.protosessions.continuations import Continuations
from tracker.protosessions.limits import FoldLimits
from tracker.protosessions.owner import LONGEST_KEY, Owner, short
from tracker.protosessions.quota import NONE, Quota
from tracker.protosessions.table import Table, least
from tracker.protosessions.wheel import NEVER, Wheel

_CAUSES: tuple[CloseCause | None, ...] = (None, "cap_hits", "cap_duration", "quota", "timeout")
_CAP_HITS, _CAP_DURATION, _QUOTA, _TIMEOUT = 1, 2, 3, 4
_NO_HIT = TICK | CLOCK


class Fold:
    """Groups hits into protosessions and closes them, one record after the other.

    After a restart it is given what `start_point` returned: the start, the carried hits (without those that stand in
    a plan) and `decode`, which reads the routing of a carried record. The caller must then apply every record from
    `start.offset` on, those that stand in a plan as `planned`.
    """

    __slots__ = (
        "_continuations", "_limits_of", "_own_quotas", "_owners", "_set_back", "_shared_quota", "_start", "_table",
        "_wheel", "log_time",
    )  # fmt: skip

    def __init__(
        self,
        limits_of: Callable[[str], FoldLimits],
        start: StartPoint = StartPoint(0, 0),  # noqa: B008 - a constant
        carried: Sequence[Carried] = (),
        decode: Callable[[bytes], Routing] | None = None,
    ) -> None:
        self._limits_of = limits_of
        self._owners: dict[tuple[str, str], Owner] = {}
        self._shared_quota = Quota()
        self._own_quotas: dict[tuple[str, str], Quota] = {}
        self._table, self._wheel = Table(), Wheel()
        self._continuations = Continuations()
        self._start = start
        self._set_back = NONE
        self.log_time = start.log_time
        """Running maximum of receive times, unless a clock record set it back."""
        for hit in sorted(carried, key=lambda hit: hit.offset):
            if decode is None:
                raise Broken("carried hits need a decoder")
            self._restore(hit, decode(hit.record))

    @property
    def open(self) -> int:
        """How many protosessions are open."""
        return self._table.open

    @property
    def properties(self) -> int:
        """How many properties have open protosessions; all others are forgotten."""
        return len(self._owners)

    @property
    def open_hits(self) -> int:
        """How many hits they hold."""
        return self._table.open_hits

    def apply(self, offset: int, routing: Routing, planned: bool = False) -> list[Closed]:
        """Apply the record at `offset`; offsets must ascend. Returns what it closes, in the order of the deadlines.

        A record that is `planned` moves log time and closes, but its hit is not applied: it has been closed before.
        """
        _, family, property_id, client_id, user_id, stamp, received_at, flags = routing
        if received_at > self.log_time:
            self.log_time = received_at
        elif flags & CLOCK and received_at < self.log_time:
            self._turn_back(offset, received_at)
        closed = self._close_due() if self.log_time >= self._wheel.soonest else []
        if planned or flags & _NO_HIT:
            return closed

        owner = self._owners.get((family, property_id)) or self._new_owner(family, property_id)
        key = owner.client + client_id.encode()
        if len(key) > LONGEST_KEY:
            key = short(key)
        table, deadline = self._table, self.log_time + owner.timeout
        slot = table.slot_of.get(key, NONE)
        if slot == NONE or (owner.joins and (user_id or stamp)):
            slot = self._find(owner, key, routing, self.log_time, deadline, closed)
        table.deadline[slot] = deadline
        if table.append(slot, offset) >= owner.max_hits:
            closed.append(self._close(slot, _CAP_HITS))
        return closed

    def next_deadline(self) -> int | None:
        """A log time before which nothing closes by itself; may be too early. None: nothing is open."""
        return self._wheel.soonest if self._table.open else None

    def describe(self, family: str, property_id: str, client_id: str) -> int | None:
        """When the open protosession of a client closes if nothing more comes; None: it has none."""
        owner = self._owners.get((family, property_id))
        if owner is None:
            return None
        slot = self._table.slot_of.get(short(owner.client + client_id.encode()), NONE)
        return None if slot == NONE else self._closes_at(slot)

    def open_now(self, most_hits: int) -> list[Closed]:
        """The open protosessions as if they closed now, the last active first, until they hold `most_hits`.

        Changes nothing.
        """
        table, found, held = self._table, list[Closed](), 0
        slots = chain.from_iterable(table.by_age(quota) for quota in self._quotas())
        for slot in nlargest(min(most_hits, table.open), slots, self._last_active):
            if held >= most_hits:
                break
            offsets = np.array(table.offsets(slot), np.int64)
            found.append(Closed(offsets, "timeout", _CAUSES[table.continues[slot]]))
            held += len(offsets)
        return found

    def start_point(
        self, carry_after: int, end: int, saved: StartPoint | None = None
    ) -> tuple[StartPoint, list[Carried]]:
        """Where a new fold may start so as to become exactly this one, and the hits before it that must be carried.

        `end` is the offset after the last one applied. Protosessions open for `carry_after` or longer do not hold the
        start back: their hits below it are returned, without records, except those below `saved`, which the carry has
        already. `saved` is the start point that the log keeps now; without it, what this fold began with or returned
        last. The start and the carried hits must be saved together, and only while no closed protosession waits to be
        planned.
        """
        saved = saved or self._start
        first_young = self._hold(saved.offset, self.log_time - carry_after)
        if first_young == NONE:
            start = StartPoint(end, self.log_time)
        elif (offset := self._table.first_offset(first_young)) > self._set_back:
            start = StartPoint(offset, self._table.opened_at[first_young])
        else:
            # A fold that starts before the clock was set back lives through the time before; deadlines carried from
            # after it would strike there at once. The start stays until what was open at that moment has closed or
            # grown old.
            return saved, []
        self._start = start
        return start, self._left_behind(start.offset, saved.offset)

    def _hold(self, carried_to: int, opened_by: int) -> int:
        """Of the protosessions that are neither carried nor opened by then, the one with the smallest offset."""
        table, held = self._table, NONE
        for quota in self._quotas():
            for slot in table.by_age(quota):
                if table.opened_at[slot] > opened_by and table.first_offset(slot) >= carried_to:
                    if held == NONE or table.first_offset(slot) < table.first_offset(held):
                        held = slot
                    break
        return held

    def _left_behind(self, start: int, carried_to: int) -> list[Carried]:
        table, carried = self._table, []
        for quota in self._quotas():
            for slot in table.by_age(quota):
                first = table.first_offset(slot)
                if first >= start:
                    break
                # What was carried before the clock was set back is carried again, with the deadline it has now.
                stale = first < self._set_back and carried_to <= self._set_back
                opened_at, deadline, continues = (
                    table.opened_at[slot],
                    table.deadline[slot],
                    _CAUSES[table.continues[slot]],
                )
                carried += [
                    Carried(offset, b"", opened_at, deadline, continues)
                    for offset in table.offsets(slot)
                    if offset < start and (stale or offset >= carried_to)
                ]
        carried.sort(key=lambda hit: hit.offset)
        return carried

    def _close_due(self) -> list[Closed]:
        table, due = self._table, self._wheel.due(self.log_time, self._closes_at)
        if len(due) > 1:
            due.sort(key=lambda slot: (self._closes_at(slot), table.first_offset(slot)))
        return [
            self._close(slot, _CAP_DURATION if self._closes_at(slot) < table.deadline[slot] else _TIMEOUT)
            for slot in due
        ]

    def _last_active(self, slot: int) -> int:
        return self._table.deadline[slot] - self._table.owner(slot).timeout

    def _closes_at(self, slot: int) -> int:
        owner, deadline = self._table.owner_of[slot], self._table.deadline[slot]
        if owner is None:
            return NEVER
        return min(deadline, self._table.opened_at[slot] + owner.limits.max_duration)

    def _find(
        self,
        owner: Owner,
        client_key: bytes,
        routing: Routing,
        opened_at: int,
        deadline: int,
        closed: list[Closed] | None,
    ) -> int:
        """The slot a hit belongs to: what its keys lead to is joined, what leads nowhere yet will lead there.

        What must close to make room goes to `closed`; without it, nothing does.
        """
        table, slot, new_keys = self._table, NONE, []
        for key in _keys(owner, client_key, routing):
            other = table.slot_of.get(key, NONE)
            if other == NONE:
                new_keys.append(key)
            elif slot == NONE:
                slot = other
            elif slot != other:
                slot = table.join(slot, other)
                self._wheel.add(slot, self._closes_at(slot))
        if slot == NONE:
            slot = self._open(owner, opened_at, deadline, closed)
        for key in new_keys:
            self._bind(slot, key)
        return slot

    def _open(self, owner: Owner, opened_at: int, deadline: int, closed: list[Closed] | None) -> int:
        quota = owner.quota
        while closed is not None and quota.open >= owner.limits.max_open:
            closed.append(self._close(quota.oldest, _QUOTA))
        self._owners[owner.id] = owner
        if quota is not self._shared_quota:
            self._own_quotas[owner.id] = quota
        slot = self._table.new(owner, opened_at, deadline)
        self._wheel.add(slot, self._closes_at(slot))
        return slot

    def _new_owner(self, family: str, property_id: str) -> Owner:
        limits = self._limits_of(property_id)
        return Owner(family, property_id, limits, self._shared_quota if limits.shares_quota else Quota())

    def _quotas(self) -> Sequence[Quota]:
        return [self._shared_quota, *self._own_quotas.values()]

    def _bind(self, slot: int, key: bytes) -> None:
        self._table.add_key(slot, key)
        cause = self._continuations.recall(key, self.log_time)
        if cause:
            self._table.continues[slot] = least(cause, self._table.continues[slot])

    def _close(self, slot: int, cause: int) -> Closed:
        table = self._table
        owner, until, continues = table.owner(slot), table.deadline[slot], table.continues[slot]
        if cause != _TIMEOUT and until > self.log_time:
            for key in table.keys(slot):
                self._continuations.remember(key, cause, until, self.log_time)
        offsets = table.close(slot)
        if not owner.open:
            del self._owners[owner.id]
            self._own_quotas.pop(owner.id, None)
        named = _CAUSES[cause]
        assert named is not None  # noqa: S101 - only 0 is None
        return Closed(offsets, named, _CAUSES[continues])

    def _turn_back(self, offset: int, log_time: int) -> None:
        """A clock that ran ahead was put right: nothing may stay open for longer than if it had been right all the
        time.
        """
        self.log_time, self._set_back = log_time, offset
        self._continuations.forget()
        table = self._table
        for quota in self._quotas():
            for slot in table.by_age(quota):
                table.opened_at[slot] = min(table.opened_at[slot], log_time)
                table.deadline[slot] = min(table.deadline[slot], log_time + table.owner(slot).timeout)
                self._wheel.add(slot, self._closes_at(slot))

    def _restore(self, hit: Carried, routing: Routing) -> None:
        """Put in a carried hit. What closes it is not looked at before the first record."""
        table, named = self._table, (routing.family, routing.property_id)
        owner = self._owners.get(named) or self._new_owner(*named)
        client_key = short(owner.client + routing.client_id.encode())
        slot = self._find(owner, client_key, routing, hit.opened_at, hit.deadline, None)
        table.opened_at[slot] = min(table.opened_at[slot], hit.opened_at)
        table.deadline[slot] = max(table.deadline[slot], hit.deadline)
        table.continues[slot] = least(_CAUSES.index(hit.continues), table.continues[slot])
        table.append(slot, hit.offset)
        self._wheel.add(slot, self._closes_at(slot))


def _keys(owner: Owner, client_key: bytes, routing: Routing) -> list[bytes]:
    """The keys of a hit: its client, and what may join it to other clients."""
    keys, limits = [client_key], owner.limits
    if not owner.joins:
        return keys
    if routing.user_id and limits.join_by_user_id:
        keys.append(short(owner.user + routing.user_id.encode()))
    mode = limits.join_by_stamp
    if routing.stamp and (mode == "always" or (mode == "cookieless" and routing.flags & COOKIELESS)):
        keys.append(short(owner.stamp + routing.stamp))
    return keys
