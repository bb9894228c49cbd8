"""List columns as runs."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tracker.columns import lists
from tracker.columns.events import Events

ROWS = st.lists(st.tuples(st.integers(0, 2), st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 9)))))


def plainly(rows: list[tuple[int, list[tuple[str, int]]]], most: int) -> list[list[str]]:
    """What `carried` does, row by row."""
    known: dict[int, dict[str, str]] = {}
    carried = []
    for group, sent in rows:
        of_group = known.setdefault(group, {})
        for key, value in sent:
            if key in of_group or len(of_group) < most:
                of_group[key] = f"{key}{value}"
        carried.append(list(of_group.values()))
    return carried


@given(ROWS, st.integers(1, 4))
def test_carried(rows: list[tuple[int, list[tuple[str, int]]]], most: int) -> None:
    """Of each key the last value sent in the group so far, and of no more keys than are asked for."""
    sent = [pair for _, pairs in rows for pair in pairs]
    offsets = np.cumsum([0, *(len(pairs) for _, pairs in rows)])
    values = pa.array([f"{key}{value}" for key, value in sent], pa.string())
    keys = pa.array([key for key, _ in sent], pa.string())
    groups = np.array([group for group, _ in rows], np.int64)
    assert lists.carried(Events(values, offsets), keys, groups, most).to_pylist() == plainly(rows, most)
