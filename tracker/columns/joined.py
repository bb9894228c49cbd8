"""Parameters of several protocols of one family, seen as one batch."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracker.columns import arrays
from tracker.columns.parameters import Parameters
from tracker.columns.types import NamedValues, arrow_type

Positions = NDArray[np.int64]


class JoinedParameters(Parameters):
    """Part i holds the rows `rows[i]` of the batch; rows in no part have no parameters."""

    def __init__(self, size: int, parts: Sequence[tuple[Positions, Parameters]]) -> None:
        self._size, self._parts = size, list(parts)
        self._place = np.full(size, -1, np.int64)
        start = 0
        for rows, part in self._parts:
            self._place[rows] = np.arange(start, start + len(rows))
            start += len(part)

    def __len__(self) -> int:
        return self._size

    def keys(self) -> Sequence[str]:
        """Every key that some hit has."""
        return list(dict.fromkeys(key for _, part in self._parts for key in part.keys()))  # noqa: SIM118

    def get(self, key: str) -> Any:
        """The values of `key`; None where no part has it."""
        found = [part.get(key) for _, part in self._parts]
        if all(values is None for values in found):
            return None
        return self._scattered(
            [
                pa.nulls(len(part), pa.string()) if v is None else v
                for v, (_, part) in zip(found, self._parts, strict=True)
            ]
        )

    def prefixed(self, prefix: str) -> Any:
        """Named values of every key with `prefix`."""
        if not self._parts:
            return arrays.empty_for_null(pa.nulls(self._size, arrow_type(NamedValues)))
        return arrays.empty_for_null(self._scattered([part.prefixed(prefix) for _, part in self._parts]))

    def take(self, rows: Positions) -> Parameters:
        """The rows at `rows`."""
        whole = JoinedParameters(len(rows), [])
        whole._parts, whole._place = self._parts, self._place[rows]
        return whole

    def _scattered(self, values: list[Any]) -> Any:
        return arrays.take(pa.concat_arrays(values), self._place, self._place >= 0)
