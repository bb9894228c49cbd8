"""How large hits are."""

import numpy as np

from tracker.worker.sizes import Sizes


def offsets(*numbers: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Offsets as a protosession has them."""
    return np.array(numbers, np.int64)


def test_a_sum() -> None:
    """The bytes of a protosession are those of its hits, wherever the log begins."""
    sizes = Sizes(first=100)
    for offset, size in ((100, 7), (101, 0), (102, 30), (105, 2)):
        sizes.put(offset, size)
    assert sizes.take(offsets(100, 102, 105)) == 39


def test_what_is_carried_counts() -> None:
    """A hit that stays behind when the log is trimmed keeps its size, until its protosession has closed."""
    sizes = Sizes(first=0)
    for offset in range(10):
        sizes.put(offset, 10 + offset)
    sizes.carry(2, 12)
    sizes.forget(before=5)
    sizes.put(10, 20)
    assert sizes.take(offsets(2, 5, 10)) == 12 + 15 + 20
    assert sizes.take(offsets(2)) == 0


def test_nothing_is_kept_of_what_is_over() -> None:
    """Memory follows the log: what was trimmed takes none."""
    sizes = Sizes(first=0)
    for offset in range(1_000):
        sizes.put(offset, 1)
    sizes.forget(before=1_000)
    assert len(sizes._sizes) == 0
    sizes.forget(before=500)
    sizes.put(1_000, 9)
    assert sizes.take(offsets(1_000)) == 9
