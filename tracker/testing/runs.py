"""Runs of events, written as lists: what a column that takes `Events` is tested with."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from tracker.columns.events import Events
from tracker.columns.types import arrow_type


def events(runs: Sequence[Sequence[Any]], type: Any = None) -> Events[Any]:
    """One run per session: `events([["/a", "/b"], ["/c"]])`. `type` is needed where every value is None."""
    values = [value for run in runs for value in run]
    offsets = np.cumsum([0, *(len(run) for run in runs)], dtype=np.int64)
    return Events(pa.array(values, None if type is None else arrow_type(type)), offsets)
