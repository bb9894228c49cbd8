"""How many bytes each open hit has in the log, so that a batch can be bounded by bytes. Four bytes of memory a hit."""

from array import array

import numpy as np

from tracker.model import Offsets


class Sizes:
    """Sizes of the records from an offset on, in order, and of carried ones before it."""

    def __init__(self, first: int) -> None:
        self._first, self._sizes = first, array("I")
        self._carried: dict[int, int] = {}

    def put(self, offset: int, size: int) -> None:
        """Note the size of the record at `offset`, which must not lie before one that was noted here."""
        if missing := offset - self._first - len(self._sizes):
            self._sizes.extend([0] * missing)
        self._sizes.append(size)

    def carry(self, offset: int, size: int) -> None:
        """Note the size of a record that stays behind when others are forgotten."""
        self._carried[offset] = size

    def take(self, offsets: Offsets) -> int:
        """The bytes of a closed protosession. Forgets its carried hits: it closes once."""
        here = offsets[offsets >= self._first] - self._first
        known = np.frombuffer(self._sizes, np.uint32) if self._sizes else np.empty(0, np.uint32)
        early = sum(self._carried.pop(offset, 0) for offset in offsets[offsets < self._first].tolist())
        return int(known[here].sum()) + early

    def forget(self, before: int) -> None:
        """Forget records before an offset, but for carried ones."""
        del self._sizes[: max(0, before - self._first)]
        self._first = max(self._first, before)
