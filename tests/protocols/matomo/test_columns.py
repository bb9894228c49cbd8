"""The columns that every protocol fills, of a realistic Matomo visit: pages, a search, a file, an event, an order."""

import datetime as dt
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

Row = dict[str, Any]
SHOP = "https://shop.example"
UTM = (
    "source",
    "medium",
    "campaign",
    "term",
    "content",
    "id",
    "source_platform",
    "creative_format",
    "marketing_tactic",
)
CLICK_IDS = ("gclid", "dclid", "gbraid", "wbraid", "srsltid", "fbclid", "msclkid")
LANDING = urlencode({**{f"utm_{part}": f"u-{part}" for part in UTM}, **{name: f"c-{name}" for name in CLICK_IDS}})
TAG = {
    "_idn": 0,
    "uid": "bob",
    "res": "1920x1080",
    "lang": "de-DE",
    "pv_id": "abc123",
    "urlref": "https://other.example/",
}
BEGIN = dt.datetime(2025, 10, 9, 8, 53, 20, tzinfo=dt.UTC)

EVERY = {
    "client_id": "0123456789abcdef", "user_id": "bob", "property_id": "1", "property_name": "Shop",
    "tracking_protocol": "matomo", "platform": "web", "is_cookieless": False, "is_consent_update": False,
    "is_screen_view": False, "ip_address": "203.0.113.7", "date_utc": dt.date(2025, 10, 9),
    "date_local": dt.date(2025, 10, 9), "page_hostname": "shop.example", "page_referrer": "https://other.example/",
    "device_screen_resolution": "1920x1080", "device_language": "de-DE", "params_site_id": "1",
    "params_page_view_id": "abc123", "log_partition": 0,
    "session_split_cause": None, "session_joined_by": None, "session_client_id": "0123456789abcdef",
    "session_user_id": "bob", "session_first_event_time": BEGIN,
    "session_last_event_time": BEGIN + dt.timedelta(seconds=60), "session_duration": 60,
    "session_date_utc": dt.date(2025, 10, 9), "session_date_local": dt.date(2025, 10, 9),
    "session_referrer": "https://other.example/", "session_is_bounced": False, "session_returning_user": True,
    "session_entry_page_location": f"{SHOP}/", "session_entry_page_title": "Home", "session_entry_page_path": "/",
    "session_second_page_location": f"{SHOP}/shoes", "session_second_page_title": "Shoes",
    "session_exit_page_location": f"{SHOP}/shoes", "session_exit_page_title": "Shoes",
    "session_exit_page_path": "/shoes", "session_engagement_time_ms": 60_000, "session_revenue": 20.0,
    "session_total_events": 7, "session_total_page_views": 2, "session_unique_page_views": 2,
    "session_total_purchases": 1, "session_total_key_events": 1, "session_total_file_downloads": 1,
    "session_unique_file_downloads": 1, "session_total_site_searches": 1, "session_unique_site_searches": 1,
    "session_total_outbound_clicks": 0, "session_unique_outbound_clicks": 0, "session_total_scrolls": 0,
    "session_total_form_interactions": 0, "session_unique_form_interactions": 0, "session_total_video_engagements": 0,
    "session_total_goal_conversions": 0, "session_total_content_impressions": 0,
    "session_total_content_interactions": 0, **{f"session_utm_{part}": f"u-{part}" for part in UTM},
}  # fmt: skip
"""What stands on every event of the visit."""

ONE_BY_ONE = {
    "name": ["page_view", "site_search", "download", "custom_event", "page_view", "ecommerce_order", "ping"],
    "is_page_view": [True, False, False, False, True, False, False],
    "is_purchase": [False, False, False, False, False, True, False],
    "is_key_event": [False, False, False, False, False, True, False],
    "page_location": [f"{SHOP}{path}" for path in ("/", *["/find"] * 3, *["/shoes"] * 3)],
    "page_path": ["/", *["/find"] * 3, *["/shoes"] * 3],
    "page_title": ["Home", None, None, None, "Shoes", None, None],
    "event_number": [0, 1, 2, 3, 4, 5, 6],
    "session_hit_number": [0, 1, 2, 3, 4, 5, 6],
    "log_offset": [0, 1, 2, 3, 4, 5, 6],
    "session_page_number": [0, 1, 1, 1, 2, 2, 2],
    "previous_page_location": [*[None] * 4, *[f"{SHOP}/"] * 3],
    "next_page_location": [*[f"{SHOP}/shoes"] * 4, *[None] * 3],
    "previous_page_title": [*[None] * 4, *["Home"] * 3],
    "next_page_title": [*["Shoes"] * 4, *[None] * 3],
    "time_on_page": [40, 40, 40, 40, 20, 20, 20],
    "session_is_entry_page": [True, False, False, False, False, False, False],
    "session_is_exit_page": [False, False, False, False, True, False, False],
    "page_is_bounce": [False] * 7,
    "params_transaction_id": [*[None] * 5, "O1", None],
    "ecommerce_purchase_revenue": [*[None] * 5, 20.0, None],
    "ecommerce_currency": [*[None] * 5, "EUR", None],
    "timestamp_utc": [BEGIN + dt.timedelta(seconds=10 * n) for n in range(7)],
    "received_at": [BEGIN + dt.timedelta(seconds=10 * n) for n in range(7)],
    **{f"utm_{part}": [f"u-{part}", *[None] * 6] for part in UTM},
    **{f"click_id_{name}": [f"c-{name}", *[None] * 6] for name in CLICK_IDS},
}
"""What differs from event to event."""


@pytest.fixture
def visit(rows: Callable[..., list[Row]]) -> list[Row]:
    """Ten seconds from each to the next."""
    sent: list[dict[str, object]] = [
        {"url": f"{SHOP}/?{LANDING}", "action_name": "Home"},
        {"url": f"{SHOP}/find", "search": "shoes"},
        {"url": f"{SHOP}/find", "download": f"{SHOP}/sizes.pdf"},
        {"url": f"{SHOP}/find", "e_c": "Filter", "e_a": "Open"},
        {"url": f"{SHOP}/shoes", "action_name": "Shoes"},
        {"url": f"{SHOP}/shoes", "idgoal": 0, "ec_id": "O1", "revenue": 20},
        {"url": f"{SHOP}/shoes", "ping": 1},
    ]
    settings = {"properties": {"1": {"name": "Shop", "currency": "EUR", "time_zone": "Europe/Berlin"}}}
    return rows(*((10 * n, urlencode({**TAG, **one})) for n, one in enumerate(sent)), settings=settings)


def test_what_stands_on_every_event(visit: list[Row]) -> None:
    """Visitor, device, day, and everything that holds for the session."""
    for row in visit:
        assert {name: row[name] for name in EVERY} == EVERY


def test_what_differs_from_event_to_event(visit: list[Row]) -> None:
    """Names, pages, campaign and order."""
    assert {name: [row[name] for row in visit] for name in ONE_BY_ONE} == ONE_BY_ONE


def test_ids(visit: list[Row]) -> None:
    """One session; each event has an id of its own."""
    assert len({row["session_id"] for row in visit} - {None}) == 1
    assert len({row["id"] for row in visit}) == 7


def test_nothing_said_is_null(row: Callable[..., Row]) -> None:
    """A hit that says nothing has neither a page nor a device, but is one."""
    bare = row("")
    names = ("page_location", "page_title", "page_referrer", "device_language", "device_screen_resolution", "user_id")
    assert [bare[name] for name in names] == [None] * 6
    assert (bare["name"], bare["platform"]) == ("page_view", "web")
