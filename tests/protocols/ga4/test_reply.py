"""How `/g/collect` answers."""

import pytest

from tracker.model import Rejected, Result
from tracker.protocols.ga4 import GA4Protocol
from tracker.testing.hits import make_request

NOBODYS, STRANGER = Rejected("no_property", "tid is missing"), Rejected("unknown_property", excluded=True)
WRONG = Rejected("no_event", "en is missing", "G-1")


@pytest.mark.parametrize(
    ("accepted", "rejected", "status"),
    [
        (1, [], 204),
        (1, [WRONG], 204),
        (1, [NOBODYS], 204),
        (0, [STRANGER], 204),
        (0, [WRONG], 204),
        (0, [], 204),
        (0, [NOBODYS], 400),
        (0, [WRONG, NOBODYS, STRANGER], 400),
    ],
)
def test_status(accepted: int, rejected: list[Rejected], status: int) -> None:
    """204 for valid, partly valid, filtered and useless requests; 400 where no property was named."""
    assert GA4Protocol().reply(make_request("/g/collect"), Result(accepted, rejected)).status == status


def test_headers_are_those_google_sends() -> None:
    """Nothing may be cached, and pages that isolate themselves may load it."""
    reply = GA4Protocol().reply(make_request("/g/collect", headers={"Origin": "https://a.example"}), Result(1))
    assert reply.headers == {
        "Content-Type": "text/plain",
        "Cache-Control": "no-cache, no-store, must-revalidate",
        "Pragma": "no-cache",
        "Expires": "Fri, 01 Jan 1990 00:00:00 GMT",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Access-Control-Allow-Origin": "https://a.example",
        "Access-Control-Allow-Credentials": "true",
        "Vary": "Origin",
    }
    assert reply.body == b""


def test_without_an_origin_anyone_may_read_but_without_credentials() -> None:
    """A wildcard and credentials together would be refused by browsers."""
    headers = GA4Protocol().reply(make_request("/g/collect"), Result(1)).headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in headers


def test_preflight() -> None:
    """Custom senders of JSON may name their headers."""
    asked = {"Origin": "https://a.example", "Access-Control-Request-Headers": "content-type"}
    reply = GA4Protocol().preflight(make_request("/g/collect", method="OPTIONS", headers=asked))
    assert (reply.status, reply.headers["Access-Control-Allow-Headers"]) == (204, "*, content-type")
