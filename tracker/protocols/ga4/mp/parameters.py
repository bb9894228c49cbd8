"""Parameters that were read hit by hit: one mapping per row."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracker.columns.parameters import Parameters
from tracker.columns.types import NamedValues, arrow_type


class RowParameters(Parameters):
    """Row i has the keys and values of `rows[i]`, whose order is the wire's."""

    def __init__(self, rows: Sequence[Mapping[str, str]]) -> None:
        self._rows = rows
        self._keys = dict.fromkeys(key for row in rows for key in row)

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, key: str) -> pa.StringArray | None:
        """The values of `key`; None where no row has it."""
        if key not in self._keys:
            return None
        return pa.array([row.get(key) for row in self._rows], pa.string())

    def prefixed(self, prefix: str) -> pa.ListArray:
        """Name (prefix cut off) and value of every key that begins with `prefix`, in wire order."""
        names = {key: key[len(prefix) :] for key in self._keys if key.startswith(prefix)}
        lists = [
            [{"name": names[key], "value": value} for key, value in row.items() if key in names] for row in self._rows
        ]
        return pa.array(lists, arrow_type(NamedValues))

    def keys(self) -> Sequence[str]:
        """Every key, in order of first appearance."""
        return list(self._keys)

    def take(self, rows: NDArray[np.int64]) -> "RowParameters":
        """The rows at `rows`, in that order."""
        return RowParameters([self._rows[row] for row in rows])
