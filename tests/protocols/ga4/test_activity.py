"""What a visitor did, by GA4's event names, and what a session makes of it."""

from typing import Any

import pytest

from tracker.clock import SECOND
from tracker.testing import compute_rows, make_hit
from tracker.testing.hits import NOW

TOTALS = [
    "session_total_scrolls",
    "session_total_outbound_clicks",
    "session_unique_outbound_clicks",
    "session_total_file_downloads",
    "session_unique_file_downloads",
    "session_total_form_interactions",
    "session_unique_form_interactions",
    "session_total_site_searches",
    "session_unique_site_searches",
    "session_total_video_engagements",
    "session_total_key_events",
]


def rows(*queries: str, settings: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """The rows of one session: an event each second."""
    hits = [make_hit(f"v=2&tid=G-1&cid=1.1&{query}", received_at=NOW + n * SECOND) for n, query in enumerate(queries)]
    return compute_rows(hits, settings)


def totals(*queries: str) -> dict[str, int]:
    """The totals of one session that are not 0."""
    row = rows(*queries)[0]
    return {name: row[name] for name in TOTALS if row[name] != 0}


def test_nothing_done() -> None:
    """Every count of a session in which nothing was done is 0."""
    assert [rows("en=page_view")[0][name] for name in TOTALS] == [0] * len(TOTALS)


@pytest.mark.parametrize(
    ("queries", "expected"),
    [
        (["en=scroll", "en=scroll&gcu=1"], {"session_total_scrolls": 1}),
        (
            ["en=click&ep.link_url=a", "en=click&ep.link_url=a", "en=click", "en=click"],
            {"session_total_outbound_clicks": 4, "session_unique_outbound_clicks": 2},
        ),
        (["en=click&ep.outbound=false&ep.link_url=a"], {}),
        (
            ["en=file_download&ep.link_url=a.pdf", "en=file_download&ep.link_url=b.pdf", "en=file_download"],
            {"session_total_file_downloads": 3, "session_unique_file_downloads": 3},
        ),
        (
            ["en=form_start&ep.form_id=f", "en=form_submit&ep.form_id=f"],
            {"session_total_form_interactions": 2, "session_unique_form_interactions": 1},
        ),
        (
            ["en=view_search_results&ep.search_term=shoe", "en=search&ep.search_term=shoe", "en=search"],
            {"session_total_site_searches": 3, "session_unique_site_searches": 2},
        ),
        (
            ["en=video_start", "en=video_progress&epn.video_percent=10", "en=video_complete"],
            {"session_total_video_engagements": 3},
        ),
        (["en=Scroll", "en=clicks"], {}),
    ],
)  # fmt: skip
def test_totals(queries: list[str], expected: dict[str, int]) -> None:
    """Each counts its own events, and the unique ones by address, form or words."""
    assert totals(*queries) == expected


def test_key_events() -> None:
    """Those the settings name and those the tag marks; not what a consent change sends again."""
    sent = ["en=sign_up", "en=lead&_c=1", "en=page_view", "en=purchase", "en=lead&_c=1&gcu=1", "en=sign&_c=0"]
    found = rows(*sent, settings={"defaults": {"key_events": ["sign_up", "login"]}})
    assert [row["is_key_event"] for row in found] == [True, True, False, False, False, False]
    assert {row["session_total_key_events"] for row in found} == {2}


def test_key_events_are_a_property_setting() -> None:
    """Each property has its own; an order is one where nothing else is set."""
    settings = {"properties": {"G-1": {"key_events": ["sign_up"]}}}
    hits = [
        make_hit(f"v=2&tid={tid}&cid=1.1&en={name}", property_id=tid)
        for tid in ("G-1", "G-2")
        for name in ("sign_up", "purchase")
    ]
    assert [row["is_key_event"] for row in compute_rows(hits, settings)] == [True, False, False, True]


def test_no_key_events() -> None:
    """An empty setting leaves what the tag marks."""
    found = rows("en=purchase", "en=a&_c=1", settings={"defaults": {"key_events": []}})
    assert [row["is_key_event"] for row in found] == [False, True]


def test_screens_sent_again_are_no_views() -> None:
    """As with pages: a consent change sends them again, once per kind of consent."""
    found = rows("en=screen_view", "en=screen_view&gcu=1")
    assert [row["is_screen_view"] for row in found] == [True, False]
