"""Engagement, and bounce by both definitions, whatever the protocol."""

from typing import Any

import pytest

from tracker.clock import SECOND
from tracker.testing import compute_rows, make_hit
from tracker.testing.hits import NOW

BOUNCES = ("session_is_bounced", "session_is_bounced_ga4", "session_is_bounced_matomo")


def ga4(*events: str) -> dict[str, Any]:
    """The first row of a session of GA4 events, one a second."""
    hits = [make_hit(f"v=2&tid=G-1&cid=1.1&en={event}", received_at=NOW + n * SECOND) for n, event in enumerate(events)]
    return compute_rows(hits)[0]


def matomo(*hits: tuple[int, str]) -> dict[str, Any]:
    """The first row of a visit of Matomo hits, each at a second."""
    made = [
        make_hit(f"idsite=1&rec=1&{query}", protocol="matomo", family="matomo", received_at=NOW + at * SECOND)
        for at, query in hits
    ]
    return compute_rows(made)[0]


@pytest.mark.parametrize(
    ("events", "bounces"),
    [
        (["page_view"], (True, True, True)),
        (["page_view", "scroll", "user_engagement&_et=3000"], (True, True, True)),
        (["page_view", "user_engagement&_et=10001"], (True, False, True)),
        (["page_view", "file_download"], (True, True, False)),
        (["page_view", "sign_up&_c=1"], (True, False, False)),
        (["page_view", "page_view"], (False, False, False)),
        (["page_view", "page_view&gcu=1"], (True, True, True)),
        (["click"], (False, True, True)),
    ],
)
def test_bounce_of_ga4_sessions(events: list[str], bounces: tuple[bool, ...]) -> None:
    """One page view, not engaged, at most one action."""
    row = ga4(*events)
    assert tuple(row[name] for name in BOUNCES) == bounces


@pytest.mark.parametrize(
    ("hits", "bounces"),
    [
        ([(0, "url=https://a.example/")], (True, True, True)),
        ([(0, "url=https://a.example/"), (15, "ping=1")], (True, False, True)),
        ([(0, "url=https://a.example/"), (5, "link=https://b.example/")], (True, True, False)),
        ([(0, "url=https://a.example/"), (5, "c_n=Banner")], (True, True, True)),
        ([(0, "url=https://a.example/"), (5, "idgoal=3")], (True, False, True)),
        ([(0, "url=https://a.example/"), (5, "url=https://a.example/b")], (False, False, False)),
    ],
)
def test_bounce_of_matomo_visits(hits: list[tuple[int, str]], bounces: tuple[bool, ...]) -> None:
    """Content that was only shown and goals are no actions; heartbeats tell of attention."""
    row = matomo(*hits)
    assert tuple(row[name] for name in BOUNCES) == bounces


def test_without_a_session() -> None:
    """Nothing bounced where nobody came."""
    row = ga4("user_engagement")
    names = (*BOUNCES, "session_is_engaged", "session_engagement_time_ms")
    assert [row[name] for name in names] == [None] * len(names)
