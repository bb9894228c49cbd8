"""E-mail addresses do not reach the tables of properties that ask for that."""

from typing import Any

import pytest

from tracker.testing import compute_rows, make_hit

PRIVATE = {"defaults": {"redact_emails": True}}


def row(query: str, settings: dict[str, Any] | None = PRIVATE) -> dict[str, Any]:
    """The row of one page view."""
    return compute_rows([make_hit(f"v=2&tid=G-1&cid=1.1&en=page_view&{query}")], settings)[0]


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("https://a.example/?m=anna.b%2Bx@mail.example.org%26n=1", "https://a.example/?m=(email)&n=1"),
        ("https://a.example/?m=anna%2540mail.example", "https://a.example/?m=(email)"),
        ("https://a.example/anna@b.de/c", "https://a.example/(email)/c"),
        ("https://a.example/@anna/x%2540y", "https://a.example/@anna/x%40y"),
        ("https://user@a.example/", "https://(email)/"),
    ],
)
def test_addresses_in_urls(sent: str, stored: str) -> None:
    """Written plainly or percent-encoded; nothing else changes."""
    assert row(f"dl={sent}")["page_location"] == stored


def test_addresses_in_parameters() -> None:
    """Of any name: titles, parameters, user properties."""
    found = row("dt=Hi+anna@b.de&ep.text=to+anna@b.de,+eve@c.de&up.mail=anna@b.de&epn.value=7")
    assert found["page_title"] == "Hi (email)"
    assert [one["value_string"] for one in found["params"]] == ["to (email), (email)", None]
    assert found["user_properties"][0]["value_string"] == "(email)"


def test_only_where_asked_for() -> None:
    """It is a setting of each property, and off by default."""
    hits = [make_hit(f"v=2&tid={tid}&cid=1.1&en=a&dt=a@b.de", property_id=tid) for tid in ("G-1", "G-2")]
    rows = compute_rows(hits, {"properties": {"G-2": {"redact_emails": True}}})
    assert [found["page_title"] for found in rows] == ["a@b.de", "(email)"]
    assert row("dt=a@b.de", None)["page_title"] == "a@b.de"
