"""Runs of events: how a column sees the events of each session without a loop over them.

An `Events` is one array of values and the offsets that cut it into runs, one run per session. Its methods are offsets
arithmetic over the whole batch. Methods *per run* give an array with one value per session; methods *per event* give
another `Events` of the same length. `where` narrows and then allows only the first kind.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracker.columns import arrays

T = TypeVar("T")
Positions = NDArray[np.int64]


class Runs(Generic[T]):
    """Values cut into runs. `offsets` has one element more than there are runs; run i is
    `values[offsets[i]:offsets[i+1]]`.
    """

    __slots__ = ("offsets", "outer", "values")

    def __init__(self, values: Any, offsets: Positions, outer: Positions | None = None) -> None:
        self.values, self.offsets, self.outer = values, offsets, outer

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.to_pylist()})"

    def to_pylist(self) -> list[list[Any]]:
        """The runs as lists of Python values; for tests."""
        values = self.values.to_pylist()
        return [values[a:b] for a, b in zip(self.offsets[:-1], self.offsets[1:], strict=True)]

    @property
    def run_of(self) -> Positions:
        """For each value, the number of its run."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))

    def first(self) -> Any:
        """The first value of each run, null or not; null for an empty run."""
        return self.nth(0)

    def last(self) -> Any:
        """The last value of each run, null or not; null for an empty run."""
        return arrays.take(self.values, self.offsets[1:] - 1, self.offsets[1:] > self.offsets[:-1])

    def nth(self, n: int) -> Any:
        """The value at position `n` (from 0) of each run; null where the run is shorter."""
        at = self.offsets[:-1] + n
        return arrays.take(self.values, at, at < self.offsets[1:])

    def first_known(self) -> Any:
        """The first value of each run that is not null."""
        return self._known().first()

    def last_known(self) -> Any:
        """The last value of each run that is not null."""
        return self._known().last()

    def count(self) -> Any:
        """How many events each run has, null values included; 0 for an empty run."""
        return pa.array(np.diff(self.offsets), pa.int64())

    def sum(self) -> Any:
        """The sum of the known values of each run; null where there is none. Numbers only."""
        return self._reduce(np.add)

    def min(self) -> Any:
        """The smallest known value of each run; null where there is none. Numbers, times and days."""
        return self._reduce(np.minimum)

    def max(self) -> Any:
        """The greatest known value of each run; null where there is none. Numbers, times and days."""
        return self._reduce(np.maximum)

    def any(self) -> Any:
        """Whether some value of the run is true; false for an empty run."""
        true = arrays.true_mask(self.values).astype(np.int64)
        return pa.array(arrays.sums(true, self.offsets) > 0, pa.bool_())

    def distinct_count(self) -> Any:
        """How many different known values each run has."""
        known, codes = self._known_codes()
        runs = known.run_of[arrays.first_of_each_pair(known.run_of, codes)]
        return pa.array(np.bincount(runs, minlength=len(self.offsets) - 1), pa.int64())

    def list(self) -> Any:
        """The known values of each run as a list."""
        known = self._known()
        return pa.ListArray.from_arrays(pa.array(known.offsets, pa.int32()), known.values)

    def distinct(self) -> Any:
        """The different known values of each run as a list, in order of first appearance."""
        known, codes = self._known_codes()
        keep = np.zeros(len(known), bool)
        keep[arrays.first_of_each_pair(known.run_of, codes)] = True
        return known._filter(keep).list()

    def each(self, per_run: Any) -> "Events[Any]":
        """Spread one value per run over the events of the run."""
        if self.outer is None:
            raise TypeError("where() left events out: spread over the events it was called on instead")
        return Events(arrays.take(per_run, self.run_of), self.outer)

    def _known(self) -> "Runs[T]":
        return self if self.values.null_count == 0 else self._filter(arrays.known_mask(self.values))

    def _known_codes(self) -> tuple["Runs[T]", Positions]:
        known = self._known()
        return known, arrays.codes(known.values)

    def _filter(self, keep: NDArray[np.bool_]) -> "Runs[T]":
        counted = np.concatenate(([0], np.cumsum(keep)))
        return Runs(self.values.filter(pa.array(keep)), counted[self.offsets])

    def _reduce(self, ufunc: np.ufunc) -> Any:
        known = self._known()
        return arrays.reduce_runs(known.values, known.offsets, ufunc)


class Events(Runs[T]):
    """One run of events per session."""

    __slots__ = ()

    def __init__(self, values: Any, offsets: Positions) -> None:
        super().__init__(values, offsets, offsets)

    def where(self, condition: "Events[Any]") -> Runs[T]:
        """Only the events where `condition` is true (null is not true)."""
        return self._filter(arrays.true_mask(condition.values))

    def shift(self, n: int) -> "Events[T]":
        """The value `n` events earlier in the run (later for a negative `n`); null past its ends."""
        at = np.arange(len(self)) - n
        run = self.run_of
        inside = (at >= self.offsets[:-1][run]) & (at < self.offsets[1:][run])
        return Events(arrays.take(self.values, at, inside), self.offsets)

    def forward_fill(self) -> "Events[T]":
        """Each null replaced by the nearest known value before it in the run."""
        at = np.where(arrays.known_mask(self.values), np.arange(len(self)), -1)
        at = np.maximum.accumulate(at) if len(at) else at
        return Events(arrays.take(self.values, at, at >= self.offsets[:-1][self.run_of]), self.offsets)

    def backward_fill(self) -> "Events[T]":
        """Each null replaced by the nearest known value after it in the run."""
        size = len(self)
        at = np.where(arrays.known_mask(self.values), np.arange(size), size)
        at = np.minimum.accumulate(at[::-1])[::-1] if size else at
        return Events(arrays.take(self.values, at, at < self.offsets[1:][self.run_of]), self.offsets)

    def position(self) -> "Events[Any]":
        """The place of each event in its run, from 0."""
        return self._new(np.arange(len(self)) - self.offsets[:-1][self.run_of], pa.int64())

    def running_count(self) -> "Events[Any]":
        """How many events of the run, this one included, are true so far (for other types: known)."""
        kind = self.values.type
        mask = arrays.true_mask(self.values) if pa.types.is_boolean(kind) else arrays.known_mask(self.values)
        total = np.concatenate(([0], np.cumsum(mask)))
        return self._new(total[1:] - total[self.offsets[:-1]][self.run_of], pa.int64())

    def changed(self) -> "Events[Any]":
        """True where the value differs from the event before it in the run; null counts as a value; false at the
        start.
        """
        codes = arrays.codes(self.values)
        differs = np.zeros(len(codes), bool)
        differs[1:] = codes[1:] != codes[:-1]
        differs[self.offsets[:-1][np.diff(self.offsets) > 0]] = False
        return self._new(differs, pa.bool_())

    def runs(self, starts: "Events[Any]") -> Runs[T]:
        """Sub-runs that begin at each event where `starts` is true, and at the start of each run: one per page, say."""
        cut = arrays.true_mask(starts.values)
        cut[self.offsets[:-1][np.diff(self.offsets) > 0]] = True
        return Runs(self.values, np.concatenate((np.flatnonzero(cut), [len(self)])), self.offsets)

    def _new(self, values: NDArray[Any], kind: pa.DataType) -> "Events[Any]":
        return Events(pa.array(values, kind), self.offsets)


def lift(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function of arrays accept `Events` too: what any argument's runs are, the result's are."""

    def lifted(*args: Any, **kwargs: Any) -> Any:
        offsets = next((arg.offsets for arg in args if isinstance(arg, Events)), None)
        if offsets is None:
            return function(*args, **kwargs)
        return Events(function(*(arg.values if isinstance(arg, Events) else arg for arg in args), **kwargs), offsets)

    lifted.__name__, lifted.__doc__, lifted.__wrapped__ = function.__name__, function.__doc__, function  # type: ignore[attr-defined]
    return lifted
