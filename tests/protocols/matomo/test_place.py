"""The place that a sender with a token states."""

from typing import Any

import pytest
from pydantic import SecretStr

from tracker.config import Properties
from tracker.model import Hit, Rejected
from tracker.protocols.matomo import MatomoProtocol
from tracker.protocols.matomo.auth import MatomoSettings
from tracker.testing import compute_rows, make_request

TOKENS = Properties({}, MatomoSettings(tokens=(SecretStr("open-sesame"),)))


def sent(query: str, token: str = "open-sesame") -> Hit | Rejected:
    """What a page view with that query becomes."""
    request = make_request(f"/matomo.php?idsite=1&rec=1&_id=0123456789abcdef&token_auth={token}&{query}")
    (piece,) = MatomoProtocol().hits(request, TOKENS)
    assert isinstance(piece, Hit | Rejected)
    return piece


def places(*queries: str) -> list[dict[str, Any]]:
    """The columns of the place that are not null, for each query."""
    hits = [piece for piece in map(sent, queries) if isinstance(piece, Hit)]
    return [
        {
            name.removeprefix("geo_"): value
            for name, value in row.items()
            if name.startswith("geo_") and value is not None
        }
        for row in compute_rows(hits)
    ]


def test_place() -> None:
    """Codes become names; each request has its own."""
    bavaria = {"country": "Germany", "country_code": "DE", "region": "Bayern", "city": "München"}
    assert places("country=de&region=BY&city=M%C3%BCnchen&lat=48.1&long=11.5", "action_name=x", "city=Oslo") == [
        {**bavaria, "latitude": 48.1, "longitude": 11.5},
        {},
        {"city": "Oslo"},
    ]


@pytest.mark.parametrize("query", ["lat=north", "lat=91&long=181", "country=&city=", "country=x"])
def test_what_cannot_be_read_is_no_place(query: str) -> None:
    """It costs no event."""
    assert places(query) == [{}]


def test_the_equator_is_a_place() -> None:
    """Zero is a number of degrees."""
    assert places("lat=0&long=0.0") == [{"latitude": 0.0, "longitude": 0.0}]


def test_a_place_needs_a_token() -> None:
    """Anybody could say where anybody is."""
    piece = sent("country=de", token="guess")
    assert isinstance(piece, Rejected)
    assert piece.reason == "unauthorised"
