"""List columns seen as runs: the members of row i are run i.

So everything that counts, adds and picks within runs works on them too.
"""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

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


def carried(runs: Runs[Any], by: Any, groups: NDArray[np.int64], most: int = 100) -> Events[Any]:
    """For each row all that was sent so far in its group: of each `by` the last value, in the order of first sending.

    `runs` are what each row sent, `by` has a key for each of its values, `groups` a number for each row. Rows of a
    group need not stand together. Of a group only the first `most` keys are carried.
    """
    if not len(runs):
        return Events(runs.values, np.zeros(len(groups) + 1, np.int64))
    order = np.argsort(groups, kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    ends = np.searchsorted(groups[order], groups, side="right")
    key = _kept_keys(groups[runs.run_of], arrays.codes(by), most)
    sent = np.flatnonzero(key >= 0)
    sent = sent[np.lexsort((sent, place[runs.run_of[sent]], key[sent]))]
    row, key = runs.run_of[sent], key[sent]
    until = ends[row]
    same = key[1:] == key[:-1]
    until[:-1][same] = place[row[1:]][same]
    times = until - place[row]
    value = np.repeat(np.arange(len(sent)), times)
    at = order[np.arange(len(value)) - np.repeat(np.cumsum(times) - times, times) + place[row][value]]
    sorted_by_row = np.lexsort((key[value], at))
    offsets = np.concatenate(([0], np.cumsum(np.bincount(at, minlength=len(groups)))))
    return Events(arrays.take(runs.values, sent[value[sorted_by_row]]), offsets)


def _kept_keys(groups: NDArray[np.int64], codes: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """A number for each pair of group and code in the order of first appearance; -1 past `most` codes of a group."""
    pair = groups * (int(codes.max()) + 2) + codes
    _, first, which = np.unique(pair, return_index=True, return_inverse=True)
    key = first[which.reshape(-1)]
    by_group = np.lexsort((first, groups[first]))
    group = groups[first[by_group]]
    starts = np.searchsorted(group, group)
    rank = np.empty(len(first), np.int64)
    rank[by_group] = np.arange(len(first)) - starts
    return np.where(rank[which.reshape(-1)] < most, key, -1)
