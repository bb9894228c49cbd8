"""Matomo requests, all the way to rows."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from tracker.clock import SECOND
from tracker.config import Properties
from tracker.model import Hit
from tracker.protocols.matomo import MatomoProtocol
from tracker.protocols.matomo.auth import MatomoSettings
from tracker.testing import compute_rows, make_request
from tracker.testing.hits import NOW

CAPTURED = Path(__file__).resolve().parents[3] / "../shared/fixtures/captured-hits.jsonl"
VISITOR = "0123456789abcdef"

Row = dict[str, Any]
Sent = str | tuple[int, str]
"""A query, and how many seconds after the first it comes: one more than the query before it, unless it says so."""


@pytest.fixture
def rows() -> Callable[..., list[Row]]:
    """The rows that tracking requests of one visitor become, in the order they are sent."""

    def rows_of(*queries: Sent, settings: dict[str, Any] | None = None) -> list[Row]:
        return compute_rows([hit for n, query in enumerate(queries) for hit in _hits(n, query)], settings)

    return rows_of


@pytest.fixture
def row(rows: Callable[..., list[Row]]) -> Callable[..., Row]:
    """The row that one tracking request becomes."""

    def row_of(query: str, settings: dict[str, Any] | None = None) -> Row:
        (only,) = rows(query, settings=settings)
        return only

    return row_of


@pytest.fixture(scope="session")
def captured() -> list[Row]:
    """Every row that the captured requests become, in one batch; old times are accepted."""
    if not CAPTURED.exists():
        pytest.skip("the captured requests are not beside this repository")
    sent = [one for one in map(json.loads, CAPTURED.read_text().splitlines()) if one["protocol"] == "matomo"]
    requests = [make_request(one["url"], one["body"], method=one["method"], headers=one["headers"]) for one in sent]
    return compute_rows([hit for request in requests for hit in _accepted(request)])


def _hits(n: int, query: Sent) -> list[Hit]:
    seconds, text = (n, query) if isinstance(query, str) else query
    target = f"/matomo.php?idsite=1&rec=1&_id={VISITOR}&{text}"
    return _accepted(make_request(target, received_at=NOW + seconds * SECOND))


def _accepted(request: Any) -> list[Hit]:
    properties = Properties({}, MatomoSettings(tokens=(SecretStr("t" * 32),)))
    return [piece for piece in MatomoProtocol().hits(request, properties) if isinstance(piece, Hit)]
