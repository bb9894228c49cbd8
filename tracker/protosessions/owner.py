"""Who owns protosessions: a property within a protocol family. What it allows them, and how their keys are made.

A key says which client, user or stamp of which owner. It has at most 31 bytes, whatever tags send.
"""

from hashlib import blake2b

from tracker.protosessions.limits import FoldLimits
from tracker.protosessions.quota import Quota

LONGEST_KEY = 31
"""As many as fit into 64 bytes of memory: ten that say whose, and a Google Analytics client id as it is, unhashed."""


class Owner:
    """A property that has open protosessions, how many are `open`, and the `quota` in which they are counted."""

    __slots__ = ("client", "id", "joins", "limits", "max_hits", "open", "quota", "stamp", "timeout", "user")

    def __init__(self, family: str, property_id: str, limits: FoldLimits, quota: Quota) -> None:
        self.id = (family, property_id)
        self.limits, self.quota = limits, quota
        self.timeout, self.max_hits = limits.timeout, limits.max_hits
        self.joins = limits.join_across_clients and (limits.join_by_user_id or limits.join_by_stamp != "off")
        whose = blake2b(f"{len(family)}:{family}{property_id}".encode(), digest_size=9).digest()
        self.client, self.user, self.stamp = b"c" + whose, b"u" + whose, b"s" + whose
        self.open = 0


def short(key: bytes) -> bytes:
    """The key to use for one that may be too long: itself, or `#` and its hash, which is no other's key."""
    return key if len(key) <= LONGEST_KEY else b"#" + blake2b(key, digest_size=16).digest()
