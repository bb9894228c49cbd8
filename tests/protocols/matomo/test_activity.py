"""Which Matomo actions are counted as what."""

from collections.abc import Callable
from typing import Any

import pytest

Row = dict[str, Any]


@pytest.mark.parametrize(
    ("queries", "totals"),
    [
        (["link=x", "link=x", "link=y", "download=x"],
         {"session_total_outbound_clicks": 3, "session_unique_outbound_clicks": 2}),
        (["download=x", "download=x", "download=y", "link=x"],
         {"session_total_file_downloads": 3, "session_unique_file_downloads": 2}),
        (["search=x", "search=y", "search="],
         {"session_total_site_searches": 2, "session_unique_site_searches": 2, "session_total_page_views": 1}),
        (["idgoal=1", "idgoal=0", "idgoal=0&ec_id=A"], {"session_total_key_events": 2}),
        (["", "e_c=a&e_a=b", "ping=1"],
         {"session_total_scrolls": 0, "session_total_form_interactions": 0, "session_unique_form_interactions": 0,
          "session_total_outbound_clicks": 0, "session_total_file_downloads": 0, "session_total_site_searches": 0,
          "session_total_video_engagements": 0, "session_total_key_events": 0}),
    ],
)  # fmt: skip
def test_totals(rows: Callable[..., list[Row]], queries: list[str], totals: dict[str, int]) -> None:
    """What sessions add up: each kind of its own, 0 where there was none."""
    found = rows(*queries)[0]
    assert {name: found[name] for name in totals} == totals


@pytest.mark.parametrize(
    ("query", "is_key_event"),
    [("idgoal=1", True), ("idgoal=0&ec_id=A", True), ("idgoal=0", False), ("download=x", False), ("", False)],
)
def test_key_events(row: Callable[..., Row], query: str, is_key_event: bool) -> None:
    """Goals always, orders by default."""
    assert row(query)["is_key_event"] is is_key_event


def test_a_property_names_further_key_events(row: Callable[..., Row]) -> None:
    """By the names that its actions have."""
    assert row("download=x", {"properties": {"1": {"key_events": ["download"]}}})["is_key_event"] is True
