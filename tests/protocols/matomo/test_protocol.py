"""Matomo requests at receipt."""

import json
from typing import Any

import pytest
from pydantic import SecretStr

from tracker.clock import DAY, HOUR, MINUTE, SECOND
from tracker.config import Properties
from tracker.model import Aside, Hit, RawRequest, Rejected
from tracker.protocols.matomo import MatomoProtocol
from tracker.protocols.matomo.auth import MatomoSettings
from tracker.testing.hits import NOW, make_hits, make_request
from tracker.testing.protocols import ProtocolContract

TOKEN = "0123456789abcdef0123456789abcdef"
ANYONE = Properties({}, MatomoSettings())
TRUSTING = Properties({}, MatomoSettings(tokens=(SecretStr("another"), SecretStr(TOKEN))))
GOOD = "/matomo.php?idsite=1&rec=1"
GOOD_BULK = '{"requests":["?idsite=1&rec=1"]}'


def pieces(request: RawRequest, properties: Properties[MatomoSettings] = TRUSTING) -> list[Hit | Rejected]:
    return [piece for piece in MatomoProtocol().hits(request, properties) if not isinstance(piece, Aside)]


def only(target: str, body: str = "", properties: Properties[MatomoSettings] = TRUSTING, **options: Any) -> Any:
    (piece,) = pieces(make_request(target, body, **options), properties)
    return piece


def bulk(*entries: object, **outer: object) -> RawRequest:
    return make_request("/matomo.php", json.dumps({"requests": entries, **outer}))


class TestContract(ProtocolContract):
    """Matomo keeps the contract of all protocols."""

    protocol = MatomoProtocol()
    good = (
        make_request(f"{GOOD}&_id=0123456789abcdef&url=https%3A%2F%2Fa.example%2F&res=1x%C3%97&token_auth=hush"),
        make_request("/piwik.php", f"idsite=1&rec=1&token_auth={TOKEN}&cip=198.51.100.9&cdt=1700000000"),
        make_request("/matomo.php", f"idsite=1&rec=1&token%5Fauth={TOKEN}&%63ip=198.51.100.9"),
        bulk(f"?idsite=1&rec=1&token_auth={TOKEN}&cip=198.51.100.9", {"idsite": 1, "rec": 1, "token_auth": TOKEN}),
        bulk("http://host/matomo.php?idsite=1&rec=1", token_auth=TOKEN, send_image=0),
    )
    bad = (
        make_request("/matomo.php"),
        make_request("/matomo.php?rec=1"),
        make_request("/matomo.php", '{"requests": 7}'),
        make_request("/matomo.php", " {'requests': ['?idsite=1&rec=1']}"),
    )
    secrets = (TOKEN.encode(), b"hush", b"198.51.100.9")

    def properties(self) -> Properties[Any]:
        """With a token, and addresses masked."""
        return Properties({}, MatomoSettings(tokens=(SecretStr(TOKEN),), mask_address=1))


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("idsite=0&rec=1", "no_property"),
        ("idsite=-1&rec=1", "no_property"),
        ("idsite=x&rec=1", "no_property"),
        ("idsite=01&rec=1", "no_property"),
        ("idsite=1.0&rec=1", "no_property"),
        ("idsite=" + "9" * 19 + "&rec=1", "no_property"),
        ("rec=1", "no_property"),
        ("idsite=1&rec=1&cid=short", "bad_client"),
        ("idsite=1&rec=1&cid=0123456789abcdef0", "bad_client"),
        ("idsite=1&rec=1&cip=198.51.100.9", "unauthorised"),
        ("idsite=1&rec=1&cip=198.51.100.9&token_auth=wrong", "unauthorised"),
        ("idsite=1&rec=1&country=de", "unauthorised"),
        ("idsite=1&rec=1&region=BY", "unauthorised"),
        ("idsite=1&rec=1&city=Ulm", "unauthorised"),
        ("idsite=1&rec=1&lat=48.4", "unauthorised"),
        ("idsite=1&rec=1&long=10", "unauthorised"),
        ("idsite=1&rec=1&cdt=1700000000", "unauthorised"),
        ("idsite=1&rec=1&cdo=86400", "unauthorised"),
        ("idsite=1&rec=1&pf_srv=-2", "bad_timing"),
        ("idsite=1&rec=1&e_c=%20&e_a=x", "blank_event"),
        ("idsite=1&rec=1&e_c=x&e_a=%09+", "blank_event"),
    ],
)
def test_the_senders_faults(query: str, reason: str) -> None:
    """Each is rejected by name, alone or in a bulk request, and answered 400 alone."""
    single, entry = only(f"/matomo.php?{query}"), pieces(bulk(f"?{query}"))[0]
    assert isinstance(entry, Rejected)
    assert (single.reason, single.excluded) == (entry.reason, entry.excluded) == (reason, False)


@pytest.mark.parametrize(
    ("goals", "query", "is_taken"),
    [
        ((1, 2), "idgoal=2", True),
        ((1, 2), "idgoal=3", False),
        ((1, 2), "idgoal=0&ec_id=A", True),
        ((1, 2), "idgoal=-1", True),
        ((1, 2), "idgoal=none", True),
        ((), "idgoal=3", True),
    ],
)
def test_goals_may_be_listed(goals: tuple[int, ...], query: str, is_taken: bool) -> None:
    """Another one is the sender's fault; an order is no goal, and without a list every goal is taken."""
    piece = only(f"{GOOD}&{query}", properties=Properties({}, MatomoSettings(goals=goals)))
    assert getattr(piece, "reason", None) == (None if is_taken else "unknown_goal")


@pytest.mark.parametrize(
    "query",
    [
        "country=&cip=&cid=&cdt=",
        "pf_srv=-1",
        "pf_srv=-2.5",
        "e_c=%20",
        "e_c=&e_a=%20",
        "gt_ms=55.053&ec_dt=false&url=undefined&cvar=%7B%27a%27%3A1",
        "cdo=86399",
    ],
)
def test_what_is_odd_but_accepted(query: str) -> None:
    """Empty is not sent; what real clients send wrongly does not cost the hit."""
    assert isinstance(only(f"{GOOD}&{query}"), Hit)


def test_the_token_opens_what_it_is_for() -> None:
    """With the property's token address, place and old times are accepted; the address is masked, its text gone."""
    trusting = Properties({"1": MatomoSettings(tokens=(SecretStr(TOKEN),), mask_address=1)}, MatomoSettings())
    hit = only(f"{GOOD}&token_auth={TOKEN}&cip=198.51.100.9&city=Ulm&cdt=1700000000&url=x", properties=trusting)
    assert (hit.ip, hit.event_time) == ("198.51.100.0", 1_700_000_000 * SECOND)
    assert hit.query == b"idsite=1&rec=1&city=Ulm&cdt=1700000000&url=x"


def test_another_propertys_token_opens_nothing() -> None:
    """Tokens belong to properties."""
    trusting = Properties({"2": MatomoSettings(tokens=(SecretStr(TOKEN),))}, MatomoSettings())
    assert only(f"{GOOD}&token_auth={TOKEN}&cip=198.51.100.9", properties=trusting).reason == "unauthorised"


def test_an_unreadable_address_changes_nothing() -> None:
    """With a token but no address in it, `cip` is not believed."""
    assert only(f"{GOOD}&token_auth={TOKEN}&cip=x").ip == "203.0.113.7"


def test_strangers_are_refused() -> None:
    """An idsite that is not ours is the sender's fault here: importers must see it."""
    ours = Properties({"1": MatomoSettings()}, MatomoSettings(), properties_only=True)
    assert only("/matomo.php?idsite=2&rec=1", properties=ours).excluded is False
    assert isinstance(only(GOOD, properties=ours), Hit)


@pytest.mark.parametrize("rec", ["", "&rec=", "&rec=0", "&rec=yes"])
def test_without_rec_nothing_is_recorded(rec: str) -> None:
    """Left out on purpose, and answered like a stored hit."""
    piece = only(f"/matomo.php?idsite=1{rec}")
    assert (piece.reason, piece.excluded) == ("no_rec", True)


def test_an_order_sent_again_is_the_same_event() -> None:
    """A reloaded order page repeats its `ec_id`; a cart, a goal and another order are other events."""
    order = only(f"{GOOD}&idgoal=0&ec_id=O1&revenue=5").event_key
    assert order == only(GOOD, "idgoal=0&ec_id=O1&revenue=5&rand=2").event_key
    assert order != only(f"{GOOD}&idgoal=0&ec_id=O2").event_key is not None
    assert [only(f"{GOOD}&{query}").event_key for query in ("idgoal=0", "idgoal=1&ec_id=O1", "ec_id=O1")] == [None] * 3


def test_the_query_wins_over_the_form() -> None:
    """Both carry parameters; where both have one, the query's is read, at receipt and later."""
    hit = only("/matomo.php?idsite=1&action_name=query", "idsite=2&rec=1&action_name=form&url=u\r\n")
    assert (hit.property_id, hit.query, hit.body) == (
        "1",
        b"idsite=1&action_name=query",
        b"idsite=2&rec=1&action_name=form&url=u",
    )
    (pairs,) = MatomoProtocol().parameters(make_hits([hit])).prefixed("").to_pylist()
    read = {pair["name"]: pair["value"] for pair in pairs}
    assert read == {"idsite": "1", "rec": "1", "action_name": "query", "url": "u"}


@pytest.mark.parametrize(
    ("ids", "client_id"),
    [
        ("cid=0123456789ABCDEF&_id=aaaaaaaaaaaaaaaa&uid=bob", "0123456789abcdef"),
        ("_id=AAAAAAAAAAAAAAAA1234&uid=bob", "aaaaaaaaaaaaaaaa"),
        ("_id=aaaa&uid=bob", "48181acd22b3edae"),
        ("_id=zzzzzzzzzzzzzzzz&uid=bob", "48181acd22b3edae"),
        ("_id=0000000000000000&uid=bob", "48181acd22b3edae"),
    ],
)
def test_whose_device(ids: str, client_id: str) -> None:
    """Forced id, then cookie, then a hash of the user (as Matomo makes it); the login itself is the user id."""
    hit = only(f"{GOOD}&{ids}")
    assert (hit.client_id, hit.user_id, hit.is_cookieless) == (client_id, "bob", False)


def test_a_forced_id_that_is_no_hex_is_hashed() -> None:
    """Sixteen characters of any kind identify a device."""
    assert len(only(f"{GOOD}&cid=5a9d9e2b-0c1f-4b").client_id) == 16
    assert len(only(f"{GOOD}&cid={'%C3%A9' * 16}").client_id) == 16


def test_nobody_named_is_a_pseudonym() -> None:
    """Without any id a request gets one for the day, of the address, browser and language it was sent for."""
    agent: dict[str, Any] = {"headers": {"user-agent": "A"}}
    own, other = only(GOOD, **agent), only(f"{GOOD}&ua=B", **agent)
    elsewhere = only(f"{GOOD}&token_auth={TOKEN}&cip=198.51.100.9", **agent)
    assert len({own.client_id, other.client_id, elsewhere.client_id}) == 3
    assert own.client_id == only(f"{GOOD}&uid=undefined", **agent).client_id
    assert own.is_cookieless
    assert len({own.stamp, other.stamp, elsewhere.stamp}) == 3


@pytest.mark.parametrize(
    ("said", "time", "refused"),
    [
        (f"cdt={NOW // SECOND - 60}", NOW - MINUTE, None),
        ("cdt=2025-10-09%2008:00:00", 1_759_996_800 * SECOND, None),
        ("cdt=2025-10-09+08:00:00", 1_759_996_800 * SECOND, None),
        ("cdo=60", NOW - MINUTE, None),
        ("cdo=-60", NOW - MINUTE, None),
        (f"cdt={NOW // SECOND}&cdo=3600", NOW - HOUR, None),
        (f"cdt={NOW // SECOND + 300}", NOW + 5 * MINUTE, None),
        (f"cdt={NOW // SECOND + 301}", None, "future"),
        (f"cdt={NOW // SECOND - 86_399}", NOW - DAY + SECOND, None),
        ("cdt=1", None, "too_old"),
        (f"cdt={NOW // 1000}", None, "unit"),
        ("cdt=yesterday", None, "unreadable"),
        ("cdo=soon", None, "unreadable"),
        (f"cdt={NOW // SECOND}&cdo=soon", NOW, None),
        (f"cdt={NOW // SECOND - 60}.75", NOW - MINUTE, None),
        ("cdt=.75", None, "unreadable"),
        ("cdt=" + "9" * 5_000, None, "unreadable"),
        ("cdt=0001-01-01", None, "too_old"),
        ("", None, None),
    ],
)
def test_the_senders_clock(said: str, time: int | None, refused: str | None) -> None:
    """What is plausible is the time of the event; what is not is ignored, by name."""
    hit = only(f"{GOOD}&{said}", properties=ANYONE)
    assert (hit.event_time, hit.event_time_refused) == (time, refused)


def test_overridden_headers() -> None:
    """`ua` and `lang` take the place of what the sending server says of itself."""
    sent = {"user-agent": "requests", "accept-language": "en", "referer": "https://a.example/"}
    hit = only(f"{GOOD}&ua=UA%2F1&lang=de&url=x", headers=sent)
    assert hit.headers == {"user-agent": "UA/1", "accept-language": "de", "referer": "https://a.example/"}


def test_an_image_without_a_url_is_on_the_page_it_was_sent_from() -> None:
    """The Referer names the page where the query does not; it is no referrer of the page."""
    sent = {"referer": "https://a.example/p?q=ü"}
    assert only(f"{GOOD}&url=", headers=sent).query.endswith(b"&url=https%3A%2F%2Fa.example%2Fp%3Fq%3D%C3%BC")
    assert only(f"{GOOD}&urlref=x", headers=sent).query == b"idsite=1&rec=1&urlref=x"


def test_an_entry_of_a_bulk_request_is_no_image() -> None:
    """A Referer is not copied into every entry: a small request would become a huge one."""
    request = make_request(
        "/matomo.php", json.dumps({"requests": ["?idsite=1&rec=1"]}), headers={"referer": "https://a"}
    )
    assert [piece.query for piece in pieces(request) if isinstance(piece, Hit)] == [b"idsite=1&rec=1"]


def test_no_id_is_long() -> None:
    """What routing holds is bounded, whatever was sent."""
    hit = only(f"{GOOD}&uid={'u' * 9_000}&_id={'a' * 9_000}")
    assert (len(hit.client_id), len(hit.user_id)) == (16, 200)


def test_another_charset_is_read_as_utf8() -> None:
    """`cs` names the charset of the escapes."""
    hit = only(f"{GOOD}&cs=windows-1251&action_name=%CF%F0%E8%E2%E5%F2+a&uid=%E2")
    read = MatomoProtocol().parameters(make_hits([hit])).get("action_name")
    assert read is not None
    assert (read.to_pylist(), hit.user_id) == (["Привет a"], "в")


@pytest.mark.parametrize(
    ("charset", "sent", "read"),
    [
        ("iso-8859-1", "t%25FCte", "t%C3%BCte"),
        ("iso-8859-1", "t%25C3%25BCte", "t%C3%BCte"),
        ("iso-8859-1", "t%FCte", "tüte"),
        ("utf-8", "t%25FCte", "t%FCte"),
    ],
)
def test_another_charset_inside_an_address(charset: str, sent: str, read: str) -> None:
    """An address on a page in another charset has escapes of that charset, which are escaped once more on the wire."""
    hit = only(f"{GOOD}&cs={charset}&url=https%3A%2F%2Fa.example%2F%3Fq%3D{sent}")
    urls = MatomoProtocol().parameters(make_hits([hit])).get("url")
    assert urls is not None
    assert urls.to_pylist() == [f"https://a.example/?q={read}"]


def test_entries_of_every_shape() -> None:
    """Bare queries, paths, whole URLs and objects are entries; text without a query is nothing, a number is wrong."""
    found = pieces(
        bulk(
            "?idsite=1&rec=1&url=a",
            "matomo.php?idsite=1&rec=1&url=b",
            "http://host:8080/x/matomo.php?idsite=1&rec=1&url=c",
            {"idsite": 1, "rec": True, "url": "d e&f", "none": None, "ec_items": [["sku", 1]]},
            {"idsite": "1", "rec": 1, "revenue": 9.5, "cookie": False, "cvar": {"1": ["a", "b"]}},
            "no query",
            7,
            "?",
            "matomo.php? ",
        )
    )
    assert [piece.query if isinstance(piece, Hit) else (piece.reason, piece.index) for piece in found] == [
        b"idsite=1&rec=1&url=a",
        b"idsite=1&rec=1&url=b",
        b"idsite=1&rec=1&url=c",
        b"idsite=1&rec=1&url=d+e%26f&ec_items=%5B%5B%22sku%22%2C1%5D%5D",
        b"idsite=1&rec=1&revenue=9.5&cookie=0&cvar=%7B%221%22%3A%5B%22a%22%2C%22b%22%5D%7D",
        ("unreadable_entry", 6),
    ]


@pytest.mark.parametrize(
    "body",
    [
        b'{"requests":["?idsite=1&rec=1&action_name=a\nb"]}',
        b'\r\n{"requests":["?idsite=1&rec=1&url=\xff"]}',
        b'{"requests":["?idsite=1&rec=1&url=\\ud800"]}',
        b'\xef\xbb\xbf{"requests":["?idsite=1&rec=1"]}',
    ],
)
def test_bulk_json_that_is_almost_right(body: bytes) -> None:
    """Line breaks, foreign bytes, lone surrogates and a byte order mark cost no entry."""
    (hit,) = pieces(make_request("/matomo.php", body))
    assert isinstance(hit, Hit)
    MatomoProtocol().parameters(make_hits([hit]))


def test_line_breaks_in_bulk_json_are_cleaned() -> None:
    """As in Matomo they are taken out of texts, where JSON does not allow them."""
    (hit,) = pieces(make_request("/matomo.php", '{"requests":\r\n["?idsite=1&rec=1&url=a\r\nb"]}'))
    assert isinstance(hit, Hit)
    assert hit.query == b"idsite=1&rec=1&url=ab"


def test_a_body_that_begins_with_the_word_is_no_bulk_request() -> None:
    """As in Matomo, something must stand before the word."""
    assert isinstance(only(GOOD, '"requests"=1'), Hit)


@pytest.mark.parametrize(
    "body", ['{"requests":', ' {"requests": {}}', "{'requests': []}", '[["requests"]]', "[" * 100_000 + '"requests"']
)
def test_bulk_json_that_is_not(body: str) -> None:
    """What cannot be read is rejected once."""
    assert only("/matomo.php", body).reason == "unreadable_bulk"


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "application/json", None])
def test_a_bulk_request_is_known_by_its_content(kind: str | None) -> None:
    """matomo.js sends the JSON as a form; the type says nothing."""
    request = make_request("/matomo.php", GOOD_BULK, headers={"content-type": kind} if kind else {})
    assert [type(piece) for piece in pieces(request)] == [Hit]


def test_a_bulk_request_holds_so_many_entries_and_no_more() -> None:
    """Over the limit nothing is accepted, so that the sender may divide it and try again."""
    two = Properties({}, MatomoSettings(bulk_max_entries=2))
    assert [type(piece) for piece in pieces(bulk(*["?idsite=1&rec=1"] * 2), two)] == [Hit, Hit]
    (refused,) = pieces(bulk(*["?idsite=1&rec=1"] * 3), two)
    assert isinstance(refused, Rejected)
    assert (refused.reason, refused.detail) == (
        "too_many_entries",
        "a bulk request may hold 2 entries (bulk_max_entries)",
    )
    (usual,) = pieces(bulk(*["?idsite=1&rec=1"] * 2_001), ANYONE)
    assert getattr(usual, "reason", None) == "too_many_entries"


def test_bulk_requests_may_need_a_token() -> None:
    """Where a property asks for it, entries without one are refused, and those of other properties are not."""
    strict = MatomoSettings(bulk_requests_require_authentication=True, tokens=(SecretStr(TOKEN),))
    some = Properties({"1": strict}, MatomoSettings())
    found = pieces(bulk("?idsite=1&rec=1", f"?idsite=1&rec=1&token_auth={TOKEN}", "?idsite=2&rec=1"), some)
    assert [getattr(piece, "reason", None) for piece in found] == ["unauthorised_bulk", None, None]
    assert isinstance(only(GOOD, properties=some), Hit)


def test_the_outer_token_goes_before_an_entrys_own() -> None:
    """An entry's own token counts only where the bulk request has none."""
    entry = f"?idsite=1&rec=1&cip=198.51.100.9&token_auth={TOKEN}"
    assert isinstance(pieces(bulk(entry))[0], Hit)
    assert isinstance(pieces(bulk(entry, token_auth="wrong"))[0], Rejected)
    assert isinstance(pieces(bulk("?idsite=1&rec=1&cip=198.51.100.9", token_auth=TOKEN))[0], Hit)


def test_one_bad_entry_harms_only_itself() -> None:
    """The others are hits, each with its own query."""
    found = pieces(bulk("?idsite=1&rec=1&url=a", "?idsite=0&rec=1", "?idsite=1", "?idsite=1&rec=1&url=b"))
    assert [getattr(piece, "reason", None) for piece in found] == [None, "no_property", "no_rec", None]


@pytest.mark.parametrize("mark", ['"', "%22"])
def test_a_token_in_a_damaged_bulk_request_is_not_stored(mark: str) -> None:
    """What is left of it is no JSON, and read as a form."""
    body = f"{mark}token_auth{mark}: {mark}{'t' * 32}{mark}}}&idsite=1&rec=1&url=https://a.example/"
    (hit,) = MatomoProtocol().hits(make_request("/matomo.php", body), Properties({}, MatomoSettings()))
    assert isinstance(hit, Hit)
    assert b"t" * 32 not in hit.body
    assert b"url=https://a.example/" in hit.body
