"""What GA4 says of a session."""

from typing import Any

import pytest

from tracker.clock import SECOND
from tracker.testing import compute_rows, make_hit
from tracker.testing.hits import NOW


def session(*queries: str, settings: dict[str, Any] | None = None) -> dict[str, Any]:
    """The first row of one session: an event each second."""
    hits = [make_hit(f"v=2&tid=G-1&cid=1.1&{query}", received_at=NOW + n * SECOND) for n, query in enumerate(queries)]
    return compute_rows(hits, settings)[0]


def test_engagement_time_is_the_sum() -> None:
    """Of every event that tells some; what is no number is left out."""
    row = session("en=page_view&_et=100", "en=scroll&_et=NaN", "en=click", "en=user_engagement&_et=2000&gcu=1")
    assert row["session_engagement_time_ms"] == 2_100


def test_engagement_is_not_told_twice() -> None:
    """What a consent change sends again may carry the time of the first sending."""
    row = session("en=page_view&_et=6000", "en=page_view&_et=6000&gcu=1", "en=purchase&_et=6000&gcu=1")
    assert (row["session_engagement_time_ms"], row["session_is_engaged"]) == (6_000, False)


def test_nothing_told() -> None:
    """Counts are 0 and flags false where the tag told nothing."""
    row = session("en=page_view")
    assert row["session_engagement_time_ms"] == 0
    flags = ("session_is_engaged", "session_returning_user", "session_abandoned_cart")
    assert [row[name] for name in flags] == [False] * 3


@pytest.mark.parametrize(
    ("queries", "engaged"),
    [
        (["en=page_view&_et=10000"], False),
        (["en=page_view&_et=6000", "en=scroll&_et=4001"], True),
        (["en=page_view", "en=page_view"], True),
        (["en=page_view", "en=page_view&gcu=1"], False),
        (["en=screen_view", "en=screen_view"], True),
        (["en=sign_up&_c=1"], True),
        (["en=purchase"], True),
        (["en=page_view&seg=1", "en=scroll"], False),
    ],
)
def test_engaged(queries: list[str], engaged: bool) -> None:
    """More than ten seconds, two views or a key event; not what a consent change sends again."""
    assert session(*queries)["session_is_engaged"] is engaged


def test_seconds_of_engagement_are_a_setting() -> None:
    """As they are in GA4."""
    settings = {"columns": {"session_is_engaged": {"seconds": 2}}}
    assert session("en=page_view&_et=2001", settings=settings)["session_is_engaged"] is True


@pytest.mark.parametrize(("numbers", "returning"), [(["1", "1"], False), (["1", "2"], True), (["x", ""], False)])
def test_returning(numbers: list[str], returning: bool) -> None:
    """From the second session of the tag's count on."""
    assert session(*(f"en=page_view&sct={number}" for number in numbers))["session_returning_user"] is returning


@pytest.mark.parametrize(
    ("names", "abandoned"),
    [
        (["add_to_cart"], True),
        (["add_to_cart", "purchase"], False),
        (["add_to_cart", "purchase", "add_to_cart"], True),
        (["purchase"], False),
        (["add_to_cart", "purchase&gcu=1"], True),
        (["add_to_cart", "purchase", "add_to_cart&gcu=1"], False),
    ],
)
def test_abandoned_cart(names: list[str], abandoned: bool) -> None:
    """The last thing put into the cart decides; what a consent change sends again does not."""
    assert session(*(f"en={name}" for name in names))["session_abandoned_cart"] is abandoned


def test_captured(captured: list[dict[str, Any]]) -> None:
    """Sessions of real tags: flags and counts are never null, and some visitors stayed."""
    names = ("session_engagement_time_ms", "session_is_engaged", "session_returning_user", "session_abandoned_cart")
    assert all(row[name] is not None for row in captured for name in names)
    assert {row["session_is_engaged"] for row in captured} == {True, False}
