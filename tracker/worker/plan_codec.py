"""How plans, outcomes and carried hits are written in the log and the archive.

CBOR, with offsets as packed little-endian 64-bit integers, because a plan holds 50,000 of them.
"""

from itertools import accumulate, pairwise
from typing import Any

import cbor2
import numpy as np

from tracker.errors import Broken
from tracker.model import Carried, Closed, Offsets, Outcomes, Plan

PLAN_VERSION = 1
"""The version of plans this program writes, and the only one it reads."""
_OFFSETS = np.dtype("<i8")
_FIELDS = ("n", "log_time", "hits_before", "sizes", "offsets", "causes", "continues")


def encode_plan(plan: Plan) -> bytes:
    """The bytes of a plan: its protosessions one after the other, each told by its size."""
    closed = plan.protosessions
    offsets = np.concatenate([c.offsets for c in closed]) if closed else np.empty(0, np.int64)
    return cbor2.dumps(
        [
            PLAN_VERSION,
            plan.n,
            plan.log_time,
            plan.hits_before,
            np.array([len(c.offsets) for c in closed], _OFFSETS).tobytes(),
            offsets.astype(_OFFSETS).tobytes(),
            [c.cause for c in closed],
            [c.continues for c in closed],
        ]
    )


def decode_plan(value: bytes) -> Plan:
    """The plan that `encode_plan` was given."""
    fields = _plan_fields(value)
    offsets = _unpack(fields["offsets"])
    ends = accumulate(_unpack(fields["sizes"]).tolist(), initial=0)
    runs = zip(pairwise(ends), fields["causes"], fields["continues"], strict=True)
    return Plan(
        n=fields["n"],
        log_time=fields["log_time"],
        hits_before=fields["hits_before"],
        protosessions=tuple(Closed(offsets[start:end], cause, continues) for (start, end), cause, continues in runs),
    )


def planned_offsets(value: bytes) -> Offsets:
    """All offsets of an encoded plan, protosession after protosession."""
    return _unpack(_plan_fields(value)["offsets"])


def encode_outcomes(outcomes: Outcomes) -> bytes:
    """The bytes of what became of a plan's hits."""
    return cbor2.dumps([outcomes.plan, _pack(outcomes.duplicate), _pack(outcomes.filtered), dict(outcomes.dead)])


def decode_outcomes(value: bytes) -> Outcomes:
    """What `encode_outcomes` was given."""
    plan, duplicate, filtered, dead = cbor2.loads(value)
    return Outcomes(plan, tuple(_unpack(duplicate).tolist()), tuple(_unpack(filtered).tolist()), dead)


def encode_carried(hit: Carried) -> bytes:
    """The bytes of a carried hit; its offset is its key."""
    return cbor2.dumps([hit.opened_at, hit.deadline, hit.continues, hit.record])


def decode_carried(offset: int, value: bytes) -> Carried:
    """The carried hit at `offset`."""
    opened_at, deadline, continues, record = cbor2.loads(value)
    return Carried(offset, record, opened_at, deadline, continues)


def carried_record(value: bytes) -> bytes:
    """Only the record of a carried hit."""
    return decode_carried(0, value).record


def _plan_fields(value: bytes) -> dict[str, Any]:
    version, *fields = cbor2.loads(value)
    if version != PLAN_VERSION:
        raise Broken(
            f"a plan has version {version!r}, and this program reads {PLAN_VERSION}: run the release that wrote it"
        )
    return dict(zip(_FIELDS, fields, strict=True))


def _pack(offsets: Any) -> bytes:
    return np.fromiter(offsets, _OFFSETS).tobytes()


def _unpack(data: bytes) -> Offsets:
    return np.frombuffer(data, _OFFSETS).astype(np.int64, copy=False)
