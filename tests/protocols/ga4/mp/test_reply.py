"""How `/mp/collect` answers."""

from tracker.model import Rejected, Result
from tracker.protocols.ga4 import GA4Protocol
from tracker.protocols.ga4.mp import MeasurementProtocol
from tracker.testing.hits import make_request

ASKED = {"Origin": "https://a.example", "Access-Control-Request-Headers": "content-type"}


def test_everything_is_answered_alike() -> None:
    """204 without a body and with the headers of the browser tag's answer, whatever became of the events."""
    request = make_request("/mp/collect", "{}", headers=ASKED)
    stored = MeasurementProtocol().reply(request, Result(1))
    assert (stored.status, stored.body) == (204, b"")
    assert MeasurementProtocol().reply(request, Result(0, [Rejected("unreadable")])) == stored
    assert stored.headers == GA4Protocol().reply(request, Result(1)).headers


def test_a_refused_request_keeps_its_status() -> None:
    """The address that only checks says nothing of a request that nobody read."""
    for path in ("/mp/collect", "/debug/mp/collect"):
        reply = MeasurementProtocol().reply(make_request(path), Result(0, problem="too_large"))
        assert (reply.status, reply.body) == (400, b"")


def test_preflight() -> None:
    """Pages may send JSON, and only with POST."""
    reply = MeasurementProtocol().preflight(make_request("/mp/collect", method="OPTIONS", headers=ASKED))
    assert (reply.status, reply.headers["Access-Control-Allow-Headers"]) == (204, "*, content-type")
    assert reply.headers["Access-Control-Allow-Methods"] == "POST"
