"""Attribution of whole sessions: everything from one event, for both protocols."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import pytest

from tracker.columns.core.url import CLICK_IDS, UTM
from tracker.model import Hit
from tracker.testing import compute_rows, make_hit
from tracker.testing.hits import NOW

PAGE = "https://shop.example/"
GOOGLE = "https://www.google.com/"
OTHER = "https://other.example/"
FOUND = ("source", "medium", "campaign", "source_rule")


def ga4(n: int, page: str = PAGE, referrer: str = "", name: str = "page_view", **more: str) -> Hit:
    """The n-th event of a visitor, ten seconds after the one before."""
    query = urlencode({"en": name, "dl": page, "dr": referrer, "_s": str(n), **more})
    return make_hit(query, received_at=NOW + n * 10_000_000)


def matomo(n: int, page: str = PAGE, referrer: str = "", **more: str) -> Hit:
    """The same, as Matomo's tag sends it."""
    query = urlencode({"idsite": "1", "rec": "1", "url": page, "urlref": referrer, "action_name": "x", **more})
    return make_hit(query, received_at=NOW + n * 10_000_000, protocol="matomo", family="matomo", property_id="1")


def session(hits: Sequence[Hit], *names: str) -> tuple[Any, ...]:
    """Session columns of hits that are one session; source, medium, campaign and rule unless others are named."""
    rows = compute_rows(hits)
    (found,) = {tuple(row[f"session_{name}"] for name in names or FOUND) for row in rows}
    return found


def test_everything_is_of_one_event() -> None:
    """The first that says anything; what later ones say is not mixed in."""
    hits = [
        ga4(1),
        ga4(2, referrer=GOOGLE + "?q=shoes"),
        ga4(3, page=PAGE + "?utm_source=a&utm_medium=b&utm_campaign=c&utm_content=d&gclid=e"),
    ]
    assert session(hits) == ("google", "organic", None, "search_engine")
    assert session(hits, "term", "content", "click_id", "click_id_name") == ("shoes", None, None, None)
    assert session(hits, *(f"utm_{part}" for part in UTM)) == (None,) * 9
    assert session(hits, *(f"click_id_{name}" for name in CLICK_IDS)) == (None,) * 7


def test_all_parts_of_the_event() -> None:
    """Nine campaign parameters and seven click ids of the event that decides."""
    utm = {f"utm_{part}": f"U-{part}" for part in UTM}
    clicks = {name: f"C-{name}" for name in CLICK_IDS}
    hits = [ga4(1), ga4(2, page=f"{PAGE}?{urlencode(utm | clicks)}")]
    assert session(hits) == ("u-source", "u-medium", "U-campaign", "campaign_parameters")
    assert session(hits, "content", "term", "click_id", "click_id_name") == ("U-content", "u-term", "C-gclid", "gclid")
    assert session(hits, *utm) == tuple(utm.values())
    assert session(hits, *(f"click_id_{name}" for name in clicks)) == tuple(clicks.values())


def test_any_event_may_say_it() -> None:
    """Not only a page view."""
    assert session([ga4(1, referrer=GOOGLE, name="scroll"), ga4(2)])[0] == "google"


def test_own_pages_and_payment_say_nothing() -> None:
    """The first event after them that does decides."""
    hits = [ga4(1, referrer=PAGE), ga4(2, referrer="https://www.paypal.com/"), ga4(3, referrer=OTHER)]
    assert session(hits) == ("other.example", "referral", None, "referring_site")


def test_nothing_said_is_direct() -> None:
    """Never null; campaign and click id are."""
    names = ("source", "medium", "source_rule", "channel_group", "campaign", "content", "term", "click_id")
    assert session([ga4(1), ga4(2)], *names) == ("(direct)", "(none)", "direct", "Direct", None, None, None, None)


def test_what_is_sent_again_after_consent_does_not_count() -> None:
    """It repeats an event that has been counted."""
    hits = [ga4(1), ga4(2, referrer=GOOGLE, gcu="1"), ga4(3, referrer=OTHER)]
    assert session(hits)[0] == "other.example"


def test_each_session_has_its_own() -> None:
    """Two of one visitor, an hour apart."""
    rows = compute_rows([ga4(1, referrer=GOOGLE), ga4(400, referrer=OTHER)])
    assert [row["session_source"] for row in rows] == ["google", "other.example"]


def test_order_of_hits_changes_nothing() -> None:
    """The first is the first in time."""
    assert session([ga4(3, referrer=OTHER), ga4(1), ga4(2, referrer=GOOGLE)])[0] == "google"


@pytest.mark.parametrize(
    ("page", "referrer", "found"),
    [
        (PAGE, GOOGLE, ("google", "organic", None, "search_engine")),
        (PAGE + "?mtm_campaign=Spring", "", ("(not set)", "(not set)", "Spring", "campaign_name")),
        (
            PAGE + "?pk_campaign=Spring&pk_source=News&pk_medium=email",
            GOOGLE,
            ("news", "email", "Spring", "campaign_parameters"),
        ),
        (PAGE + "#mtm_source=a&mtm_medium=b", "", ("a", "b", None, "campaign_parameters")),
        (PAGE + "?ignore_referrer=1", GOOGLE, ("(direct)", "(none)", None, "direct")),
        (PAGE + "?gclid=1", OTHER, ("google", "cpc", None, "paid_click_id")),
    ],
)
def test_matomo(page: str, referrer: str, found: tuple[str | None, ...]) -> None:
    """The same rules, with Matomo's own names of campaigns."""
    assert session([matomo(1, page, referrer), matomo(2)]) == found


def test_matomo_parts() -> None:
    """Content and keyword in Matomo's names."""
    page = PAGE + "?mtm_campaign=a&mtm_content=B&mtm_kwd=C"
    assert session([matomo(1, page)], "content", "term", "click_id") == ("B", "c", None)
