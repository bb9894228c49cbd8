"""GA4's browser hits at receipt."""

from dataclasses import replace

import pytest

from tracker.config import Properties, PropertySettings
from tracker.model import Hit, RawRequest, Rejected
from tracker.protocols.ga4 import GA4Protocol
from tracker.protocols.ga4.protocol import MAX_EVENTS
from tracker.testing.hits import make_hits, make_request
from tracker.testing.protocols import ProtocolContract

PATH = "/g/collect"
SHARED = f"{PATH}?v=2&tid=G-1&cid=1.1&_p=7&_s=1"
ANYONE = Properties({}, PropertySettings())


def pieces(request: RawRequest, properties: Properties[PropertySettings] = ANYONE) -> list[Hit | Rejected]:
    return list(GA4Protocol().hits(request, properties))


def hits(request: RawRequest) -> list[Hit]:
    return [piece for piece in pieces(request) if isinstance(piece, Hit)]


def only_hit(target: str, body: str = "", **options: dict[str, str]) -> Hit:
    (hit,) = pieces(make_request(target, body, **options))  # type: ignore[arg-type]
    assert isinstance(hit, Hit)
    return hit


class TestContract(ProtocolContract):
    """GA4 keeps the contract of all protocols."""

    protocol = GA4Protocol()
    good = (
        make_request(f"{SHARED}&en=page_view&dt=A%20b+c&em=tv.1~hash&_uip=198.51.100.9&richsstsse"),
        make_request(f"{SHARED}&en=page_view&%65m=tv.1~hash&_u%69p=198.51.100.9"),
        make_request(f"{SHARED}&em=tv.1~hash", "en=a&dt=own\r\nen=b&em=tv.1~hash\r\n\r\nen=c"),
        make_request(f"{SHARED}&en=page_view", method="POST"),
        make_request(f"{SHARED}&dt=shared", "en=a\nen=b", headers={"content-type": "application/json"}),
    )
    bad = (make_request(PATH), make_request(f"{PATH}?v=1&tid=G-1&cid=1.1&en=x"), make_request(PATH, '{"events":[]}'))
    secrets = (b"tv.1~hash", b"198.51.100.9")


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("v=1&tid=G-1&cid=1.1&en=x", "version"),
        ("v=2&cid=1.1&en=x", "no_property"),
        ("v=2&tid=&cid=1.1&en=x", "no_property"),
        (f"v=2&tid={'G' * 101}&cid=1.1&en=x", "no_property"),
        ("v=2&tid=G-1&en=x", "no_client"),
        ("v=2&tid=G-1&cid=1.1", "no_event"),
        ("v=2&tid=G-1&cid=1.1&en=", "no_event"),
        ("", "no_property"),
    ],
)
def test_rejections_have_names(query: str, reason: str) -> None:
    """What is missing is said, in one word."""
    (piece,) = pieces(make_request(f"{PATH}?{query}"))
    assert isinstance(piece, Rejected)
    assert (piece.reason, piece.excluded) == (reason, False)


def test_strangers_are_refused_without_being_told() -> None:
    """A property that is not ours is excluded, not wrong."""
    ours = Properties({"G-1": PropertySettings()}, PropertySettings(), properties_only=True)
    (piece,) = pieces(make_request(f"{PATH}?v=2&tid=G-2&cid=1.1&en=x"), ours)
    assert piece == Rejected("unknown_property", property_id="G-2", excluded=True)


def test_a_bad_line_rejects_only_itself() -> None:
    """Lines without an event name are rejected by their place; their neighbours are hits."""
    found = pieces(make_request(SHARED, "en=a\r\nep.x=1\r\nen=c"))
    assert [piece.index if isinstance(piece, Rejected) else piece.body for piece in found] == [b"en=a", 1, b"en=c"]


def test_lines_share_the_query_and_override_it() -> None:
    """Each hit holds the query and its own line; the line's value wins when they are read."""
    found = hits(make_request(f"{SHARED}&dt=all&uid=all", "en=a&dt=own\nen=b&uid=own"))
    assert [hit.query for hit in found] == [b"v=2&tid=G-1&cid=1.1&_p=7&_s=1&dt=all&uid=all"] * 2
    assert [hit.user_id for hit in found] == ["all", "own"]
    titles = GA4Protocol().parameters(make_hits(found)).get("dt")
    assert titles is not None
    assert titles.to_pylist() == ["own", "all"]


def test_a_request_holds_so_many_events_and_no_more() -> None:
    """Lines over the limit are rejected once, for each would store the query again."""
    found = pieces(make_request(SHARED, "en=a\n" * (MAX_EVENTS + 5)))
    assert (len(found), found[-1]) == (MAX_EVENTS + 1, Rejected("too_many_events", found[-1].detail, index=MAX_EVENTS))  # type: ignore[union-attr]


@pytest.mark.parametrize("junk", ["", "null", "undefined", "0", "%20", "NaN", "undefined.undefined"])
def test_junk_ids_join_nobody(junk: str) -> None:
    """Strangers who send the same junk are told apart by address, and known as cookieless."""
    target = f"{PATH}?v=2&tid=G-1&cid={junk}&en=x"
    first, second = (hits(make_request(target, address=address))[0] for address in ("203.0.113.7", "203.0.113.8"))
    assert first.client_id != second.client_id
    assert first.is_cookieless
    assert first.stamp is not None


def test_a_pseudonym_lasts_a_day() -> None:
    """The same browser has the same pseudonym until the day's key changes."""
    request = make_request(f"{PATH}?v=2&tid=G-1&cid=&en=x", headers={"user-agent": "A"})
    same, later = hits(request)[0], hits(replace(request, daily_key=b"another day"))[0]
    assert hits(request)[0].client_id == same.client_id != later.client_id


@pytest.mark.parametrize(
    ("consent", "denied"),
    [("G100", True), ("G110", True), ("G111", False), ("G101", False), ("G1--", False), ("", False)],
)
def test_denied_storage_is_cookieless(consent: str, denied: bool) -> None:
    """Only analytics storage decides, the second sign of gcs."""
    assert only_hit(f"{SHARED}&en=x&gcs={consent}").is_cookieless is denied


@pytest.mark.parametrize(
    ("consent", "denied"),
    [("gcd=13t3q3p3p5", True), ("gcd=13p3t3p3p5", False), ("gcs=G1--&gcd=13l3p3l3l5", True),
     ("gcs=G111&gcd=13l3p3l3l5", False), ("gcd=1", False), ("gcd=%FF", False)],
)  # fmt: skip
def test_denied_storage_without_a_word_on_now(consent: str, denied: bool) -> None:
    """Where gcs does not say, gcd does."""
    assert only_hit(f"{SHARED}&en=x&{consent}").is_cookieless is denied


def test_ids_are_opaque_text() -> None:
    """Ids of other clients, with escapes, stay as they are; an absurdly long one is hashed."""
    assert only_hit(f"{PATH}?v=2&tid=G-1&cid=a%2Bb%20c&uid=%C3%A9&en=x").client_id == "a+b c"
    assert len(only_hit(f"{PATH}?v=2&tid=G-1&cid={'9' * 300}&en=x").client_id) == 32


def test_a_long_user_id_is_cut() -> None:
    """What routing holds is bounded, whatever was sent."""
    assert len(only_hit(f"{SHARED}&en=x&uid={'u' * 9_000}").user_id or "") == 256


def test_a_request_sent_again_has_the_same_event_keys() -> None:
    """A retry keeps page load and counter, though its transport parameter differs; every event has a key of its own."""
    body = "en=a\nen=a\nen=b"
    first = [hit.event_key for hit in hits(make_request(f"{SHARED}&_z=fetch", body))]
    again = [hit.event_key for hit in hits(make_request(f"{SHARED}&_z=failedfetch", body))]
    assert first == again
    assert len({*first}) == 3
    assert all(key is not None and len(key) == 16 for key in first)


def test_an_event_sent_again_in_a_body_has_the_same_key() -> None:
    """Whether query or line holds the event, and where the parameters stand that all events share."""
    first = only_hit(f"{SHARED}&dl=x&en=view_item&ep.a=1&pr1=idA~nmB&_et=5&tfd=90&_z=fetch")
    again = only_hit(f"{PATH}?dl=x&v=2&_s=1&tid=G-1&_p=7&cid=1.1&tfd=95", "en=view_item&ep.a=1&pr1=idA~nmB&_et=5")
    assert first.event_key == again.event_key is not None


@pytest.mark.parametrize("changed", ["&ep.a=2", "&dl=y", "&pr1=idC", "&ep.a=1&ep.a=3"])
def test_a_counter_that_stands_still_makes_no_copies(changed: str) -> None:
    """Some senders write a fixed counter: their events of one name are told apart by page and content."""
    told = f"{SHARED}&dl=x&en=click&ep.a=1&pr1=idA"
    assert only_hit(told).event_key != only_hit(told + changed).event_key


@pytest.mark.parametrize("changed", ["tid=G-2", "cid=2.2", "_p=8", "_s=2", "en=y"])
def test_another_event_has_another_key(changed: str) -> None:
    """Another property, client, page load, counter (as in a consent update) or name is another event."""
    assert only_hit(f"{SHARED}&en=x").event_key != only_hit(f"{SHARED}&en=x&{changed}").event_key


def test_another_line_is_another_event() -> None:
    """Of a sender that does not count its requests, lines that say different things stay apart."""
    first, second = (hits(make_request(SHARED, f"en=click&ep.target={target}"))[0] for target in "ab")
    assert first.event_key != second.event_key


@pytest.mark.parametrize("missing", ["_p=", "_s="])
def test_without_page_load_or_counter_there_is_no_key(missing: str) -> None:
    """Clients that do not number their requests are never de-duplicated."""
    assert only_hit(f"{SHARED}&en=x&{missing}").event_key is None


def test_escaped_names_are_the_same_names() -> None:
    """A name written with escapes is read at receipt as it is read later."""
    hit = only_hit(f"{PATH}?v=2&t%69d=G-1&%63id=1.1&%65n=x")
    assert (hit.property_id, hit.client_id) == ("G-1", "1.1")


def test_the_address_is_masked_as_the_property_asks() -> None:
    """Masking happens before the hit exists."""
    properties = Properties({"G-1": PropertySettings(mask_address=1)}, PropertySettings())
    (hit,) = pieces(make_request(f"{SHARED}&en=x"), properties)
    assert isinstance(hit, Hit)
    assert hit.ip == "203.0.113.0"
