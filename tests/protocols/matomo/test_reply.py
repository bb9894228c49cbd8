"""How Matomo's endpoint answers."""

import json
from typing import Any

import pytest
from pydantic import SecretStr

from tracker.config import Properties
from tracker.model import Aside, RawRequest, Rejected, Reply, Result
from tracker.protocols.matomo import MatomoProtocol
from tracker.protocols.matomo.auth import MatomoSettings
from tracker.protocols.matomo.reply import GIF, NOTE
from tracker.testing.hits import make_request

GOOD = "/matomo.php?idsite=1&rec=1"
HTML = "text/html; charset=utf-8"


def answer(request: RawRequest) -> Reply:
    properties = Properties({"1": MatomoSettings(tokens=(SecretStr("hush"),))}, MatomoSettings(), properties_only=True)
    pieces = list(MatomoProtocol().hits(request, properties))
    rejected = [piece for piece in pieces if isinstance(piece, Rejected)]
    asides = [piece.text for piece in pieces if isinstance(piece, Aside)]
    hits = len(pieces) - len(rejected) - len(asides)
    return MatomoProtocol().reply(request, Result(hits, rejected, asides=asides))


@pytest.mark.parametrize(
    ("target", "body", "method", "expected"),
    [
        (GOOD, "", "GET", (200, GIF, "image/gif")),
        (GOOD, "", "POST", (200, GIF, "image/gif")),
        ("/matomo.php?idsite=1", "", "GET", (200, GIF, "image/gif")),
        (f"{GOOD}&send_image=0", "", "GET", (204, b"", None)),
        (f"{GOOD}&send_image=1", "send_image=0", "POST", (200, GIF, "image/gif")),
        (f"{GOOD}&send_image=00", "", "GET", (200, GIF, "image/gif")),
        ("/matomo.php", "idsite=1&rec=1&send_image=0", "POST", (204, b"", None)),
        ("/matomo.php", "", "GET", (200, NOTE, HTML)),
        ("/matomo.php", "", "POST", (400, NOTE, HTML)),
        ("/matomo.php?rec=1", "", "GET", (400, NOTE, HTML)),
        ("/matomo.php?idsite=&rec=1", "", "GET", (400, NOTE, HTML)),
        ("/matomo.php?idsite=2&rec=1", "", "GET", (400, GIF + NOTE, "image/gif")),
        ("/matomo.php?idsite=0&rec=1&send_image=0", "", "GET", (400, NOTE, HTML)),
        (f"{GOOD}&cip=198.51.100.9", "", "GET", (400, GIF + NOTE, "image/gif")),
    ],
)
def test_single_requests(target: str, body: str, method: str, expected: tuple[Any, ...]) -> None:
    """An image for what was stored or left out on purpose, unless it is not wanted; a note for people."""
    reply = answer(make_request(target, body, method=method))
    assert (reply.status, reply.body, reply.headers.get("Content-Type")) == expected
    assert reply.headers.get("Cache-Control") == ("no-store" if method == "GET" else None)


def bulk(*entries: str, **outer: object) -> Reply:
    return answer(make_request("/matomo.php", json.dumps({"requests": entries, **outer})))


@pytest.mark.parametrize(
    ("outer", "expected"),
    [
        ({}, {"status": "success", "tracked": 2, "invalid": 1}),
        ({"token_auth": "wrong"}, {"status": "success", "tracked": 2, "invalid": 1}),
        ({"token_auth": "hush"}, {"status": "success", "tracked": 2, "invalid": 1, "invalid_indices": [1]}),
        ({"send_image": 1}, {"status": "success", "tracked": 2, "invalid": 1}),
    ],
)
def test_bulk_requests(outer: dict[str, object], expected: dict[str, object]) -> None:
    """The counts, what was left out on purpose as tracked; which were invalid, to who has a token."""
    reply = bulk("?idsite=1&rec=1", "?idsite=2&rec=1", "?idsite=1&send_image=0", "no query", **outer)
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json")
    assert json.loads(reply.body) == expected


def test_a_bulk_request_without_a_fault() -> None:
    """Who has a token is told that no entry was invalid; an entry's own token is none of the bulk request."""
    assert json.loads(bulk("?idsite=1&rec=1", token_auth="hush").body)["invalid_indices"] == []
    assert "invalid_indices" not in json.loads(bulk("?idsite=1&rec=1&token_auth=hush").body)


def test_a_bulk_request_may_want_no_body() -> None:
    """matomo.js says so in the JSON, not in its entries."""
    assert bulk("?idsite=1&rec=1", "?idsite=2", send_image=0) == Reply(204, b"", bulk("", send_image=0).headers)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{"requests":', "the body is no JSON object with a list of requests; nothing was accepted"),
        (" {'requests': []}", "the body is no JSON object with a list of requests; nothing was accepted"),
        (
            json.dumps({"requests": [""] * 2_001, "send_image": 0}),
            "a bulk request may hold 2,000 entries (bulk_max_entries); nothing was accepted",
        ),
    ],
)
def test_a_bulk_request_that_cannot_be_taken(body: str, message: str) -> None:
    """An error in the shape that clients read, with a sentence for people."""
    reply = answer(make_request("/matomo.php", body))
    expected = {"status": "error", "tracked": 0, "invalid": 0, "message": message}
    assert (reply.status, json.loads(reply.body)) == (400, expected)


@pytest.mark.parametrize(("entries", "status"), [(["?idsite=1&rec=1"], "error"), (["?idsite=1&rec=1"] * 2, "success")])
def test_a_bulk_request_without_a_token_that_is_needed(entries: list[str], status: str) -> None:
    """An error where nothing of it was accepted."""
    refused = Rejected("unauthorised_bulk", "a bulk request needs a valid token_auth", "1")
    request = make_request("/matomo.php", json.dumps({"requests": entries}))
    reply = MatomoProtocol().reply(request, Result(len(entries) - 1, [refused]))
    assert (reply.status, json.loads(reply.body)["status"]) == (400 if status == "error" else 200, status)


def test_who_asks_not_to_be_tracked_is_told() -> None:
    """The header of the standard: N, not tracking."""
    refused = Rejected("do_not_track", excluded=True)
    reply = MatomoProtocol().reply(make_request(GOOD), Result(0, [refused]))
    assert (reply.status, reply.headers["Tk"]) == (200, "N")
    assert "Tk" not in MatomoProtocol().reply(make_request(GOOD), Result(1)).headers


def test_cross_origin() -> None:
    """The page's origin with credentials, else anyone without; JSON may be asked for beforehand."""
    page = {"Origin": "https://a.example", "Access-Control-Request-Headers": "content-type"}
    headers = answer(make_request(GOOD, method="POST", headers=page)).headers
    assert (headers["Access-Control-Allow-Origin"], headers["Access-Control-Allow-Credentials"]) == (
        page["Origin"],
        "true",
    )
    assert "Access-Control-Allow-Credentials" not in answer(make_request(GOOD, method="POST")).headers
    preflight = MatomoProtocol().preflight(make_request("/matomo.php", method="OPTIONS"))
    assert (preflight.status, preflight.headers["Access-Control-Allow-Methods"]) == (204, "GET, POST")
    assert preflight.headers["Access-Control-Allow-Headers"] == "*"
