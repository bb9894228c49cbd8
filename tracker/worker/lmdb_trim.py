"""How hits and plans leave an LMDB log: first into the archive, then out of the databases, a slice at a time.

Each step is noted in its own transaction, so a crash between any two repeats at most the step it interrupted.
"""

import struct
from collections.abc import Iterator
from itertools import islice

import numpy as np

from tracker.model import Offsets
from tracker.worker import pieces
from tracker.worker.archive import Archive
from tracker.worker.lmdb_store import LmdbStore, get_pair, name, put_pair
from tracker.worker.plan_codec import planned_offsets

SLICE = 2_000
"""Records dropped in one transaction, so that receivers never wait long for theirs."""
SEGMENT_BYTES = 64 << 20
"""A segment of the archive ends after the read that reaches this size."""
_DROPPED_PLANS = 20
"""Plans dropped in one transaction."""
_SEGMENT_PLANS = 200
"""Most plans in one segment of the archive."""
_offset_key = struct.Struct(">Q").pack


def trim(
    store: LmdbStore, archive: Archive, partition: int, to_offset: int, to_plan: int, *, keep_outcomes: int
) -> int:
    """Move hits before `to_offset` and plans up to `to_plan` into the archive; returns how many records left the log.

    Goes less far where something is still needed. A hit stays while it lies at or after the start point, or stands in a
    plan after `to_plan` and not in the carry. A plan stays while one of its hits lies at or after the start point: the
    next fold must know that this hit is planned.
    """
    with store.read() as txn:
        start, _ = get_pair(txn, store.meta, name("starts", partition))
    to_offset = _needed(store, partition, min(to_offset, start), to_plan)
    _archive_plans(store, archive, partition, to_plan := _finished(store, partition, to_plan, start))
    _drop_plans(store, partition, to_plan, keep_outcomes)
    dropped = 0
    while _archive_hits(store, archive, partition, to_offset):
        dropped += _drop_hits(store, partition, to_offset)
    return dropped + _drop_hits(store, partition, to_offset)


def _encoded_plans(
    store: LmdbStore, partition: int, from_n: int, to_n: int | None = None
) -> Iterator[tuple[int, bytes]]:
    """Plans as they are stored, each read in a transaction of its own."""
    while True:
        with store.read() as txn:
            found = pieces.first(txn, store.plans[partition], from_n)
        if found is None or (to_n is not None and found[0] > to_n):
            return
        yield found
        from_n = found[0] + 1


def _finished(store: LmdbStore, partition: int, to_plan: int, start: int) -> int:
    """The last plan up to `to_plan` before the first one that has a hit at or after `start`."""
    finished = 0
    for n, plan in _encoded_plans(store, partition, 0, to_plan):
        if planned_offsets(plan).max(initial=-1) >= start:
            break
        finished = n
    return finished


def _needed(store: LmdbStore, partition: int, to_offset: int, to_plan: int) -> int:
    """`to_offset`, or the first hit before it that a plan after `to_plan` needs."""
    carried = _carried_offsets(store, partition)
    for _, plan in _encoded_plans(store, partition, to_plan + 1):
        offsets = planned_offsets(plan)
        early = np.setdiff1d(offsets[offsets < to_offset], carried)
        to_offset = int(early.min(initial=to_offset))
    return to_offset


def _carried_offsets(store: LmdbStore, partition: int) -> Offsets:
    with store.read(store.carry[partition]) as txn, txn.cursor() as cursor:
        keys = b"".join(cursor.iternext(keys=True, values=False))
    return np.frombuffer(keys, ">i8").astype(np.int64)


def _archived(store: LmdbStore, partition: int) -> tuple[int, int]:
    """(first offset, last plan) as far as the archive has them."""
    with store.read() as txn:
        return get_pair(txn, store.meta, name("archived", partition))


def _archive_plans(store: LmdbStore, archive: Archive, partition: int, to_plan: int) -> None:
    offset, done = _archived(store, partition)
    while plans := list(islice(_encoded_plans(store, partition, done + 1, to_plan), _SEGMENT_PLANS)):
        archive.put_plans(partition, plans)
        done = plans[-1][0]
        _note(store, partition, offset, done)


def _archive_hits(store: LmdbStore, archive: Archive, partition: int, to_offset: int) -> bool:
    """Archive one segment; False when there is nothing left to archive."""
    offset, plan = _archived(store, partition)
    records: list[tuple[int, bytes]] = []
    size = 0
    while offset < to_offset and size < SEGMENT_BYTES:
        with store.read(store.hits[partition]) as txn, txn.cursor() as cursor:
            found = cursor.set_range(_offset_key(offset))
            part = list(islice(cursor, min(SLICE, to_offset - offset))) if found else []
        if not part:
            break
        records += [(int.from_bytes(key), record) for key, record in part]
        size += sum(len(record) for _, record in part)
        offset = records[-1][0] + 1
    if not records:
        return False
    archive.put_hits(partition, records)
    _note(store, partition, offset, plan)
    return True


def _note(store: LmdbStore, partition: int, offset: int, plan: int) -> None:
    with store.write() as txn:
        put_pair(txn, store.meta, name("archived", partition), offset, plan)


def _drop_hits(store: LmdbStore, partition: int, to_offset: int) -> int:
    """Drop what is before `to_offset` and archived."""
    limit = _offset_key(min(to_offset, _archived(store, partition)[0]))
    total = 0
    while True:
        with store.write() as txn, txn.cursor(store.hits[partition]) as cursor:
            dropped = 0
            cursor.first()
            while (key := cursor.key()) and key < limit and dropped < SLICE:
                cursor.delete()
                dropped += 1
        total += dropped
        if dropped < SLICE:
            return total


def _drop_plans(store: LmdbStore, partition: int, to_plan: int, keep_outcomes: int) -> None:
    """Drop plans, their hits in the carry, and outcomes beyond the latest `keep_outcomes` plans."""
    while plans := list(islice(_encoded_plans(store, partition, 0, to_plan), _DROPPED_PLANS)):
        with store.write() as txn:
            for n, plan in plans:
                for offset in planned_offsets(plan).tolist():
                    txn.delete(_offset_key(offset), db=store.carry[partition])
                pieces.drop(txn, store.plans[partition], n)
    with store.read() as txn:
        newest, _ = get_pair(txn, store.meta, name("plans", partition))
    _drop_outcomes(store, partition, min(to_plan, newest - keep_outcomes))


def _drop_outcomes(store: LmdbStore, partition: int, to_plan: int) -> None:
    with store.write() as txn:
        found = pieces.first(txn, store.outcomes[partition], 0)
        while found and found[0] <= to_plan:
            pieces.drop(txn, store.outcomes[partition], found[0])
            found = pieces.first(txn, store.outcomes[partition], found[0] + 1)
