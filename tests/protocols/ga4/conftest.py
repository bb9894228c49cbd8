"""Rows of what real GA4 tags sent."""

import json
from pathlib import Path
from typing import Any

import pytest

from tracker.config import Properties, PropertySettings
from tracker.model import Hit
from tracker.protocols.ga4 import GA4Protocol
from tracker.testing import compute_rows, make_request

CAPTURED = Path(__file__).resolve().parents[3] / "../shared/fixtures/captured-hits.jsonl"


@pytest.fixture(scope="session")
def captured() -> list[dict[str, Any]]:
    """Every row that the captured requests become, in one batch."""
    if not CAPTURED.exists():
        pytest.skip("the captured requests are not beside this repository")
    sent = [row for row in map(json.loads, CAPTURED.read_text().splitlines()) if row["protocol"] == "ga4-gtag"]
    requests = [make_request(row["url"], row["body"], method=row["method"], headers=row["headers"]) for row in sent]
    properties = Properties({}, PropertySettings())
    pieces = [piece for request in requests for piece in GA4Protocol().hits(request, properties)]
    return compute_rows([piece for piece in pieces if isinstance(piece, Hit)])
