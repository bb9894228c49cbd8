"""Query strings of a whole batch as one array per key, without a Python step per event.

All rows stand in one buffer in which every `key=value` piece ends at an `&`. The places of keys and values in it are
found for all rows at once; a value is copied and percent-decoded when its key is asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote_to_bytes

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tracker.columns.parameters import Parameters

Rows = NDArray[np.int64]
Places = NDArray[np.int32]
"""Places in the buffer. Arrow counts a binary array's bytes in 32 bits, so they always fit."""

_SLICE = 1 << 18

_PERCENT, _AND, _PLUS, _EQUALS, _SPACE = (ord(sign) for sign in "%&+= ")
_HEX = np.full(256, 255, np.uint8)
_HEX[np.frombuffer(b"0123456789abcdefABCDEF", np.uint8)] = [*range(16), *range(10, 16)]
_PAIRS = pa.list_(pa.struct([("name", pa.string()), ("value", pa.string())]))


class QueryParameters(Parameters):
    """Rows of query strings. The last occurrence of a key in a row wins; a key without `=` has an empty value.

    Only `&` separates. Percent escapes and `+` are decoded as `urllib.parse.parse_qsl` does: bad escapes stay as they
    are, bytes that are no UTF-8 become U+FFFD.
    """

    def __init__(self, pieces: "_Pieces", rows: Rows | None = None) -> None:
        self._pieces, self._rows = pieces, rows

    @classmethod
    def of(cls, *parts: pa.BinaryArray) -> Self:
        """Row i of the result holds row i of every part; on a clash the later part wins."""
        some = [part for part in parts if pc.any(pc.greater(pc.binary_length(part), 0)).as_py()] or parts[:1]
        return cls(_split(pc.binary_join_element_wise(*some, b"", b"&", null_handling="replace")))

    def __len__(self) -> int:
        return self._pieces.rows if self._rows is None else len(self._rows)

    def get(self, key: str) -> pa.StringArray | None:
        """The values of `key`, one per row, null where absent; None where no row has it."""
        codes = self._pieces.codes.get(key)
        if codes is None:
            return None
        found = self._pieces.having(codes)
        token = np.full(self._pieces.rows, -1, np.int64)
        token[self._pieces.row[found]] = found  # of several in one row the last is assigned last
        if self._rows is not None:
            token = token[self._rows]
        missing = token < 0
        return None if missing.all() else self._pieces.values(token, missing)

    def prefixed(self, prefix: str) -> pa.ListArray:
        """Name (prefix cut off) and value of every key that begins with `prefix`, in wire order.

        A name that comes again in its row stands once, at the place of the last.
        """
        pieces = self._pieces
        names = [name for name in pieces.codes if name.startswith(prefix)]
        if not names:
            return pa.array([[]] * len(self), _PAIRS)
        runs = [pieces.having(pieces.codes[name]) for name in names]
        found, named = np.concatenate(runs), np.repeat(np.arange(len(names)), [len(run) for run in runs])
        last = np.ones(len(found), bool)
        last[:-1] = (named[1:] != named[:-1]) | (pieces.row[found[1:]] != pieces.row[found[:-1]])
        found, named = found[last], named[last]
        order = np.argsort(found)
        found, named = found[order], named[order]
        offsets = np.zeros(pieces.rows + 1, np.int32)
        np.cumsum(np.bincount(pieces.row[found], minlength=pieces.rows), out=offsets[1:])
        cut = pa.array([name[len(prefix) :] for name in names], pa.string()).take(pa.array(named))
        pairs = pa.StructArray.from_arrays([cut, pieces.values(found)], ["name", "value"])
        lists = pa.ListArray.from_arrays(pa.array(offsets), pairs)
        return lists if self._rows is None else lists.take(pa.array(self._rows))

    def keys(self) -> Sequence[str]:
        """Every key that some row has, in order of first appearance in the batch."""
        if self._rows is None:
            return list(self._pieces.codes)
        pieces = self._pieces
        taken = np.zeros(pieces.rows, bool)
        taken[self._rows] = True
        return [name for name, codes in pieces.codes.items() if taken[pieces.row[pieces.having(codes)]].any()]

    def take(self, rows: Rows) -> Self:
        """The rows at `rows`, in that order. Nothing is copied but row numbers."""
        return type(self)(self._pieces, rows if self._rows is None else self._rows[rows])


@dataclass(frozen=True, slots=True)
class _Pieces:
    """Every `key=value` of a batch: piece i stands in row `row[i]`, and rows ascend."""

    rows: int
    row: Places
    tokens: pa.BinaryArray
    """Four per piece, without gaps between them: key, `=`, value, what follows up to the next piece."""
    codes: dict[str, list[int]]
    """The codes of each decoded key: several where it was written in several ways."""
    order: Rows
    """Pieces by code, those of one code ascending."""
    starts: Rows
    """Where each code's run begins in `order`; one more than there are codes."""

    def having(self, codes: Sequence[int]) -> Rows:
        """The pieces of one key, ascending."""
        runs = [self.order[self.starts[code] : self.starts[code + 1]] for code in codes]
        return runs[0] if len(runs) == 1 else np.sort(np.concatenate(runs))

    def values(self, pieces: Rows, missing: NDArray[np.bool_] | None = None) -> pa.StringArray:
        """The decoded values of `pieces`, null where `missing`."""
        return _decoded(self.tokens.take(pa.array(pieces * 4 + 2, mask=missing)))


def _split(raw: pa.BinaryArray) -> _Pieces:
    """Find all pieces of rows that each end with `&`."""
    data, row_ends = _bytes(raw)
    marks = _marks(data)
    last = np.flatnonzero(data[marks] == _AND)
    ends = marks[last]
    starts, equals = np.zeros_like(ends), marks[:1].repeat(len(ends))
    starts[1:] = ends[:-1] + 1
    equals[1:] = marks[last[:-1] + 1]  # the first mark of a piece is its `=`, or the `&` that ends it
    row = np.repeat(np.arange(len(raw), dtype=np.int32), np.diff(np.searchsorted(ends, row_ends), prepend=0))
    filled = ends > starts
    if not filled.all():
        starts, equals, ends, row = starts[filled], equals[filled], ends[filled], row[filled]
    tokens = _tokens(raw, starts, equals, ends)
    keys = tokens.take(pa.array(np.arange(0, 4 * len(ends), 4))).dictionary_encode()
    code = keys.indices.to_numpy()
    codes: dict[str, list[int]] = {}
    for number, name in enumerate(keys.dictionary.to_pylist()):
        codes.setdefault(_text(name), []).append(number)
    narrow = code.astype(np.min_scalar_type(len(keys.dictionary)))  # numpy sorts up to 16 bits by radix
    bounds = np.zeros(len(keys.dictionary) + 1, np.int64)
    np.cumsum(np.bincount(code, minlength=len(keys.dictionary)), out=bounds[1:])
    return _Pieces(len(raw), row, tokens, codes, np.argsort(narrow, kind="stable"), bounds)


def _marks(data: NDArray[np.uint8]) -> Places:
    """Where `&` and `=` stand. In slices, so that what lies between stays in the processor's cache."""
    found = [np.empty(0, np.int32)]
    for begin in range(0, len(data), _SLICE):
        part = data[begin : begin + _SLICE]
        is_mark = part == _AND
        is_mark |= part == _EQUALS
        found.append(np.flatnonzero(is_mark).astype(np.int32) + np.int32(begin))
    return np.concatenate(found)


def _tokens(raw: pa.BinaryArray, starts: Places, equals: Places, ends: Places) -> pa.BinaryArray:
    """Key, `=`, value, `&` of every piece as one array over the buffer of `raw`: nothing is copied."""
    offsets = np.empty((len(ends) + 1, 4), np.int32)
    offsets[:-1, 0] = starts
    offsets[:-1, 1] = equals
    np.minimum(equals + 1, ends, out=offsets[:-1, 2])
    offsets[:-1, 3] = ends
    offsets[-1] = ends[-1] + 1 if len(ends) else 0
    data = raw.buffers()[2] or pa.py_buffer(b"")
    return pa.Array.from_buffers(pa.binary(), 4 * len(ends), [None, pa.py_buffer(offsets), data])


def _bytes(array: pa.Array) -> tuple[NDArray[np.uint8], Rows]:
    """The bytes of a binary array's values, one after the other, and where each value ends in them."""
    if not len(array):
        return np.empty(0, np.uint8), np.empty(0, np.int64)
    _, offsets, data = array.buffers()
    bounds = np.frombuffer(offsets, np.int32)[array.offset : array.offset + len(array) + 1].astype(np.int64)
    if bounds[0] == bounds[-1]:
        return np.empty(0, np.uint8), bounds[1:] - bounds[0]
    return np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]], bounds[1:] - bounds[0]


def _decoded(values: pa.BinaryArray) -> pa.StringArray:
    """Decode `+` and percent escapes, then UTF-8."""
    data, _ = _bytes(values)
    if not ((data == _PERCENT) | (data == _PLUS)).any():
        return _utf8(values)
    distinct = values.dictionary_encode()
    return _utf8(_unescaped(distinct.dictionary)).take(distinct.indices)


def _utf8(values: pa.BinaryArray) -> pa.StringArray:
    try:
        return values.cast(pa.string())
    except pa.ArrowInvalid:
        distinct = values.dictionary_encode()
        texts = [value.decode("utf-8", "replace") for value in distinct.dictionary.to_pylist()]
        return pa.array(texts, pa.string()).take(distinct.indices)


def _unescaped(values: pa.BinaryArray) -> pa.BinaryArray:
    """The same values, none of them null, with `+` as a space and every good percent escape as its byte."""
    data, ends = _bytes(values)
    out = np.zeros(len(data) + 2, np.uint8)  # two more, so that every `%` has two bytes after it
    out[:-2] = data
    out[:-2][data == _PLUS] = _SPACE
    at = np.flatnonzero(data == _PERCENT)
    end_of_value = np.repeat(ends, np.diff(np.searchsorted(at, ends), prepend=0))
    high, low = _HEX[out[at + 1]], _HEX[out[at + 2]]
    at = at[(high < 16) & (low < 16) & (at + 2 < end_of_value)]
    out[at] = _HEX[out[at + 1]] * 16 + _HEX[out[at + 2]]
    kept = np.ones(len(out), bool)
    kept[at + 1] = kept[at + 2] = kept[-2:] = False
    offsets = np.zeros(len(values) + 1, np.int32)
    offsets[1:] = ends - 2 * np.searchsorted(at, ends)
    return pa.Array.from_buffers(pa.binary(), len(values), [None, pa.py_buffer(offsets), pa.py_buffer(out[kept])])


def _text(value: bytes) -> str:
    return unquote_to_bytes(value.replace(b"+", b" ")).decode("utf-8", "replace")
