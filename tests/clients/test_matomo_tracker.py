"""npm's `matomo-tracker`, the official client for Node: one GET for each hit, and bulk requests."""

from datetime import UTC, datetime

import pytest

from tests.clients.programs import needs_npm, node
from tests.clients.shown import items, some
from tests.clients.tracked import TOKEN, Visit, visit

pytestmark = needs_npm("matomo-tracker")
VISITOR = "0123456789abcdef"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """Single requests and a bulk request."""
    return visit(tmp_path_factory.mktemp("matomo"), lambda to: node("matomo_tracker.cjs", to.url, TOKEN))


def test_every_hit_is_a_row(made: Visit) -> None:
    """With its kind as its name, whichever of both paths it came by."""
    assert made.names() == [
        "page_view", "ecommerce_order", "page_view", "page_view", "custom_event", "site_search", "outlink", "download",
    ]  # fmt: skip


def test_answers(made: Visit) -> None:
    """200 with an image to what was taken; the client calls its error listeners for what was not."""
    assert made.said["statuses"] == [200, 200, 200, 200, 400]
    assert made.said["errors"] == [400]


def test_refusals(made: Visit) -> None:
    """An address without a token, and an id that is too short."""
    assert made.rejected == {"unauthorised": 1, "bad_client": 1}


def test_answer_to_a_bulk_request(made: Visit) -> None:
    """It counts what was taken and what was not."""
    assert made.said["bulk"] == {"status": "success", "tracked": 4, "invalid": 1}


def test_who(made: Visit) -> None:
    """Site, visitor and user."""
    rows = made.all(client_id=VISITOR)
    assert {some(row, "property_id", "user_id", "platform", "tracking_protocol") for row in rows} == {
        ("7", "user-7", "web", "matomo")
    }
    assert len(rows) == 6


def test_hits_of_a_visitor_are_one_session(made: Visit) -> None:
    """Single requests and those of a bulk request."""
    rows = made.all(client_id=VISITOR)
    assert len({row["session_id"] for row in rows}) == 1
    assert some(rows[0], "session_total_events", "session_total_page_views", "session_revenue") == (6, 1, 42.5)


def test_page(made: Visit) -> None:
    """Title, referrer, language and screen as they were given."""
    row = made.only(client_id=VISITOR, name="page_view")
    assert some(row, "page_title", "page_path", "page_referrer", "device_screen_resolution", "device_language") == (
        "Tea / Grün & fresh + 100%",
        "/tea",
        "https://search.example/?q=tea",
        "1280x1024",
        "de-DE",
    )


def test_campaign_of_the_page(made: Visit) -> None:
    """Read from the page's URL, and cut from what is stored of it."""
    row = made.only(client_id=VISITOR, name="page_view")
    assert some(row, "utm_source", "utm_campaign", "page_location") == (
        "news",
        "spring",
        "https://shop.example/tea#top",
    )


def test_order(made: Visit) -> None:
    """The shop's id of it, and what it brought."""
    row = made.only(name="ecommerce_order")
    assert some(row, "params_transaction_id", "ecommerce_purchase_revenue", "is_purchase", "is_key_event") == (
        "A-1",
        42.5,
        True,
        True,
    )


def test_parts_of_an_order(made: Visit) -> None:
    """What the goods came to, tax, delivery and discount."""
    row = made.only(name="ecommerce_order")
    assert some(row, "ecommerce_subtotal_value", "ecommerce_tax_value", "ecommerce_shipping_value") == (35.0, 3.5, 4.0)
    assert some(row, "ecommerce_order_id", "ecommerce_discount_value") == ("A-1", 1.0)


def test_items(made: Visit) -> None:
    """What was bought, in order; a category may be several, and a price text."""
    row = made.only(name="ecommerce_order")
    tea = {"item_id": "S-1", "item_name": "Green tea", "item_category": "Drinks", "item_category2": "Hot"}
    cup = {"item_id": "S-2", "item_name": "Cup", "item_category": "Kitchen"}
    assert items(row) == [
        {**tea, "price": 10.0, "quantity": 2.0, "item_revenue": 20.0},
        {**cup, "price": 15.0, "quantity": 1.0, "item_revenue": 15.0},
    ]
    assert some(row, "ecommerce_items_total_quantity", "ecommerce_unique_items") == (3, 2)


def test_custom_data(made: Visit) -> None:
    """Dimensions by slot, for the event and its session, and variables of the page by name."""
    row = made.only(client_id=VISITOR, name="page_view")
    assert row["custom_dimensions"] == row["session_custom_dimensions"] == [{"slot": 3, "value": "red"}]
    assert row["custom_variables"] == [{"name": "tier", "value": "gold"}, {"name": "size", "value": "L"}]


def test_url_alone(made: Visit) -> None:
    """A hit that names nothing but its page, sent to the older path, is a visitor without a cookie."""
    row = made.only(page_path="/old")
    assert some(row, "name", "is_cookieless", "property_id") == ("page_view", True, "7")


def test_token(made: Visit) -> None:
    """Whoever has one may say where and when a hit was, years ago."""
    row = made.only(page_path="/from-elsewhere")
    assert row["ip_address"] == "198.51.100.7"
    assert row["timestamp_utc"] == datetime.fromtimestamp(1_600_000_000, UTC)


def test_event(made: Visit) -> None:
    """Category, action, name and value."""
    row = made.only(name="custom_event")
    assert some(row, "params_category", "params_action", "params_event_name", "params_value") == (
        "Video",
        "Play",
        "Intro",
        7.5,
    )


def test_search(made: Visit) -> None:
    """What was searched for, where, and that nothing was found."""
    row = made.only(name="site_search")
    assert some(row, "params_search_term", "params_search_category", "params_search_count") == ("cup", "Kitchen", 0)


def test_links(made: Visit) -> None:
    """Where a link led and which file was loaded; the page is the one they were on."""
    out, file = made.only(name="outlink"), made.only(name="download")
    assert some(out, "params_link_url", "page_path") == ("https://elsewhere.example/", "/out")
    assert some(file, "params_download_url", "page_path") == ("https://shop.example/list.pdf", "/file")
