"""List columns seen as runs: the members of row i are run i.

So everything that counts, adds and picks within runs works on them too.
"""

from typing import Any

import numpy as np
import pyarrow as pa

from tracker.columns import arrays
from tracker.columns.events import Events, Runs


def members(lists: Any) -> Events[Any]:
    """The members of a list column, one run per row; a null list has none."""
    lengths = np.diff(np.asarray(lists.offsets, np.int64))
    return Events(lists.flatten(), np.concatenate(([0], np.cumsum(np.where(arrays.known_mask(lists), lengths, 0)))))


def lists_of(runs: Runs[Any]) -> Any:
    """The reverse of `members`: each run as a list."""
    return pa.ListArray.from_arrays(pa.array(runs.offsets, pa.int32()), runs.values)


def in_order(runs: Runs[Any], by: Any) -> Events[Any]:
    """Each run in ascending order of the number that `by` has for each of its values; none may be null."""
    order = np.lexsort((arrays.as_numpy(by), runs.run_of))
    return Events(arrays.take(runs.values, order), runs.offsets)


def last_of_each(runs: Runs[Any], by: Any) -> Runs[Any]:
    """Of the values of a run for which `by` is the same only the last."""
    keep = np.zeros(len(runs), bool)
    latest_first = arrays.first_of_each_pair(runs.run_of[::-1], arrays.codes(by)[::-1])
    keep[len(runs) - 1 - latest_first] = True
    return Events(runs.values, runs.offsets).where(Events(pa.array(keep), runs.offsets))


def struct(**fields: Any) -> Any:
    """Structs of plain arrays of one length, a member for each."""
    return pa.StructArray.from_arrays(list(fields.values()), names=list(fields))
