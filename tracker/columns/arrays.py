"""Small array arithmetic beneath `events.py` and `ops.py`: Arrow on the outside, numpy where Arrow has no kernel."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Positions = NDArray[np.int64]
Mask = NDArray[np.bool_]


def take(values: Any, at: Positions, valid: Mask | None = None) -> Any:
    """`values[at]`; null where not `valid` (there `at` may be anything)."""
    if valid is None or valid.all():
        return values.take(pa.array(at, pa.int64()))
    if not len(values):
        return pa.nulls(len(at), values.type)
    return values.take(pa.array(np.where(valid, at, 0), pa.int64(), mask=~valid))


def known_mask(values: Any) -> Mask:
    """True where a value is not null."""
    if values.null_count == 0:
        return np.ones(len(values), bool)
    return np.asarray(values.is_valid().to_numpy(zero_copy_only=False), bool)


def true_mask(values: Any) -> Mask:
    """True where a boolean is true; null is not."""
    if values.null_count:
        values = values.fill_null(False)
    return np.array(values.to_numpy(zero_copy_only=False), bool)


def empty_for_null(lists: Any) -> Any:
    """Lists with the empty list for null."""
    known = known_mask(lists)
    ends = np.asarray(lists.offsets, np.int64)
    lengths = np.where(known, np.diff(ends), 0)
    members = lists.values.take(pa.array(np.flatnonzero(np.repeat(known, np.diff(ends))) + ends[0], pa.int64()))
    return pa.ListArray.from_arrays(
        pa.array(np.concatenate(([0], np.cumsum(lengths))), pa.int32()), members, type=lists.type
    )


def codes(values: Any) -> Positions:
    """A number for each value, equal where the values are; null is a value of its own."""
    encoded = values.dictionary_encode(null_encoding="encode")
    return np.asarray(encoded.indices.to_numpy(zero_copy_only=False), np.int64)


def as_numpy(values: Any) -> NDArray[Any]:
    """The raw numbers of a fixed-width array without nulls; times and days as integers."""
    kind = values.type
    if pa.types.is_timestamp(kind):
        values = values.view(pa.int64())
    elif pa.types.is_date32(kind):
        values = values.view(pa.int32())
    return np.asarray(values.to_numpy(zero_copy_only=False))


def from_numpy(values: NDArray[Any], kind: pa.DataType, mask: Mask | None = None) -> Any:
    """The reverse of `as_numpy`; null where `mask`."""
    if pa.types.is_timestamp(kind):
        return pa.array(values, pa.int64(), mask=mask).view(kind)
    if pa.types.is_date32(kind):
        return pa.array(values.astype(np.int32), pa.int32(), mask=mask).view(kind)
    return pa.array(values, kind, mask=mask)


def sums(values: NDArray[Any], offsets: Positions) -> NDArray[Any]:
    """The sum of each run of integers."""
    total = np.concatenate(([0], np.cumsum(values)))
    return np.asarray(total[offsets[1:]] - total[offsets[:-1]])


def reduce_runs(values: Any, offsets: Positions, ufunc: np.ufunc) -> Any:
    """`ufunc` over each run of known values; null for an empty run. Each run alone, so that no run's rounding reaches
    another.
    """
    filled = np.diff(offsets) > 0
    out = np.zeros(len(filled), as_numpy(values).dtype)
    if filled.any():
        out[filled] = ufunc.reduceat(as_numpy(values), offsets[:-1][filled])
    return from_numpy(out, values.type, ~filled)


def first_of_each_pair(a: Positions, b: Positions) -> Positions:
    """Positions, ascending, at which each pair (a[i], b[i]) appears for the first time."""
    if not len(a):
        return np.empty(0, np.int64)
    order = np.lexsort((b, a))
    fresh = np.ones(len(a), bool)
    fresh[1:] = (a[order][1:] != a[order][:-1]) | (b[order][1:] != b[order][:-1])
    return np.sort(order[fresh])
