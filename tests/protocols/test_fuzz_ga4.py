"""GA4 requests of any bytes, read as the plain reference reads them."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.protocols import reference
from tracker.config import Properties, PropertySettings
from tracker.model import Hit, RawRequest, Rejected, Result
from tracker.protocols.ga4 import GA4Protocol
from tracker.testing import make_hits, make_request

ANYONE = Properties({}, PropertySettings())
PROTOCOL = GA4Protocol()
WHOLE = b"v=2&tid=G-1&cid=1.1&_p=7&_s=1&en=x"

NAMES = st.sampled_from(
    b"v tid cid uid en dl dt em _uip _p _s gcs ep.a ep.b epn.a epn. ep. ep up.a upn.v pr1 pr10 pr e%6E t%69d "
    b"%65m ep%2Ea ep.%C3%A9 _z tfd x%00 a+b %ff ; ec_mode e".split()
)
SIGNS = st.sampled_from(
    [
        *b"% %4 %zz %%41 %2 %00 %0d%0a %ED%A0%80 %C0%AF %F5%80%80%80 %C3%A9 %ff + ; = == %26 %3D ~ ~~ id nm".split(),
        *b"1 2 G-1 NaN 1e400 page_view ' \" \\ { [".split(),
        b" ", b"\x00", b"\xff", b"\t", b"\x0b", "é😀".encode(), b"\xed\xa0\x80", b"x" * 200,
    ]
)  # fmt: skip
VALUES = st.lists(SIGNS, max_size=4).map(b"".join)
PIECES = st.one_of(
    st.tuples(NAMES, st.sampled_from([b"=", b"=", b"=", b""]), VALUES).map(b"".join),
    st.sampled_from(WHOLE.split(b"&")),
    VALUES,
    st.binary(max_size=12),
)
QUERIES = st.lists(PIECES, max_size=14).map(b"&".join)
LINES = st.lists(
    st.tuples(QUERIES, st.sampled_from([b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\n \n"])).map(b"".join), max_size=5
).map(b"".join)
REQUESTS = st.tuples(
    st.one_of(QUERIES, QUERIES.map(lambda more: WHOLE + b"&" + more), st.binary(max_size=60)),
    st.one_of(st.just(b""), LINES, st.binary(max_size=80)),
)
Sent = tuple[bytes, bytes]


def request_of(query: bytes, body: bytes) -> RawRequest:
    return make_request("/g/collect?" + query.decode("utf-8", "surrogateescape"), body)


def pieces(query: bytes, body: bytes) -> list[Hit | Rejected]:
    return list(PROTOCOL.hits(request_of(query, body), ANYONE))


def check_parameters(hits: Sequence[Hit], expected: Sequence[dict[str, str]]) -> None:
    """Compare what a batch of hits is read as, key by key and list by list, with `expected`."""
    read = PROTOCOL.parameters(make_hits(hits))
    lists = read.prefixed("")
    lists.validate(full=True)
    assert [[(pair["name"], pair["value"]) for pair in row] for row in lists.to_pylist()] == [
        list(event.items()) for event in expected
    ]
    assert sorted(read.keys()) == sorted({name for event in expected for name in event})
    for key in list(read.keys()):
        values = read.get(key)
        assert values is not None
        values.validate(full=True)
        assert values.to_pylist() == [event.get(key) for event in expected]
    for prefix in ("ep", "ep.", "up", "pr"):
        assert [[pair["name"] for pair in row] for row in read.prefixed(prefix).to_pylist()] == [
            [name[len(prefix) :] for name in event if name.startswith(prefix)] for event in expected
        ]


@settings(max_examples=150, deadline=None)
@given(REQUESTS)
def test_each_event_is_a_hit_or_rejected_for_what_it_lacks(sent: Sent) -> None:
    """Any bytes give one piece per line that holds something; what is wrong is named, and nothing raises."""
    expected = [reference.ga4_refusal(event) for event in reference.ga4_events(*sent)]
    found = pieces(*sent)
    assert [piece.reason if isinstance(piece, Rejected) else None for piece in found] == expected
    rejected = [piece for piece in found if isinstance(piece, Rejected)]
    assert [piece.index for piece in rejected] == [number for number, reason in enumerate(expected) if reason]
    status = PROTOCOL.reply(request_of(*sent), Result(len(found) - len(rejected), rejected)).status
    nobodys = len(rejected) == len(found) and "no_property" in expected
    assert status == (400 if nobodys else 204)


@settings(max_examples=120, deadline=None)
@given(st.lists(REQUESTS, min_size=1, max_size=4))
def test_parameters_are_those_of_the_reference(requests: list[Sent]) -> None:
    """Hits of several requests, in one batch, have the values, names and order that their bytes say."""
    hits: list[Hit] = []
    expected = []
    for sent in requests:
        for piece, event in zip(pieces(*sent), reference.ga4_events(*sent), strict=True):
            if isinstance(piece, Hit):
                hits.append(piece)
                expected.append(event)
    check_parameters(hits, expected)


@settings(max_examples=60, deadline=None)
@given(st.lists(REQUESTS, min_size=1, max_size=4), st.data())
def test_taken_rows_keep_what_is_theirs(requests: list[Sent], data: st.DataObject) -> None:
    """Rows taken in any order, some twice, read as the same hits in a batch of their own."""
    hits = [piece for sent in requests for piece in pieces(*sent) if isinstance(piece, Hit)]
    rows = data.draw(st.lists(st.integers(0, len(hits) - 1), max_size=9)) if hits else []
    taken = PROTOCOL.parameters(make_hits(hits)).take(np.array(rows, np.int64))
    alone = PROTOCOL.parameters(make_hits([hits[row] for row in rows]))
    assert sorted(taken.keys()) == sorted(alone.keys())
    assert taken.prefixed("").to_pylist() == alone.prefixed("").to_pylist()
    for key in list(alone.keys()):
        mine, other = taken.get(key), alone.get(key)
        assert (mine and mine.to_pylist()) == (other and other.to_pylist())


@settings(max_examples=150, deadline=None)
@given(REQUESTS)
def test_what_is_read_at_receipt_is_what_is_read_later(sent: Sent) -> None:
    """Property, client and user of a hit are those its parameters give; only junk and long ids are replaced."""
    for piece, event in zip(pieces(*sent), reference.ga4_events(*sent), strict=True):
        if isinstance(piece, Hit):
            assert piece.property_id == event["tid"]
            assert piece.client_id == event["cid"] or piece.is_cookieless or len(event["cid"]) > 256
            assert piece.user_id in (None, event.get("uid", "")[:256])
            assert (piece.event_key is None) == (not (event.get("_p") and event.get("_s")))


@settings(max_examples=60, deadline=None)
@given(QUERIES, QUERIES)
def test_secrets_are_nowhere(query: bytes, line: bytes) -> None:
    """However the rest of a request is written, hashed data and addresses in it are not kept."""
    hidden = b"&em=tv.1~hush&_u%69p=198.51.100.9&ap%69_secret=hush&%65c_mode=hush&"
    for piece in pieces(WHOLE + b"&" + query + hidden + query, line + hidden + line):
        assert "hush" not in repr(piece)
        assert "198.51.100.9" not in repr(piece)


@pytest.mark.parametrize(
    ("query", "body"),
    [
        (WHOLE + b"".join(b"&ep.k%d=%d" % (n, n) for n in range(10_000)), b""),
        (WHOLE + b"&ep.same=1" * 10_000 + b"&ep.same=last", b""),
        (WHOLE + b"&" * 50_000 + b"ep.x=1", b"&" * 50_000 + b"en=y\r\n" * 3),
        (WHOLE + b"&dl=" + b"%" * 50_000, b"dt=" + b"%4" * 20_000 + b"&en=y"),
        (WHOLE + b"&" + b"=" * 50_000, b"=&=x&==&en=z"),
        (WHOLE + b"&dl=" + b"%F0%9F%98%80" * 4_000, b""),
        (WHOLE, b"en=a\ren=b\r\ren=c\n\r\nen=d\r\n \t\r\n"),
        (WHOLE, b"dt=none"),
        (b"tid=G-1&cid=1.1", b"en=a\x00b\r\nen=%00\r\n\x00"),
        (WHOLE + b"&v=%32", b""),
    ],
    ids=["parameters", "repeated", "separators", "escapes", "equals", "emoji", "lines", "nameless", "nul", "version"],
)
def test_large_and_odd(query: bytes, body: bytes) -> None:
    """Ten thousand parameters, endless separators and escapes: read as any other request."""
    hits = [piece for piece in pieces(query, body) if isinstance(piece, Hit)]
    expected = [event for event in reference.ga4_events(query, body) if reference.ga4_refusal(event) is None]
    assert len(hits) == len(expected) > 0
    read = PROTOCOL.parameters(make_hits(hits)).prefixed("").to_pylist()
    assert [[(pair["name"], pair["value"]) for pair in row] for row in read] == [
        list(event.items()) for event in expected
    ]
