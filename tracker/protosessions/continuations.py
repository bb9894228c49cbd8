"""Which keys go on after their protosession was closed early, so that the next one can say that it is no beginning."""

from collections import OrderedDict

MOST = 100_000
"""Keys remembered at a time; over it the longest remembered are forgotten, and their next protosession passes for a
beginning.
"""


class Continuations:
    """A key is remembered until its protosession would have closed by itself: after that the client did not go on."""

    __slots__ = ("_known", "_most")

    def __init__(self, most: int = MOST) -> None:
        self._known: OrderedDict[bytes, tuple[int, int]] = OrderedDict()
        self._most = most

    def remember(self, key: bytes, cause: int, until: int, now: int) -> None:
        """Note that the protosession of `key` closed early, for `cause` (not 0)."""
        known = self._known
        known[key] = (until, cause)
        known.move_to_end(key)
        while len(known) > self._most or next(iter(known.values()))[0] <= now:
            known.popitem(last=False)
            if not known:
                return

    def recall(self, key: bytes, now: int) -> int:
        """The cause, once; 0 when the key is not remembered."""
        until, cause = self._known.pop(key, (0, 0))
        return cause if now < until else 0

    def forget(self) -> None:
        """Forget everything: what was noted before the clock was set back means nothing now."""
        self._known.clear()

    def __len__(self) -> int:
        return len(self._known)
