"""Parameters without the e-mail addresses that people and pages leave in URLs and forms."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracker.columns import arrays, lists, ops
from tracker.columns.events import Events
from tracker.columns.parameters import Parameters

EMAIL = r"[A-Za-z0-9._+\-]+(?:@|%40)[A-Za-z0-9](?:[A-Za-z0-9\-]*\.)+[A-Za-z]{2,}"
"""What looks like an address, its `@` as it is or percent-encoded."""
REDACTED = "(email)"


class RedactedParameters(Parameters):
    """The parameters of `inner`; in the rows of `wanted` every e-mail address is replaced by `(email)`."""

    def __init__(self, inner: Parameters, wanted: NDArray[np.bool_]) -> None:
        self._inner, self._wanted = inner, wanted

    def __len__(self) -> int:
        return len(self._inner)

    def get(self, key: str) -> Any:
        """The values of `key`; None where no row has it."""
        values = self._inner.get(key)
        return None if values is None else _without(values, self._wanted)

    def prefixed(self, prefix: str) -> Any:
        """Named values of every key with `prefix`."""
        found = lists.members(self._inner.prefixed(prefix))
        if not len(found):
            return lists.lists_of(found)
        value = _without(ops.field(found.values, "value"), self._wanted[found.run_of])
        kept = lists.struct(name=ops.field(found.values, "name"), value=value)
        return lists.lists_of(Events(kept, found.offsets))

    def keys(self) -> Sequence[str]:
        """Every key that some row has."""
        return self._inner.keys()

    def take(self, rows: NDArray[np.int64]) -> Parameters:
        """The rows at `rows`."""
        return RedactedParameters(self._inner.take(rows), self._wanted[rows])


def _without(values: Any, wanted: NDArray[np.bool_]) -> Any:
    suspect = arrays.true_mask(ops.matches(values, "@|%40")) & wanted
    return ops.if_else(pa.array(suspect), ops.replaced(values, EMAIL, REDACTED), values) if suspect.any() else values
