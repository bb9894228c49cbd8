"""What Matomo's actions tell of a session."""

from collections.abc import Callable
from typing import Any

import pytest

Row = dict[str, Any]


def test_content_and_goals(rows: Callable[..., list[Row]]) -> None:
    """Orders and carts are no goals."""
    queries = ("c_n=x", "c_n=y", "c_n=x&c_i=click", "idgoal=1", "idgoal=2", "idgoal=2", "idgoal=0", "idgoal=0&ec_id=A")
    found = rows(*queries)[0]
    names = ("content_impressions", "content_interactions", "goal_conversions")
    assert [found[f"session_total_{name}"] for name in names] == [2, 1, 3]


def test_nothing_is_zero(row: Callable[..., Row]) -> None:
    """Counts are never null; nor are they on what has no session."""
    names = ("content_impressions", "content_interactions", "goal_conversions")
    assert [row("")[f"session_total_{name}"] for name in names] == [0, 0, 0]
    assert [row("ping=1")[f"session_total_{name}"] for name in names] == [None, None, None]


@pytest.mark.parametrize(
    ("sent", "milliseconds"),
    [
        ([(0, "")], 0),
        ([(0, ""), (10, "e_c=a&e_a=b"), (25, "ping=1")], 25_000),
        ([(0, ""), (10, ""), (10, "")], 10_000),
    ],
)
def test_engagement_time(rows: Callable[..., list[Row]], sent: list[tuple[int, str]], milliseconds: int) -> None:
    """From action to action, heartbeats included."""
    assert rows(*sent)[0]["session_engagement_time_ms"] == milliseconds


def test_long_gaps_count_up_to_the_timeout(rows: Callable[..., list[Row]]) -> None:
    """Where a property does without the boundary that would cut there."""
    settings = {"properties": {"1": {"boundaries": {"timeout": False}, "timeout": "1m"}}}
    assert rows((0, ""), (10, ""), (100, ""), settings=settings)[0]["session_engagement_time_ms"] == 70_000


@pytest.mark.parametrize(
    ("queries", "returning"),
    [
        (["_idn=0"], True),
        (["_idn=1"], False),
        ([""], False),
        (["_idn=1", "_idn=0"], False),
        (["_idn=0", "_idn=1"], True),
        (["_idn=no"], False),
    ],
)
def test_returning_user(rows: Callable[..., list[Row]], queries: list[str], returning: bool) -> None:
    """The first event decides: the tag has known its visitor since then."""
    assert {row["session_returning_user"] for row in rows(*queries)} == {returning}


def test_captured(captured: list[Row]) -> None:
    """A real tag's visit, of a visitor it knew."""
    visit = [row for row in captured if row["client_id"] == "16ff46a0943c27b8"]
    assert {row["session_returning_user"] for row in visit} == {True}
    assert {row["session_total_goal_conversions"] for row in visit} == {1}
    assert {row["session_total_content_impressions"] for row in visit} == {1}
