"""Who has to make room: open protosessions that are counted together, the oldest of which closes first."""

NONE = -1
"""No slot, no hit, no key: the end of a chain."""


class Quota:
    """The `oldest` and `newest` slot, and how many are `open`. The table keeps them, and the chain between.

    A property has a quota of its own, or shares one: then nobody makes room for more by inventing properties.
    """

    __slots__ = ("newest", "oldest", "open")

    def __init__(self) -> None:
        self.oldest = self.newest = NONE
        self.open = 0
