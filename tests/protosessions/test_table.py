"""The columns of open protosessions: rows are used again, chains stay whole."""

from tracker.protosessions.limits import FoldLimits
from tracker.protosessions.owner import LONGEST_KEY, Owner, short
from tracker.protosessions.quota import Quota
from tracker.protosessions.table import Table, least

LIMITS = FoldLimits(
    timeout=1,
    max_hits=1,
    max_duration=1,
    max_open=1,
    join_by_user_id=True,
    join_by_stamp="off",
    join_across_clients=True,
)


def opened(table: Table, owner: Owner, key: bytes, *offsets: int) -> int:
    slot = table.new(owner, 0, 10)
    for offset in offsets:
        table.append(slot, offset)
    table.add_key(slot, key)
    return slot


def test_rows_are_used_again() -> None:
    """What opens after closings needs no more memory than what was open before."""
    table, owner, sizes = Table(), Owner("ga4", "G-1", LIMITS, Quota()), []
    for _ in range(3):
        slots = [opened(table, owner, b"%d" % number, *range(5)) for number in range(1_000)]
        for slot in slots:
            table.close(slot)
        sizes.append((len(table.hits), len(table._offset), len(table._key)))
    assert sizes[0] == sizes[1] == sizes[2]
    assert (table.open, table.open_hits, owner.open, owner.quota.open, table.slot_of) == (0, 0, 0, 0, {})


def test_a_join_keeps_hits_keys_and_place() -> None:
    """Whichever slot is left, it has the hits and keys of both and stands where the older stood."""
    table, owner = Table(), Owner("ga4", "G-1", LIMITS, Quota())
    old, middle, young = (opened(table, owner, key, at) for key, at in ((b"o", 0), (b"m", 1), (b"y", 2)))
    table.add_key(young, b"z")
    left = table.join(old, young)
    assert list(table.by_age(owner.quota)) == [left, middle]
    assert sorted(table.keys(left)) == [b"o", b"y", b"z"]
    assert {key: table.slot_of[key] for key in (b"o", b"y", b"z")} == dict.fromkeys((b"o", b"y", b"z"), left)
    assert (table.first_offset(left), table.close(left).tolist()) == (0, [0, 2])
    assert table.slot_of == {b"m": middle}


def test_least_is_none_only_of_nones() -> None:
    """The smaller of two codes, 0 meaning none."""
    assert [least(0, 0), least(0, 3), least(2, 0), least(3, 1)] == [0, 3, 2, 1]


def test_a_key_is_never_long() -> None:
    """A client id of any length makes a key of bounded length, and different ones make different keys."""
    owner = Owner("ga4", "G-1", LIMITS, Quota())
    keys = {short(owner.client + b"x" * length) for length in range(100)}
    assert len(keys) == 100
    assert max(map(len, keys)) <= LONGEST_KEY


def test_a_google_analytics_client_id_is_its_own_key() -> None:
    """The usual id is not hashed."""
    key = Owner("ga4", "G-1", LIMITS, Quota()).client + b"1234567890.1699999999"
    assert short(key) is key
