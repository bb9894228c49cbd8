"""Where hits go."""

from collections import Counter
from typing import Literal

import pytest

from tracker.model import Hit
from tracker.worker.partition import partition_of

SECRET = bytes(range(32))


def hit(property_id: str, client_id: str) -> Hit:
    """A hit of one client."""
    return Hit(id=bytes(16), property_id=property_id, client_id=client_id, protocol="ga4", family="ga4", received_at=0)


@pytest.mark.parametrize(("by", "expected"), [("client", [336, 747, 508, 644]), ("property", [880, 880, 92, 62])])
def test_the_rule_never_changes(by: Literal["client", "property"], expected: list[int]) -> None:
    """Known hits stay where earlier releases put them."""
    place = partition_of(SECRET, 1_000, by)
    assert [place(hit(p, c)) for p, c in (("G-1", "a"), ("G-1", "b"), ("G-2", "a"), ("é\ud800", ""))] == expected


def test_one_partition_takes_everything() -> None:
    """With one partition there is nothing to choose."""
    assert partition_of(SECRET, 1, "client")(hit("G-1", "a")) == 0


def test_clients_spread_evenly() -> None:
    """Each of eight partitions gets its share of clients, within a tenth."""
    place = partition_of(SECRET, 8, "client")
    counts = Counter(place(hit("G-1", str(n))) for n in range(16_000))
    assert sorted(counts) == list(range(8))
    assert all(1_800 < count < 2_200 for count in counts.values())


def test_by_property_a_property_stays_together() -> None:
    """Clients of one property meet in one partition, and properties spread."""
    place = partition_of(SECRET, 8, "property")
    assert len({place(hit("G-1", str(n))) for n in range(100)}) == 1
    assert len({place(hit(str(n), "a")) for n in range(200)}) == 8


def test_another_secret_places_differently() -> None:
    """Without the log's secret nobody can aim at a partition."""
    one, other = (partition_of(secret, 1_000, "client") for secret in (SECRET, bytes(32)))
    assert [one(hit("G-1", str(n))) for n in range(9)] != [other(hit("G-1", str(n))) for n in range(9)]


def test_ids_are_told_apart_by_their_ends() -> None:
    """Moving a character from one id to the other makes another routing key."""
    place = partition_of(SECRET, 1 << 30, "client")
    assert place(hit("ab", "c")) != place(hit("a", "bc"))
