"""The log in LMDB: one file that several processes append to, every acknowledged byte fsynced.

Offsets, counts, cursors and start points live in the meta database and move in the same transaction as what they count,
so they are right after any crash and never fall, even when the log is empty.
"""

import struct
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import count, islice, takewhile
from pathlib import Path
from typing import TYPE_CHECKING

import cbor2

from tracker.errors import Broken
from tracker.model import Carried, Offsets, Outcomes, Plan, StartPoint
from tracker.worker import pieces
from tracker.worker.codec import is_hit
from tracker.worker.lmdb_store import CARRY_SHARE, RECEIVERS_SHARE, LmdbStore, get_pair, name, put_pair
from tracker.worker.lmdb_trim import trim
from tracker.worker.log import Gone, Log, Totals
from tracker.worker.pieces import Database, Txn
from tracker.worker.plan_codec import (
    carried_record,
    decode_carried,
    decode_outcomes,
    decode_plan,
    encode_carried,
    encode_outcomes,
    encode_plan,
)

if TYPE_CHECKING:
    from tracker.worker.archive import Archive

RING = 10_000
"""How many of the latest refusals are kept."""
HISTORY = 50
"""How many plans' outcomes are kept at least, even of plans that were trimmed."""
_offset_key = struct.Struct(">Q").pack


class LmdbLog(Log):
    """A log in one folder. Any number of processes may have it open, each once; made by `open` or `open_reader`."""

    def __init__(self, store: LmdbStore, archive: "Archive | None") -> None:
        self.id, self.partitions, self.secret = store.id, store.partitions, store.secret
        self._store, self._archive = store, archive

    @classmethod
    def open(cls, folder: Path, *, quota: int, partitions: int, archive: "Archive | None") -> "LmdbLog":
        """The log in `folder`, made if it is not there. Without an `archive` it is never trimmed.

        Raises `Misconfigured` when it was made with another number of partitions, or is open in this process already.
        """
        return cls(LmdbStore.open(folder, quota=quota, partitions=partitions), archive)

    @classmethod
    def open_reader(cls, folder: Path) -> "LmdbLog":
        """The log in `folder`, to read while other processes write; every writing method raises `Broken`."""
        return cls(LmdbStore.open_reader(folder), None)

    def append(self, records: Sequence[tuple[int, bytes]], rejections: Sequence[bytes] = ()) -> list[int]:
        """See `Log`. All partitions in one transaction."""
        by_partition: dict[int, list[bytes]] = {}
        for partition, record in records:
            by_partition.setdefault(partition, []).append(record)
        with self._store.write() as txn:
            self._store.refuse_when_full(txn, RECEIVERS_SHARE)
            begins = {partition: count(self._append(txn, partition, own)) for partition, own in by_partition.items()}
            if rejections:
                self._reject(txn, rejections)
        return [next(begins[partition]) for partition, _ in records]

    def append_own(self, partition: int, record: bytes) -> int:
        """See `Log`."""
        with self._store.write() as txn:
            return self._append(txn, partition, [record])

    def end(self, partition: int) -> int:
        """See `Log`."""
        return self._pair("ends", partition)[0]

    def read(self, partition: int, from_offset: int, limit: int) -> list[tuple[int, bytes]]:
        """See `Log`."""
        db = self._store.hits[self._known(partition)]
        with self._store.read(db) as txn, txn.cursor() as cursor:
            if not cursor.set_range(_offset_key(max(from_offset, 0))):
                return []
            # Offsets have no gaps and trimming takes them from the front, so the first tells all.
            first = int.from_bytes(cursor.key())
            records = list(islice(cursor.iternext(keys=False, values=True), limit))
        return list(zip(range(first, first + len(records)), records, strict=True))

    def get(self, partition: int, offsets: Offsets) -> list[bytes]:
        """See `Log`. Fastest with ascending offsets."""
        keys: list[bytes] = offsets.astype(">i8").view("V8").tolist()
        with self._store.read(self._store.hits[self._known(partition)]) as txn:
            # A carried record is a copy of the hit: only where the hit is gone must the carry be asked.
            found = list(map(txn.get, keys))
            if None in found:
                carry = self._store.carry[partition]
                found = [
                    _carried(txn, carry, key) if hit is None else hit for key, hit in zip(keys, found, strict=True)
                ]
        records = [record for record in found if record is not None]
        if len(records) < len(keys):
            raise Gone(partition, int.from_bytes(keys[found.index(None)]))
        return records

    def put_plan(self, partition: int, plan: Plan, start: StartPoint) -> None:
        """See `Log`. Raises `Broken` when the number does not follow, or the start point would fall."""
        with self._store.write() as txn:
            newest, planned = get_pair(txn, self._store.meta, name("plans", self._known(partition)))
            if plan.n != newest + 1:
                raise Broken(f"plan {plan.n} of partition {partition} cannot follow plan {newest}")
            pieces.put(txn, self._store.plans[partition], plan.n, encode_plan(plan))
            put_pair(txn, self._store.meta, name("plans", partition), plan.n, planned + plan.hits)
            self._move_start(txn, partition, start)

    def plans(self, partition: int, from_n: int, limit: int | None = None) -> Iterator[Plan]:
        """See `Log`. No transaction stays open between two plans."""
        db = self._store.plans[self._known(partition)]
        for _ in range(limit) if limit is not None else count():
            with self._store.read() as txn:
                found = pieces.first(txn, db, from_n)
            if found is None:
                return
            from_n = found[0] + 1
            yield decode_plan(found[1])

    def start(self, partition: int) -> StartPoint:
        """See `Log`."""
        return StartPoint(*self._pair("starts", partition))

    def save_start(self, partition: int, start: StartPoint) -> None:
        """See `Log`. Raises `Broken` when it would fall."""
        with self._store.write() as txn:
            self._move_start(txn, self._known(partition), start)

    def totals(self, partition: int) -> Totals:
        """See `Log`."""
        with self._store.read() as txn:
            hits = get_pair(txn, self._store.meta, name("ends", self._known(partition)))[1]
            plans, planned = get_pair(txn, self._store.meta, name("plans", partition))
        return Totals(hits=hits, planned=planned, plans=plans)

    def rejected(self) -> Mapping[str, int]:
        """See `Log`. A refusal without a reason counts as `unknown`."""
        return self._first_numbers("rejected")

    def rejections(self, limit: int) -> list[bytes]:
        """See `Log`."""
        with self._store.read(self._store.rejections) as txn, txn.cursor() as cursor:
            latest = [value for _, value in islice(cursor.iterprev(), limit)] if cursor.last() else []
        return latest[::-1]

    def commit(self, partition: int, sink: str, n: int) -> None:
        """See `Log`. Raises `Broken` when it would fall."""
        key = name("cursors", self._known(partition), sink)
        with self._store.write() as txn:
            current, _ = get_pair(txn, self._store.meta, key)
            if n < current:
                raise Broken(f"the cursor of {sink} in partition {partition} is {current} and cannot fall to {n}")
            if n > current:
                put_pair(txn, self._store.meta, key, n)
            txn.delete(name("attempts", partition, sink), db=self._store.meta)

    def cursor(self, partition: int, sink: str) -> int:
        """See `Log`."""
        return self._pair("cursors", partition, sink)[0]

    def sinks(self, partition: int) -> Mapping[str, int]:
        """See `Log`."""
        return self._first_numbers("cursors", self._known(partition))

    def attempt(self, partition: int, sink: str, n: int) -> int:
        """See `Log`."""
        key = name("attempts", self._known(partition), sink)
        with self._store.write() as txn:
            plan, attempts = get_pair(txn, self._store.meta, key)
            before = attempts if plan == n else 0
            put_pair(txn, self._store.meta, key, n, before + 1)
        return before

    def put_outcomes(self, partition: int, outcomes: Outcomes) -> None:
        """See `Log`."""
        with self._store.write() as txn:
            pieces.put(txn, self._store.outcomes[self._known(partition)], outcomes.plan, encode_outcomes(outcomes))

    def outcomes(self, partition: int, n: int) -> Outcomes | None:
        """See `Log`. Kept until the plan is trimmed, and for the latest 50 plans also after that."""
        with self._store.read() as txn:
            value = pieces.get(txn, self._store.outcomes[self._known(partition)], n)
        return None if value is None else decode_outcomes(value)

    def put_note(self, key: str, value: bytes) -> None:
        """See `Log`."""
        with self._store.write() as txn:
            txn.put(name("notes", key), value, db=self._store.meta)

    def note(self, key: str) -> bytes | None:
        """See `Log`."""
        with self._store.read(self._store.meta) as txn:
            return txn.get(name("notes", key))

    def carry(self, partition: int, hits: Sequence[Carried], start: StartPoint) -> None:
        """See `Log`. Raises `Broken` when the start point would fall, `LogFull` above 90 % of the quota."""
        with self._store.write() as txn:
            self._store.refuse_when_full(txn, CARRY_SHARE)
            for hit in hits:
                txn.put(_offset_key(hit.offset), encode_carried(hit), db=self._store.carry[self._known(partition)])
            self._move_start(txn, partition, start)

    def carried(self, partition: int) -> list[Carried]:
        """See `Log`."""
        with self._store.read(self._store.carry[self._known(partition)]) as txn, txn.cursor() as cursor:
            return [decode_carried(int.from_bytes(key), value) for key, value in cursor]

    def trim(self, partition: int, to_offset: int, to_plan: int) -> int:
        """See `Log`. Goes less far where the start point, or a plan after `to_plan`, still needs something."""
        if self._archive is None:
            return 0
        return trim(self._store, self._archive, self._known(partition), to_offset, to_plan, keep_outcomes=HISTORY)

    def used(self) -> tuple[int, int]:
        """See `Log`. Space that trimming freed does not count."""
        with self._store.read() as txn:
            return self._store.used(txn), self._store.quota

    def check_readers(self) -> int:
        """See `Log`."""
        return self._store.check_readers()

    def close(self) -> None:
        """See `Log`."""
        self._store.close()

    def _append(self, txn: Txn, partition: int, records: Sequence[bytes]) -> int:
        """Append to one partition; returns the first offset."""
        db = self._store.hits[self._known(partition)]
        end, hits = get_pair(txn, self._store.meta, name("ends", partition))
        keys = map(_offset_key, range(end, end + len(records)))
        with txn.cursor(db) as cursor:
            _, added = cursor.putmulti(zip(keys, records, strict=True), append=True)
        if added != len(records):
            raise Broken(f"partition {partition} already has records from offset {end:,} on")
        put_pair(txn, self._store.meta, name("ends", partition), end + added, hits + sum(map(is_hit, records)))
        return end

    def _reject(self, txn: Txn, rejections: Sequence[bytes]) -> None:
        meta, ring = self._store.meta, self._store.rejections
        for reason, times in Counter(map(_reason, rejections)).items():
            put_pair(txn, meta, name("rejected", reason), get_pair(txn, meta, name("rejected", reason))[0] + times)
        begin, _ = get_pair(txn, meta, name("rejections"))
        end = begin + len(rejections)
        for number, rejection in enumerate(rejections, begin):
            txn.put(_offset_key(number), rejection, append=True, db=ring)
        for number in range(max(begin - RING, 0), end - RING):
            txn.delete(_offset_key(number), db=ring)
        put_pair(txn, meta, name("rejections"), end)

    def _move_start(self, txn: Txn, partition: int, start: StartPoint) -> None:
        current, _ = get_pair(txn, self._store.meta, name("starts", partition))
        if start.offset < current:
            raise Broken(f"the start point of partition {partition} is {current:,} and cannot fall to {start.offset:,}")
        put_pair(txn, self._store.meta, name("starts", partition), start.offset, start.log_time)

    def _pair(self, kind: str, partition: int, *rest: str) -> tuple[int, int]:
        with self._store.read() as txn:
            return get_pair(txn, self._store.meta, name(kind, self._known(partition), *rest))

    def _first_numbers(self, *parts: object) -> dict[str, int]:
        """The first number of every pair whose name begins with `parts`, by the rest of the name."""
        prefix = name(*parts, "")
        with self._store.read(self._store.meta) as txn, txn.cursor() as cursor:
            pairs = takewhile(lambda item: item[0].startswith(prefix), cursor) if cursor.set_range(prefix) else ()
            names = [key.removeprefix(prefix) for key, _ in pairs]
            return {key.decode(): get_pair(txn, self._store.meta, prefix + key)[0] for key in names}

    def _known(self, partition: int) -> int:
        if not 0 <= partition < self.partitions:
            raise Broken(f"there is no partition {partition}: the log has {self.partitions}")
        return partition


def _carried(txn: Txn, carry: Database, key: bytes) -> bytes | None:
    value = txn.get(key, db=carry)
    return None if value is None else carried_record(value)


def _reason(rejection: bytes) -> str:
    try:
        return str(cbor2.loads(rejection)["r"])[:100]
    except (cbor2.CBORError, ValueError, TypeError, LookupError):
        return "unknown"
