"""The records of the log."""

import dataclasses

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.model import CLOCK, COOKIELESS, TICK, Hit, Routing
from tracker.worker.codec import Unreadable, clock_record, decode, decode_hit, decode_routing, encode, is_hit, tick

MINIMAL = Hit(id=bytes(16), property_id="G-1", client_id="c", protocol="ga4", family="ga4", received_at=1)

_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_TIME = st.integers(-(2**63), 2**63 - 1)


def hits(text: st.SearchStrategy[str]) -> st.SearchStrategy[Hit]:
    """Any hit whose texts are drawn from `text`."""
    return st.builds(
        Hit,
        id=st.binary(min_size=16, max_size=16),
        property_id=text,
        client_id=text,
        protocol=text,
        family=text,
        received_at=_TIME,
        user_id=st.none() | text,
        event_time=st.none() | _TIME,
        event_time_refused=st.none() | text,
        event_key=st.none() | st.binary(min_size=1),
        is_cookieless=st.booleans(),
        stamp=st.none() | st.binary(),
        ip=text,
        host=text,
        path=text,
        method=text,
        headers=st.dictionaries(text, text, max_size=70),
        query=st.binary(),
        body=st.binary(),
    )


@given(hits(_TEXT))
def test_any_hit_comes_back(hit: Hit) -> None:
    """Whatever a hit holds, its record gives it back and counts as a hit."""
    assert decode_hit(encode(hit)) == hit
    assert is_hit(encode(hit))


@given(hits(st.text(st.characters(categories=["Cs", "L"]))))
def test_lone_surrogates_become_question_marks(hit: Hit) -> None:
    """Text that UTF-8 cannot hold is replaced, character by character; nothing else changes."""
    written = decode_hit(encode(hit))
    assert written.client_id == "".join("?" if "\ud800" <= c <= "\udfff" else c for c in hit.client_id)
    assert (written.query, written.received_at) == (hit.query, hit.received_at)


@pytest.mark.parametrize("size", [23, 24, 255, 256, 511, 512, 2_047, 2_048, 65_535, 65_536])
def test_sizes_at_the_edges_come_back(size: int) -> None:
    """Every width of a size is written right, for text, bytes and headers."""
    hit = dataclasses.replace(MINIMAL, client_id="c" * size, query=b"q" * size, headers={"referer": "r" * size})
    assert decode_hit(encode(hit)) == hit


@given(hits(_TEXT))
def test_the_record_is_what_a_general_decoder_reads(hit: Hit) -> None:
    """A record is plain CBOR: the routing array, then a map without empty values."""
    routing, rest = cbor2.loads(b"\x82" + encode(hit))
    flags = COOKIELESS if hit.is_cookieless else 0
    ids = [hit.family, hit.property_id, hit.client_id, hit.user_id, hit.stamp]
    assert routing == [1, *ids, hit.received_at, flags]
    assert rest.pop("i") == hit.id
    assert all(value or key in ("p", "er") for key, value in rest.items() if not isinstance(value, int))


def test_empty_values_are_left_out() -> None:
    """What a hit does not have takes no room."""
    _, rest = decode(encode(MINIMAL))
    assert rest == {"i": bytes(16), "p": "ga4"}


def test_routing_is_read_from_the_first_item_alone() -> None:
    """The fold needs no byte of the payload."""
    hit = dataclasses.replace(MINIMAL, user_id="u", stamp=b"s", is_cookieless=True, query=b"q" * 900)
    record = encode(hit)
    assert decode_routing(record[:60]) == Routing(1, "ga4", "G-1", "c", "u", b"s", 1, COOKIELESS)


@pytest.mark.parametrize(("record", "flag"), [(tick(5), TICK), (clock_record(5), CLOCK)])
def test_own_records_say_only_the_time(record: bytes, flag: int) -> None:
    """Ticks and clock records are routing alone and are no hits."""
    assert decode(record) == (Routing(1, "", "", "", None, None, 5, flag), {})
    assert not is_hit(record)


def test_another_version_is_named() -> None:
    """A record of a release to come is refused by the number of its version, even if it is shaped differently."""
    record = cbor2.dumps([2, "ga4", "new"]) + cbor2.dumps({})
    for read in (decode_routing, decode, decode_hit):
        with pytest.raises(Unreadable, match="version 2, and this program reads 1"):
            read(record)


@pytest.mark.parametrize("record", [b"", b"\xff", encode(MINIMAL)[:9], b"\x01", b"\x80", b"\x81\x01"])
def test_damage_is_unreadable(record: bytes) -> None:
    """Bytes that are no record never pass as one."""
    with pytest.raises(Unreadable, match="damaged"):
        decode_routing(record)
