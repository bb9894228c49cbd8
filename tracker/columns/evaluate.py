"""Calls one column's function over a batch, and bisects when it fails: one poison event costs one null.

First the whole batch, then halves, down to one session (for columns that see sessions) or one event. After 64 failing
pieces the column is null for the rest of the batch.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracker.columns.events import Events
from tracker.errors import Broken

MAX_FAILING_PIECES = 64
Failed = Callable[[str, int, Exception], None]
"""Told of (column, failing pieces, the last exception)."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One input of a call: a value per row, per row in runs, per session, or an object that is the same for all."""

    per: Literal["row", "run", "session", "object"]
    value: Any


@dataclass(frozen=True, slots=True)
class Partial:
    """What a function may return that knows itself on which rows it failed: their values are null."""

    values: Any
    failed: NDArray[np.bool_]
    """True for each row that failed."""
    error: Exception
    """What went wrong on one of them."""


class WrongResult(Broken):
    """A column returned something that is not what it declared: its mistake, not the data's, so nothing is bisected."""

    def __init__(self, expected: str, got: str) -> None:
        super().__init__(expected, got)
        self.expected, self.got = expected, got

    def __str__(self) -> str:
        return f"expected {self.expected}, got {self.got}"


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments over rows cut into sessions by `offsets`."""

    name: str
    function: Callable[..., Any]
    kind: pa.DataType
    arguments: Sequence[Argument]
    settings: Mapping[str, Any]
    offsets: NDArray[np.int64]
    per_session: bool
    """Whether the result has one value per session, not per row."""
    whole: bool = False
    """Never call it for a part of the batch."""

    def run(self, failed: Failed) -> Any:
        """The column's values; null where the function failed, each failure told to `failed`."""
        by_session = self.per_session or any(a.per in ("run", "session") for a in self.arguments)
        units = len(self.offsets) - 1 if by_session else int(self.offsets[-1])
        try:
            return self._piece(0, units, by_session, failed)
        except Exception as error:
            if self.whole or units <= 1 or isinstance(error, WrongResult):
                failed(self.name, 1, error)
                return pa.nulls(self._length(0, units, by_session), self.kind)
        return self._bisect(units, by_session, failed)

    def _bisect(self, units: int, by_session: bool, failed: Failed) -> Any:
        done: list[Any] = []
        waiting = [(units // 2, units), (0, units // 2)]
        failures, last = 0, Exception()
        while waiting:
            a, b = waiting.pop()
            try:
                is_tried = failures < MAX_FAILING_PIECES
                done.append(self._piece(a, b, by_session, failed) if is_tried else self._nulls(a, b, by_session))
            except Exception as error:
                if b - a > 1:
                    waiting += [((a + b) // 2, b), (a, (a + b) // 2)]
                    continue
                failures, last = failures + 1, error
                done.append(self._nulls(a, b, by_session))
        failed(self.name, failures, last)
        return pa.concat_arrays(done)

    def _piece(self, a: int, b: int, by_session: bool, failed: Failed) -> Any:
        rows = (int(self.offsets[a]), int(self.offsets[b])) if by_session else (a, b)
        result = self.function(*(self._slice(arg, a, b, rows) for arg in self.arguments), **self.settings)
        return checked(settled(result, self.name, failed), self.kind, self._length(a, b, by_session))

    def _slice(self, argument: Argument, a: int, b: int, rows: tuple[int, int]) -> Any:
        if argument.per == "object":
            return argument.value
        if argument.per == "session":
            return argument.value.slice(a, b - a)
        values = argument.value.slice(rows[0], rows[1] - rows[0])
        if argument.per == "row":
            return values
        return Events(values, self.offsets[a : b + 1] - self.offsets[a])

    def _length(self, a: int, b: int, by_session: bool) -> int:
        if self.per_session or not by_session:
            return b - a
        return int(self.offsets[b] - self.offsets[a])

    def _nulls(self, a: int, b: int, by_session: bool) -> Any:
        return pa.nulls(self._length(a, b, by_session), self.kind)


def settled(result: Any, name: str, failed: Failed) -> Any:
    """`result` without what it says of failures, which `failed` is told."""
    if not isinstance(result, Partial):
        return result
    failed(name, int(result.failed.sum()), result.error)
    return result.values


def checked(result: Any, kind: pa.DataType, length: int) -> Any:
    """`result` as one array of `kind` and `length`. Raises `WrongResult` for anything else."""
    if isinstance(result, Events):
        result = result.values
    if isinstance(result, pa.ChunkedArray):
        result = result.combine_chunks()
    if not isinstance(result, pa.Array):
        raise WrongResult(f"an array of {kind}", type(result).__name__)
    if result.type == pa.null():
        result = result.cast(kind)
    if result.type != kind:
        raise WrongResult(str(kind), str(result.type))
    if len(result) != length:
        raise WrongResult(f"{length} values", f"{len(result)}")
    return result
