"""Where one event is: its record, its plan and its protosession, in the log or, when they have left it, in the archive.

Each look into the log is a short transaction of its own, so a running tracker may trim between two of them. What leaves
the log is in the archive by then: the log is always asked first.
"""

import bisect
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import Literal, NamedTuple

import numpy as np

from tracker.cli.recent import first_since
from tracker.clock import MINUTE
from tracker.errors import Broken, Misconfigured
from tracker.model import Closed, Plan, Routing
from tracker.worker.archive import Archive, Segment
from tracker.worker.codec import decode, decode_routing, is_hit
from tracker.worker.log import Log
from tracker.worker.plan_codec import decode_plan, planned_offsets

_PAGE = 1_000
Kept = Literal["log", "archive"]


class Place(NamedTuple):
    """An event's place for ever."""

    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.partition}:{self.offset}"


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan a hit stands in."""

    plan: Plan
    kept: Kept

    def protosession(self, offset: int) -> Closed:
        """The protosession that a hit of this plan belongs to."""
        return next(closed for closed in self.plan.protosessions if (closed.offsets == offset).any())


class Gone(Misconfigured):
    """A record is neither in the log nor in the archive."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.place = place

    def __str__(self) -> str:
        return f"the record at {self.place} is no longer in the log, and not in the archive: was it removed?"


class Whereabouts:
    """Finds events in a log and its archive."""

    def __init__(self, log: Log, archive: Archive) -> None:
        self.log, self.archive = log, archive

    def place_of(self, hit_id: bytes) -> Place | None:
        """Where the hit with this id is; None where it is nowhere. Ids are made by time, so only that time is read."""
        at = int.from_bytes(hit_id[:6]) * 1_000
        for partition in range(self.log.partitions):
            for offset, record in self._around(partition, at):
                # Most records do not even hold these bytes.
                if hit_id in record and is_hit(record) and decode(record)[1].get("i") == hit_id:
                    return Place(partition, offset)
        return None

    def records(self, partition: int, offsets: Sequence[int]) -> list[bytes]:
        """The records at `offsets`. Raises `Gone`."""
        found = {offset: record for offset in offsets if (record := self._in_log(partition, offset)) is not None}
        missing = set(offsets) - found.keys()
        for segment in self.archive.segments(partition) if missing else ():
            if any(segment.first <= offset <= segment.last for offset in missing):
                found |= {offset: record for offset, record in self.archive.read(segment) if offset in missing}
        for offset in sorted(missing - found.keys()):
            raise Gone(Place(partition, offset))
        return [found[offset] for offset in offsets]

    def planned(self, place: Place, since: int) -> Planned | None:
        """The plan of a hit; None while it is open. `since` is a log time before which it was not made."""
        plan = self._plan_in_log(place, since)
        if plan is not None:
            return Planned(plan, "log")
        plan = self._archived_plan(place, since)
        return None if plan is None else Planned(plan, "archive")

    def open_with(self, place: Place, routing: Routing) -> list[int]:
        """Offsets of the open hits of the same client, in order: what its protosession holds so far."""
        partition, mine = place.partition, (routing.family, routing.property_id, routing.client_id)
        planned = {offset for plan in self.log.plans(partition, 1) for offset in plan.offsets().tolist()}
        records = [(hit.offset, hit.record) for hit in self.log.carried(partition)]
        records += self._from(partition, self.log.start(partition).offset)
        found = set()
        for offset, record in records:
            if offset not in planned and is_hit(record):
                one = decode_routing(record)
                found |= {offset} if (one.family, one.property_id, one.client_id) == mine else set()
        return sorted(found)

    def _in_log(self, partition: int, offset: int) -> bytes | None:
        with suppress(Broken):
            return self.log.get(partition, np.array([offset], np.int64))[0]
        return None

    def _around(self, partition: int, at: int) -> Iterator[tuple[int, bytes]]:
        """Records received about then, first those in the log."""
        for offset, record in self._from(partition, first_since(self.log, partition, at - MINUTE)):
            yield offset, record
            if decode_routing(record).received_at > at + MINUTE:
                break
        yield from ((hit.offset, hit.record) for hit in self.log.carried(partition))
        segments = self.archive.segments(partition)
        begin = bisect.bisect_left(segments, at - MINUTE, key=self._begins)
        for segment in segments[max(begin - 1, 0) :]:
            if self._begins(segment) > at + MINUTE:
                break
            yield from self.archive.read(segment)

    def _from(self, partition: int, offset: int) -> Iterator[tuple[int, bytes]]:
        while records := self.log.read(partition, offset, _PAGE):
            yield from records
            offset = records[-1][0] + 1

    def _begins(self, segment: Segment) -> int:
        """Receive time of a segment's first record."""
        return next(decode_routing(record).received_at for _, record in self.archive.read(segment))

    def _plan_in_log(self, place: Place, since: int) -> Plan | None:
        newest = self.log.totals(place.partition).plans

        def time_of(n: int) -> int:
            plan = next(self.log.plans(place.partition, n, 1), None)
            return since if plan is None else plan.log_time

        begin = bisect.bisect_left(range(1, newest + 1), since, key=time_of) + 1
        # Log time may have been set back: where it is in none of the later ones, it is in one before.
        for plan in chain(self.log.plans(place.partition, begin), self.log.plans(place.partition, 1, begin - 1)):
            if (plan.offsets() == place.offset).any():
                return plan
        return None

    def _archived_plan(self, place: Place, since: int) -> Plan | None:
        segments = self.archive.segments(place.partition, "plans")
        begin = max(bisect.bisect_left(segments, since, key=self._first_planned) - 1, 0)
        for segment in (*segments[begin:], *segments[:begin]):
            for _, value in self.archive.read(segment):
                if (planned_offsets(value) == place.offset).any():
                    return decode_plan(value)
        return None

    def _first_planned(self, segment: Segment) -> int:
        return next(decode_plan(value).log_time for _, value in self.archive.read(segment))
