"""Requests of real tags: each becomes the hits its tag meant, and is answered as its tag expects."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr

from tests.protocols import reference
from tracker.clock import SECOND
from tracker.config import Properties, PropertySettings
from tracker.model import Hit, RawRequest, Rejected, Result
from tracker.protocols.ga4 import GA4Protocol
from tracker.protocols.ga4.mp import MeasurementProtocol
from tracker.protocols.ga4.mp.auth import MeasurementSettings
from tracker.protocols.matomo import MatomoProtocol
from tracker.protocols.matomo.auth import MatomoSettings
from tracker.testing.hits import NOW, make_hits, make_request
from tracker.testing.rows import compute_batch

FIXTURE = Path(__file__).resolve().parents[2] / "../shared/fixtures/captured-hits.jsonl"
TOKEN = "t" * 32


def rows(protocol: str) -> list[Any]:
    if not FIXTURE.exists():
        return [pytest.param({}, marks=pytest.mark.skip("the captured requests are not beside this repository"))]
    captured = [json.loads(line) for line in FIXTURE.read_text().splitlines()]
    return [pytest.param(row, id=str(number)) for number, row in enumerate(captured, 1) if row["protocol"] == protocol]


def request_of(row: dict[str, Any]) -> RawRequest:
    return make_request(row["url"], row["body"], method=row["method"], headers=row["headers"])


def outcome(protocol: Any, request: RawRequest, properties: Properties[Any]) -> tuple[list[Hit], Any]:
    pieces = list(protocol.hits(request, properties))
    hits = [piece for piece in pieces if isinstance(piece, Hit)]
    rejected = [piece for piece in pieces if isinstance(piece, Rejected)]
    return hits, protocol.reply(request, Result(len(hits), rejected))


@pytest.mark.parametrize("row", rows("ga4-gtag"))
def test_ga4(row: dict[str, Any]) -> None:
    """One hit per line, or one for the query; 204."""
    request = request_of(row)
    hits, reply = outcome(GA4Protocol(), request, Properties({}, PropertySettings()))
    events = [parse_qs(line) for line in row["body"].splitlines() if line] or [parse_qs(row["url"].partition("?")[2])]
    assert reply.status == 204
    names = GA4Protocol().parameters(make_hits(hits)).get("en")
    assert names is not None
    assert names.to_pylist() == [event["en"][0] for event in events]


@pytest.mark.parametrize("row", rows("matomo"))
def test_matomo_without_a_token(row: dict[str, Any]) -> None:
    """Where a request needs a token and none is configured it is refused; all else is stored."""
    expect(row, Properties({}, MatomoSettings()), is_trusted=False)


@pytest.mark.parametrize("row", rows("matomo"))
def test_matomo_with_a_token(row: dict[str, Any]) -> None:
    """With the token that some clients send, everything is stored, and the token nowhere."""
    properties = Properties({}, MatomoSettings(tokens=(SecretStr(TOKEN),)))
    hits = expect(row, properties, is_trusted=True)
    assert TOKEN not in repr(hits)
    assert "cip=" not in repr(hits)


def expect(row: dict[str, Any], properties: Properties[MatomoSettings], *, is_trusted: bool) -> list[Hit]:
    """Compare with what the wire specification says, read here in the plainest way."""
    is_bulk = row["body"].startswith("{")
    content = json.loads(row["body"]) if is_bulk else {"requests": [row["url"].partition("?")[2] + "&" + row["body"]]}
    sent = [
        entry if isinstance(entry, dict) else {name: values[-1] for name, values in parse_qs(entry.lstrip("?")).items()}
        for entry in content["requests"]
    ]
    stored = [one for one in sent if "rec" in one and (is_trusted or not {"cip", "cdt"} & set(one))]
    refused = len([one for one in sent if "rec" in one]) - len(stored)
    hits, reply = outcome(MatomoProtocol(), request_of(row), properties)
    assert len(hits) == len(stored)
    if is_bulk and content.get("send_image") != 0:
        counts = json.loads(reply.body)
        assert reply.status == 200
        assert (counts["status"], counts["tracked"], counts["invalid"]) == ("success", len(stored), refused)
    elif refused:
        assert reply.status == 400
    else:
        wants_image = not is_bulk and sent[0].get("send_image") != "0"
        assert reply.status == (200 if wants_image else 204)
        assert (len(reply.body), reply.headers.get("Content-Type")) == ((43, "image/gif") if wants_image else (0, None))
    return hits


Resend = Callable[[RawRequest], RawRequest]


def in_a_body(request: RawRequest) -> RawRequest:
    """The event moved out of the query, where the query holds it."""
    shared, name, event = request.query.partition(b"&en=")
    return replace(request, method="POST", query=shared, body=(name + event)[1:]) if name else request


def by_another_way(request: RawRequest) -> RawRequest:
    """What the tag says of the transport, and of the page's age, changed."""
    said = [piece for piece in request.query.split(b"&") if not piece.startswith((b"tfd=", b"_z=", b"richsstsse"))]
    return replace(request, query=b"&".join([*said, b"tfd=99999", b"_z=failedfetch"]))


RESENDS: dict[str, Resend] = {"as it was": lambda request: request, "in a body": in_a_body, "anew": by_another_way}


def hits_of(protocol: Any, properties: Properties[Any], requests: Sequence[RawRequest]) -> list[Hit]:
    return [piece for one in requests for piece in protocol.hits(one, properties) if isinstance(piece, Hit)]


def check_sent_again(hits: Sequence[Hit], again: Sequence[Hit], distinct: int) -> None:
    """Whether what was sent again lies behind or before the first in the log: the same rows, every repeat counted."""
    once = compute_batch(hits)
    for log in ([*hits, *again[::-1]], [*again, *hits]):
        twice = compute_batch(log)
        assert content(twice) == content(once)
        assert twice.events.num_rows == distinct
        assert {outcome for _, outcome, _ in twice.ledger} == {"duplicate"}
        assert sum(twice.ledger.values()) == len(twice.outcomes.duplicate) == len(log) - distinct


def content(batch: Any) -> list[dict[str, Any]]:
    """Rows without what tells which of two copies they came from, in an order that does not depend on the log's."""
    told = ("id", "log_offset", "received_at")
    rows = [{name: row[name] for name in row if name not in told} for row in batch.events.to_pylist()]
    return sorted(rows, key=repr)


@pytest.mark.parametrize("resend", RESENDS)
def test_ga4_requests_sent_again(resend: str) -> None:
    """A request that comes again later, in whatever form and order, adds nothing; the ledger knows its repeats."""
    anyone = Properties({}, PropertySettings())
    sent = reference.captured("ga4-gtag")
    first = [reference.request_of(one, NOW + n * SECOND) for n, one in enumerate(sent)]
    later = [RESENDS[resend](replace(one, received_at=NOW + (200 - n) * SECOND)) for n, one in enumerate(first)]
    hits = [hit for hit in hits_of(GA4Protocol(), anyone, first) if hit.event_key]
    again = [hit for hit in hits_of(GA4Protocol(), anyone, later) if hit.event_key]
    assert len(hits) == len(again) >= 40
    check_sent_again(hits, again, len(hits))


def test_ga4_requests_without_a_counter_are_kept() -> None:
    """Without page load or counter nothing tells a repeat from a second event: both stay."""
    anyone = Properties({}, PropertySettings())
    sent = [one for one in reference.captured("ga4-gtag") if "&_s=" not in one["url"] or "&_p=" not in one["url"]]
    hits = hits_of(GA4Protocol(), anyone, [reference.request_of(one) for one in sent])
    again = hits_of(GA4Protocol(), anyone, [reference.request_of(one, NOW + 5 * SECOND) for one in sent])
    assert len(hits) >= 5
    assert compute_batch(hits + again).events.num_rows == 2 * len(hits)


def test_matomo_orders_sent_again() -> None:
    """Of Matomo's hits only orders name themselves: one sent again adds nothing."""
    trusting = Properties({}, MatomoSettings(tokens=(SecretStr(TOKEN),)))
    requests = [reference.request_of(sent, NOW + n) for n, sent in enumerate(reference.captured("matomo"))]
    orders = [hit for hit in hits_of(MatomoProtocol(), trusting, requests) if hit.event_key]
    again = [replace(hit, received_at=NOW + 9 * SECOND) for hit in orders]
    assert len(orders) >= 2
    check_sent_again(orders, again, len({(hit.client_id, hit.event_key) for hit in orders}))


def test_measurement_protocol_events_sent_again() -> None:
    """Events with a time of their own are known again; others are not, for servers number nothing."""
    anyone = Properties({}, MeasurementSettings())
    requests = [reference.request_of(sent) for sent in reference.captured("ga4-mp")]
    hits = hits_of(MeasurementProtocol(), anyone, requests)
    timed = [hit for hit in hits if "timestamp_micros" in json.loads(hit.body)["events"][0]]
    assert [hit.event_key is not None for hit in hits] == [hit in timed for hit in hits]
    check_sent_again(timed, [replace(hit, received_at=NOW + 9 * SECOND) for hit in timed], len(timed))
