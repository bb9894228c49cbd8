"""Requests of real tags: each becomes the hits its tag meant, and is answered as its tag expects."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr

from tracker.config import Properties, PropertySettings
from tracker.model import Hit, RawRequest, Rejected, Result
from tracker.protocols.ga4 import GA4Protocol
from tracker.protocols.matomo import MatomoProtocol
from tracker.protocols.matomo.auth import MatomoSettings
from tracker.testing.hits import make_hits, make_request

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
