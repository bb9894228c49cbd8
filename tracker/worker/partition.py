"""Which partition a hit belongs to. Hits of one client must meet, so the answer never changes while the log lives."""

from collections.abc import Callable
from hashlib import blake2b
from typing import Literal

from tracker.model import Hit


def partition_of(secret: bytes, partitions: int, by: Literal["client", "property"]) -> Callable[[Hit], int]:
    """The rule of one log: a keyed BLAKE2b of the routing key, modulo `partitions`.

    `secret` is the log's own, at most 64 bytes: nobody outside can aim hits at one partition. The routing key is the
    property id, and with `by="client"` also the client id, each with its size before it.
    """
    if partitions == 1:
        return lambda hit: 0
    keyed = blake2b(key=secret, digest_size=8)

    def place(*ids: str) -> int:
        digest = keyed.copy()
        for text in ids:
            data = text.encode(errors="replace")
            digest.update(len(data).to_bytes(4) + data)
        return int.from_bytes(digest.digest()) % partitions

    if by == "property":
        return lambda hit: place(hit.property_id)
    return lambda hit: place(hit.property_id, hit.client_id)
