"""What a property allows its protosessions."""

from dataclasses import dataclass
from typing import Literal

StampJoin = Literal["cookieless", "always", "off"]
"""Which hits a shared session stamp may join: those without a stable client id, all, or none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldLimits:
    """Durations in microseconds of log time. Must stay the same for a property while a fold lives."""

    timeout: int
    """A protosession closes this long after its last hit."""
    max_hits: int
    """The hit that reaches it is the last of its protosession."""
    max_duration: int
    """A protosession closes at this age even if hits keep coming."""
    max_open: int
    """Open protosessions of the property in one protocol family; the oldest closes before one more is opened."""
    shares_quota: bool = False
    """`max_open` is for all properties that say so together. Must be true of all but a bounded number of properties."""
    join_by_user_id: bool
    """Hits that share a user id close together."""
    join_by_stamp: StampJoin
    join_across_clients: bool
    """False where the log's partitions scatter a property's clients: then nothing is joined."""
