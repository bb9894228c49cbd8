"""Log records of a plan, read back: one `Hits` per protocol family, and their parameters."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracker.columns.joined import JoinedParameters
from tracker.columns.parameters import Hits, Parameters
from tracker.model import COOKIELESS, Plan

Reader = Callable[[Hits], Parameters]
"""A protocol's `parameters`."""
Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Decoded:
    """The hits of a plan by family, and the records they came from."""

    families: Mapping[str, Hits]
    places: Mapping[int, int]
    records: Sequence[bytes]

    def record_of(self, offset: int) -> bytes:
        """The record at `offset`."""
        return self.records[self.places[offset]]


def decode_hits(
    partition: int,
    plan: Plan,
    records: Sequence[bytes],
    decode: Callable[[bytes], tuple[Any, Mapping[str, Any]]],
    dead_letter: Callable[[int, str, int, str, str, bytes], None],
    killed: frozenset[int],
) -> Decoded:
    """Read `records`, which belong to the offsets of the plan's protosessions in turn. What cannot be read is a dead
    letter.
    """
    rows: defaultdict[str, list[tuple[int, int, Any, Mapping[str, Any]]]] = defaultdict(list)
    places: dict[int, int] = {}
    at = 0
    for number, closed in enumerate(plan.protosessions):
        for offset in closed.offsets.tolist():
            record = records[at]
            places[offset] = at
            at += 1
            try:
                routing, rest = decode(record)
                if offset in killed:
                    dead_letter(
                        offset, routing.property_id, routing.received_at, "compute", "killed_the_worker", record
                    )
                    continue
            except Exception:
                dead_letter(offset, "", 0, "decode", "unreadable_record", record)
                continue
            rows[routing.family].append((number, offset, routing, rest))
    families = {family: _hits(partition, plan, family, rows[family]) for family in rows}
    return Decoded(families, places, records)


def _hits(partition: int, plan: Plan, family: str, rows: Sequence[tuple[int, int, Any, Mapping[str, Any]]]) -> Hits:
    numbers, offsets, routings, rests = zip(*rows, strict=True)

    def each(key: str, default: Any = None) -> list[Any]:
        return [rest.get(key, default) for rest in rests]

    return Hits(
        partition=partition,
        ingested_at=plan.log_time,
        family=family,
        offsets=np.array(offsets, np.int64),
        protosession=np.array(numbers, np.int64),
        ids=each("i", bytes(16)),
        protocols=each("p", family),
        property_ids=[r.property_id for r in routings],
        client_ids=[r.client_id for r in routings],
        user_ids=[r.user_id for r in routings],
        stamps=[r.stamp for r in routings],
        cookieless=[bool(r.flags & COOKIELESS) for r in routings],
        received_at=np.array([r.received_at for r in routings], np.int64),
        event_times=each("et"),
        event_times_refused=each("er"),
        event_keys=each("k"),
        ips=each("ip", ""),
        hosts=each("h", ""),
        paths=each("pa", ""),
        methods=each("m", ""),
        headers=each("hd", {}),
        queries=each("qp", b""),
        bodies=each("bd", b""),
    )


def parameters_of(hits: Hits, readers: Mapping[str, Reader]) -> tuple[Hits, Parameters, list[tuple[Hits, str]]]:
    """The parameters of hits of one family, each read by its own protocol; hits that no one can read are left out and
    listed.
    """
    lost: list[tuple[Hits, str]] = []
    parts: list[tuple[Positions, Parameters]] = []
    names = np.array(hits.protocols, object)
    readable = np.zeros(len(hits), bool)
    for protocol in dict.fromkeys(hits.protocols):
        rows = np.flatnonzero(names == protocol)
        reader = readers.get(protocol)
        if reader is None:
            lost.append((hits.take(rows), "unknown_protocol"))
            continue
        for piece, parameters in _read(hits, rows, reader, lost):
            readable[piece] = True
            parts.append((piece, parameters))
    if len(parts) == 1 and len(parts[0][0]) == len(hits):
        return hits, parts[0][1], lost
    joined = JoinedParameters(len(hits), parts)
    if readable.all():
        return hits, joined, lost
    kept = np.flatnonzero(readable)
    return hits.take(kept), joined.take(kept), lost


def _read(
    hits: Hits, rows: Positions, reader: Reader, lost: list[tuple[Hits, str]]
) -> list[tuple[Positions, Parameters]]:
    """Read `rows`, halving what fails until only the bad hits are left out."""
    try:
        return [(rows, reader(hits if len(rows) == len(hits) else hits.take(rows)))]
    except Exception as error:
        if len(rows) == 1:
            lost.append((hits.take(rows), f"unreadable_payload: {type(error).__name__}"))
            return []
        middle = len(rows) // 2
        return _read(hits, rows[:middle], reader, lost) + _read(hits, rows[middle:], reader, lost)
