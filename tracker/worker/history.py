"""Everything a log has ever held, the archive's share included: how tables are built again.

Works beside a tracker that trims. What leaves the log is in the archive before it goes, so whatever is missed in one is
in the other, and the archive's folder is looked at again when something seems to be in neither.
"""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from tracker.errors import Broken
from tracker.model import Offsets, Plan
from tracker.worker.archive import Archive, Kind, Segment
from tracker.worker.log import Gone, Log
from tracker.worker.plan_codec import decode_plan

CACHE_BYTES = 256 << 20
"""Most bytes of segments that stay unpacked; the one in use stays however large it is."""


class Lost(Broken):
    """What was planned is neither in the log nor in the archive."""

    def __init__(self, what: str, number: int, partition: int, archive: Path) -> None:
        super().__init__(what, number, partition, archive)
        self.what, self.number, self.partition, self.archive = what, number, partition, archive

    def __str__(self) -> str:
        return (
            f"{self.what} {self.number} of partition {self.partition} is neither in the log nor in the archive in "
            f"{self.archive}: put the segments back that were moved elsewhere, or those of a backup"
        )


class History:
    """A log and its archive as one. Only reads; for one thread."""

    def __init__(self, log: Log, archive: Archive, cache_bytes: int = CACHE_BYTES) -> None:
        self._log, self._archive = log, archive
        self._unpacked = _Unpacked(archive, cache_bytes)
        self._segments: dict[tuple[int, Kind], list[Segment]] = {}

    def plans(self, partition: int, from_n: int) -> Iterator[Plan]:
        """Plans in order from number `from_n` on, each once, up to the newest there is when it is asked for.

        Raises `Lost` at the first one that is gone, `Broken` at a segment that cannot be read.
        """
        n = from_n
        while n <= self._log.totals(partition).plans:
            yield self._archived_plan(partition, n) or self._logged_plan(partition, n)
            n += 1

    def get(self, partition: int, offsets: Offsets) -> list[bytes]:
        """The records at `offsets`, in the order asked for. Raises `Lost`, or `Broken` as `plans` does."""
        while True:
            begins = self._begins(partition)
            gone = offsets < begins
            try:
                kept = self._log.get(partition, offsets[~gone])
            except Gone:
                if self._begins(partition) > begins:  # trimmed between the two looks
                    continue
                raise
            found = np.empty(len(offsets), object)
            found[~gone] = kept
            found[gone] = self._archived(partition, offsets[gone])
            records: list[bytes] = found.tolist()
            return records

    def _begins(self, partition: int) -> int:
        """The first offset that was not trimmed."""
        end = self._log.end(partition)
        first = self._log.read(partition, 0, 1)
        return first[0][0] if first else end

    def _logged_plan(self, partition: int, n: int) -> Plan:
        plan = next(self._log.plans(partition, n, 1), None)
        if plan is not None and plan.n == n:
            return plan
        plan = self._archived_plan(partition, n, look_again=True)
        if plan is None:
            raise Lost("plan", n, partition, self._archive.folder)
        return plan

    def _archived_plan(self, partition: int, n: int, *, look_again: bool = False) -> Plan | None:
        segment = self._segment(partition, "plans", n, look_again=look_again)
        if segment is None:
            return None
        return decode_plan(self._unpacked.values(segment, np.array([n]))[0])

    def _archived(self, partition: int, offsets: Offsets) -> list[bytes]:
        """Records that left the log. Each segment is unpacked once, however the offsets lie."""
        records = np.empty(len(offsets), object)
        order = np.argsort(offsets, kind="stable")
        place = 0
        while place < len(order):
            offset = int(offsets[order[place]])
            segment = self._segment(partition, "hits", offset, look_again=True)
            if segment is None:
                records[order[place]], end = self._carried(partition, offset), place + 1
            else:
                end = int(np.searchsorted(offsets, segment.last, "right", sorter=order))
                records[order[place:end]] = self._unpacked.values(segment, offsets[order[place:end]])
            place = end
        found: list[bytes] = records.tolist()
        return found

    def _carried(self, partition: int, offset: int) -> bytes:
        try:
            return self._log.get(partition, np.array([offset], np.int64))[0]
        except Gone:
            raise Lost("the hit at offset", offset, partition, self._archive.folder) from None

    def _segment(self, partition: int, kind: Kind, number: int, *, look_again: bool) -> Segment | None:
        """The segment that holds a number, and is still there."""
        known = self._segments.get((partition, kind))
        found = _holding(known or [], number)
        if (found is None and (look_again or known is None)) or (found is not None and not found.path.exists()):
            self._segments[partition, kind] = known = self._archive.segments(partition, kind)
            found = _holding(known, number)
        return found


class _Unpacked:
    """The segments used last, as Arrow arrays."""

    def __init__(self, archive: Archive, most: int) -> None:
        self._archive, self._most = archive, most
        self._tables: OrderedDict[Segment, pa.ChunkedArray] = OrderedDict()
        self.bytes = 0

    def values(self, segment: Segment, numbers: Offsets) -> list[bytes]:
        """The values of a segment that have these numbers."""
        if segment not in self._tables:
            self._keep(segment, _checked(segment, self._archive.table(segment)))
        self._tables.move_to_end(segment)
        values: list[bytes] = self._tables[segment].take(pa.array(numbers - segment.first)).to_pylist()
        return values

    def _keep(self, segment: Segment, values: pa.ChunkedArray) -> None:
        self._tables[segment] = values
        self.bytes += values.nbytes
        while self.bytes > self._most and len(self._tables) > 1:
            self.bytes -= self._tables.popitem(last=False)[1].nbytes


def _holding(segments: list[Segment], number: int) -> Segment | None:
    at = bisect_right(segments, number, key=lambda segment: segment.first) - 1
    return segments[at] if at >= 0 and segments[at].last >= number else None


def _checked(segment: Segment, table: pa.Table) -> pa.ChunkedArray:
    """The values, one for each number from the first to the last that the segment is named after."""
    numbers = table.column(0).to_numpy()
    if not np.array_equal(numbers, np.arange(segment.first, segment.last + 1)):
        raise Broken(f"the archive segment {segment.path} does not hold what its name says")
    return table.column(1)
