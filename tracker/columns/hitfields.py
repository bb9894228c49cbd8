"""What a column may ask of the hit itself with `hit(NAME, TYPE)`, whatever its protocol."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from tracker.columns.arrays import from_numpy
from tracker.columns.parameters import Hits
from tracker.columns.types import Binary, Bool, Int64, String, Timestamp, arrow_type

_HEX = np.frombuffer(b"".join(b"%02x" % byte for byte in range(256)), np.uint8).reshape(256, 2)
_TIME = arrow_type(Timestamp)


def _uuid_text(hits: Hits) -> Any:
    """16-byte ids as the usual 36 characters, without a loop over hits."""
    digits = _HEX[np.frombuffer(b"".join(hits.ids), np.uint8)].reshape(-1, 32)
    text = np.full((len(hits), 36), ord("-"), np.uint8)
    for start, length, to in ((0, 8, 0), (8, 4, 9), (12, 4, 14), (16, 4, 19), (20, 12, 24)):
        text[:, to : to + length] = digits[:, start : start + length]
    offsets = np.arange(0, 36 * (len(hits) + 1), 36, dtype=np.int32)
    return pa.StringArray.from_buffers(len(hits), pa.py_buffer(offsets.tobytes()), pa.py_buffer(text.tobytes()))


def _same(value: int, kind: pa.DataType) -> Callable[[Hits], Any]:
    return lambda hits: from_numpy(np.full(len(hits), value, np.int64), kind)


FIELDS: dict[str, tuple[pa.DataType, Callable[[Hits], Any]]] = {
    "id": (arrow_type(String), _uuid_text),
    "family": (arrow_type(String), lambda hits: pa.repeat(pa.scalar(hits.family), len(hits))),
    "protocol": (arrow_type(String), lambda hits: pa.array(hits.protocols, pa.string())),
    "property_id": (arrow_type(String), lambda hits: pa.array(hits.property_ids, pa.string())),
    "client_id": (arrow_type(String), lambda hits: pa.array(hits.client_ids, pa.string())),
    "user_id": (arrow_type(String), lambda hits: pa.array(hits.user_ids, pa.string())),
    "stamp": (arrow_type(Binary), lambda hits: pa.array(hits.stamps, pa.binary())),
    "is_cookieless": (arrow_type(Bool), lambda hits: pa.array(hits.cookieless, pa.bool_())),
    "received_at": (_TIME, lambda hits: from_numpy(hits.received_at, _TIME)),
    "ingested_at": (_TIME, lambda hits: _same(hits.ingested_at, _TIME)(hits)),
    "event_time": (_TIME, lambda hits: pa.array(hits.event_times, pa.int64()).view(_TIME)),
    "event_time_refused": (arrow_type(String), lambda hits: pa.array(hits.event_times_refused, pa.string())),
    "event_key": (arrow_type(Binary), lambda hits: pa.array(hits.event_keys, pa.binary())),
    "ip": (arrow_type(String), lambda hits: pa.array([ip or None for ip in hits.ips], pa.string())),
    "host": (arrow_type(String), lambda hits: pa.array(hits.hosts, pa.string())),
    "path": (arrow_type(String), lambda hits: pa.array(hits.paths, pa.string())),
    "method": (arrow_type(String), lambda hits: pa.array(hits.methods, pa.string())),
    "log_partition": (arrow_type(Int64), lambda hits: _same(hits.partition, pa.int64())(hits)),
    "log_offset": (arrow_type(Int64), lambda hits: pa.array(hits.offsets, pa.int64())),
    "schema_epoch": (arrow_type(Int64), lambda hits: _same(hits.schema_epoch, pa.int64())(hits)),
    "protosession": (arrow_type(Int64), lambda hits: pa.array(hits.protosession, pa.int64())),
}
"""Field name -> its type, and how it is read from a batch of hits."""
