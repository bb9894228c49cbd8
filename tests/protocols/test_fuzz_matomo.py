"""Matomo requests of any bytes, single and in bulk, read as the plain reference reads them."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from tests.protocols import reference
from tracker.config import Properties
from tracker.model import Aside, Hit, RawRequest, Rejected, Result
from tracker.protocols.matomo import MatomoProtocol
from tracker.protocols.matomo.auth import MatomoSettings
from tracker.testing import make_hits, make_request

TOKEN = "0123456789abcdef0123456789abcdef"
HIDDEN = "feedfacefeedfacefeedfacefeedface"
TRUSTING = Properties({}, MatomoSettings(tokens=(SecretStr(TOKEN), SecretStr(HIDDEN))))
PROTOCOL = MatomoProtocol()
WHOLE = b"idsite=1&rec=1"

NAMES = st.sampled_from(
    b"idsite rec url urlref action_name _id cid uid cip token_auth token%5Fauth cdt cdo country pf_srv e_c e_a ua lang "
    b"idgoal ec_id ec_items cvar dimension1 res send_image a+b %ff x%00 requests".split()
)
SIGNS = st.sampled_from(
    [
        *b"% %4 %zz %00 %0d%0a %ED%A0%80 %C0%AF %C3%97 %ff + ; == %26 undefined 1 0 -1 -2 01 %31 1e400 NaN".split(),
        *b"1759999000 2025-10-09 9999999999999 [[ {\" 198.51.100.9 \"requests\" 0123456789abcdef".split(),
        b" ", b"\x00", b"\xff", b"\r\n", "é😀".encode(), TOKEN.encode(), b"9" * 400,
    ]
)  # fmt: skip
VALUES = st.lists(SIGNS, max_size=3).map(b"".join)
PIECES = st.one_of(
    st.tuples(NAMES, st.sampled_from([b"=", b"=", b"=", b""]), VALUES).map(b"".join),
    st.sampled_from([*WHOLE.split(b"&"), b"token_auth=" + TOKEN.encode()]),
    st.binary(max_size=12),
)
MORE = st.lists(PIECES, max_size=12).map(b"&".join)
QUERIES = st.one_of(MORE, MORE.map(lambda more: more + b"&" + WHOLE))
FORMS = st.one_of(st.just(b""), QUERIES, st.binary(max_size=60))

TEXTS = st.one_of(
    QUERIES.map(lambda query: "?" + query.decode("utf-8", "replace")),
    QUERIES.map(lambda query: "http://host/matomo.php?" + query.decode("latin-1")),
    st.text(max_size=20),
)
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)),
    max_leaves=6,
)
OBJECTS = st.dictionaries(
    st.one_of(st.sampled_from(["idsite", "rec", "url", "uid", "cid", "cip", "cdt", "e_c", "e_a"]), st.text(max_size=5)),
    ANYTHING,
)
ENTRIES = st.lists(st.one_of(TEXTS, OBJECTS, ANYTHING), max_size=5)


def request_of(query: bytes, body: bytes = b"") -> RawRequest:
    return make_request("/matomo.php?" + query.decode("utf-8", "surrogateescape"), body)


def pieces(request: RawRequest) -> list[Hit | Rejected]:
    """What a request becomes; its answer is tried too, and must be none of a failing server."""
    found = [piece for piece in PROTOCOL.hits(request, TRUSTING) if not isinstance(piece, Aside)]
    rejected = [piece for piece in found if isinstance(piece, Rejected)]
    assert all(isinstance(piece, Hit | Rejected) for piece in found)
    assert all(piece.reason for piece in rejected)
    assert PROTOCOL.reply(request, Result(len(found) - len(rejected), rejected)).status in (200, 204, 400)
    return found


def read(hits: list[Hit]) -> list[dict[str, str]]:
    """Names and values of each hit, read in one batch."""
    lists = PROTOCOL.parameters(make_hits(hits)).prefixed("")
    lists.validate(full=True)
    return [{pair["name"]: pair["value"] for pair in row} for row in lists.to_pylist()]


def alike(piece: Hit | Rejected) -> tuple[Any, ...]:
    """What must be the same of a piece wherever it stands in a request."""
    if isinstance(piece, Hit):
        return (piece.property_id, piece.client_id, piece.user_id, piece.event_time, piece.event_key, piece.query)
    return (piece.reason, piece.excluded)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(QUERIES, FORMS), min_size=1, max_size=4))
@example([(b"idsite=1&rec=1&url=q", b"url=form&uid=u\r\n")])
def test_single_requests_are_read_as_the_reference_reads_them(requests: list[tuple[bytes, bytes]]) -> None:
    """Query over form, any bytes, several hits in one batch: the same names and values, in the same order."""
    hits: list[Hit] = []
    expected = []
    for query, form in requests:
        request = request_of(query, form)
        if b"requests" in form[1:]:
            continue
        for piece in pieces(request):
            if isinstance(piece, Hit):
                hits.append(piece)
                expected.append(reference.matomo_event(query, form))
    assert [list(row.items()) for row in read(hits)] == [list(event.items()) for event in expected]
    assert [hit.property_id for hit in hits] == [event["idsite"] for event in expected]


@settings(max_examples=100, deadline=None)
@given(ENTRIES)
def test_an_entry_is_what_it_would_be_alone(entries: list[Any]) -> None:
    """Entries of every shape, in one bulk request: none changes what its neighbours become."""
    together = pieces(request_of(b"", json.dumps({"requests": entries}).encode()))
    alone = [
        piece for entry in entries for piece in pieces(request_of(b"", json.dumps({"requests": [entry]}).encode()))
    ]
    assert [alike(piece) for piece in together] == [alike(piece) for piece in alone]
    read([piece for piece in together if isinstance(piece, Hit)])


@settings(max_examples=60, deadline=None)
@given(st.lists(QUERIES, max_size=4))
def test_text_entries_are_read_as_single_requests_are(queries: list[bytes]) -> None:
    """What follows the question mark is a query like any other; where nothing does there is no entry."""
    entries = ["matomo.php?" + query.decode("latin-1") for query in queries if query.decode("latin-1").strip()]
    found = pieces(request_of(b"", json.dumps({"requests": entries}).encode()))
    assert len(found) == len(entries)
    expected = [
        reference.matomo_event(entry.partition("?")[2].strip().encode())
        for entry, piece in zip(entries, found, strict=True)
        if isinstance(piece, Hit)
    ]
    assert read([piece for piece in found if isinstance(piece, Hit)]) == expected


@settings(max_examples=120, deadline=None)
@given(ENTRIES, st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=4), st.integers(0, 6)), max_size=4))
def test_damaged_bulk_requests_are_survived(entries: list[Any], damage: list[tuple[int, bytes, int]]) -> None:
    """Bytes put in, replaced and cut out anywhere: what can still be read is, and the rest is refused by name."""
    body = json.dumps({"requests": entries, "send_image": 0}).encode()
    for place, inserted, removed in damage:
        at = place % (len(body) + 1)
        body = body[:at] + inserted + body[at + removed :]
    found = pieces(request_of(b"", body))
    read([piece for piece in found if isinstance(piece, Hit)])


@settings(max_examples=60, deadline=None)
@given(MORE, MORE)
def test_secrets_are_nowhere(before: bytes, after: bytes) -> None:
    """However the rest of a request is written, token and address in it are not kept."""
    hidden = f"&token_auth=x&token%5fauth={HIDDEN}&%63ip=198.51.100.7&".encode()
    for query, form in ((before + hidden + after, b""), (WHOLE, b"a=1" + hidden + after)):
        for piece in pieces(request_of(query, form)):
            if isinstance(piece, Hit):
                assert HIDDEN.encode() not in piece.query + piece.body
                assert b"198.51.100.7" not in piece.query + piece.body


@pytest.mark.parametrize(
    "charset",
    [
        "utf-8",
        "UTF-16",
        "iso-8859-1",
        "iso-8859-12",
        "iso-8859-99",
        "windows-1259",
        "koi8-u",
        "gb18030",
        "x",
        "%00",
        "",
    ],
)
def test_no_charset_breaks_a_request(charset: str) -> None:
    """Known, unknown and impossible names of charsets: the hit is stored, and reads as something."""
    query = f"idsite=1&rec=1&cs={charset}&action_name=%E9%FF%00a".encode()
    (piece,) = pieces(request_of(query))
    assert isinstance(piece, Hit)
    assert read([piece])[0]["action_name"].endswith("a")


@pytest.mark.parametrize(
    "body",
    [
        b'{"requests":[' + b'"?idsite=1&rec=1",' * 50 + b'{"idsite":1,"rec":1e999}]}',
        b'{"requests":["?idsite=1&rec=1&url=\\ud800\\udfff"]}',
        b'{"requests":[{"idsite":1,"rec":1,"url":"\\ud800","\\udc00":1}]}',
        b'{"requests":[{"idsite":' + b"9" * 5_000 + b',"rec":1}]}',
        b'{"requests":[{"idsite":1,"rec":1,"x":' + b"[" * 500 + b"]" * 500 + b"}]}",
        b'{"requests":[{"idsite":1,"rec":1,"x":' + b"[" * 50_000 + b"]" * 50_000 + b"}]}",
        b'\xef\xbb\xbf{"requests":["?idsite=1&rec=1"]}',
        b'{"requests":["?idsite=1&rec=1"],"requests":7}',
        b'{"requests":[NaN,Infinity,-0,1e400,"?idsite=1&rec=1"]}',
        b'{"requests":["?idsite=1&rec=1"]}\x00',
        b"\x00" * 1_000 + b'"requests"',
    ],
)
def test_json_that_only_just_is_or_is_not(body: bytes) -> None:
    """Numbers without end, lone surrogates, nesting, marks: nothing raises, and what became hits can be read."""
    read([piece for piece in pieces(request_of(b"", body)) if isinstance(piece, Hit)])
