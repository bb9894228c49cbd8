"""PyPI's `matomopy`: servers that track for a visitor, with a token, in forms and in bulk."""

from datetime import UTC, datetime

import pytest

from tests.clients.programs import needs_python, python
from tests.clients.shown import items, some
from tests.clients.tracked import TOKEN, Visit, visit

pytestmark = needs_python("matomopy")
KINDS = [
    "page_view", "custom_event", "goal_conversion", "site_search", "outlink", "download", "content_impression",
    "content_interaction", "ecommerce_cart_update", "ecommerce_order", "ping",
]  # fmt: skip
VISITOR, PAST, BULK = "0123456789abcdef", "a" * 16, "c" * 16


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """One of everything, something of long ago, and a bulk request."""
    return visit(tmp_path_factory.mktemp("matomopy"), lambda to: python("matomopy_pypi.py", to.url, TOKEN))


def test_every_hit_is_a_row(made: Visit) -> None:
    """Each form is answered with 204, and is a hit of its kind."""
    assert made.said["statuses"] == [204] * 12
    assert [row["name"] for row in made.all(client_id=VISITOR)] == KINDS


def test_who(made: Visit) -> None:
    """Visitor, user, and the address that the server names."""
    who = {some(row, "property_id", "user_id", "ip_address", "platform") for row in made.all(client_id=VISITOR)}
    assert who == {("9", "user-9", "198.51.100.7", "web")}


def test_device(made: Visit) -> None:
    """Screen and language are the visitor's."""
    row = made.only(client_id=VISITOR, name="page_view")
    assert some(row, "device_screen_resolution", "device_language") == ("1920x1080", "fr-FR")


def test_hits_of_a_visitor_are_one_session(made: Visit) -> None:
    """With one page view; a heartbeat is none."""
    rows = made.all(client_id=VISITOR)
    assert len({row["session_id"] for row in rows}) == 1
    assert some(rows[0], "session_total_page_views", "session_revenue") == (1, 42.5)


def test_page(made: Visit) -> None:
    """Title, address and referrer."""
    row = made.only(client_id=VISITOR, name="page_view")
    assert some(row, "page_title", "page_path", "page_referrer") == (
        "Thé vert & 100 %",
        "/tea",
        "https://search.example/",
    )


def test_campaign_of_the_page(made: Visit) -> None:
    """Matomo's own names of campaigns fill the common columns, and are cut from what is stored of the page."""
    row = made.only(client_id=VISITOR, name="page_view")
    assert some(row, "utm_campaign", "session_utm_campaign", "page_location") == (
        "spring",
        "spring",
        "https://shop.example/tea",
    )


def test_event(made: Visit) -> None:
    """Category, action, name and value."""
    row = made.only(client_id=VISITOR, name="custom_event")
    assert some(row, "params_category", "params_action", "params_event_name", "params_value") == (
        "Video",
        "Play",
        "Intro",
        7.5,
    )


def test_goal(made: Visit) -> None:
    """A goal is a key event and no purchase, whatever it was worth."""
    row = made.only(name="goal_conversion")
    assert row["params_goal_revenue"] == 12.5
    assert some(row, "params_goal_id", "is_key_event", "is_purchase", "ecommerce_purchase_revenue") == (
        "3",
        True,
        False,
        None,
    )


def test_search(made: Visit) -> None:
    """What was searched for, where, and that nothing was found."""
    row = made.only(name="site_search")
    assert some(row, "params_search_term", "params_search_category", "params_search_count") == ("cup", "Kitchen", 0)


def test_links(made: Visit) -> None:
    """Where a link led and which file was loaded; the page is the one they were on."""
    out, file = made.only(name="outlink"), made.only(name="download")
    assert some(out, "params_link_url", "page_path") == ("https://elsewhere.example/", "/tea")
    assert some(file, "params_download_url", "page_path") == ("https://shop.example/list.pdf", "/tea")


def test_content(made: Visit) -> None:
    """What was shown, and what was done with it."""
    shown, used = made.only(name="content_impression"), made.only(name="content_interaction")
    assert some(shown, "params_content_name", "params_content_piece", "params_content_target") == (
        "Banner",
        "tea.png",
        "https://shop.example/tea",
    )
    assert some(used, "params_content_name", "params_content_interaction") == ("Banner", "click")


def test_order(made: Visit) -> None:
    """The shop's id of it, and what it brought; a cart brings nothing."""
    order, cart = made.only(name="ecommerce_order"), made.only(name="ecommerce_cart_update")
    assert some(order, "params_transaction_id", "is_purchase", "ecommerce_purchase_revenue") == ("O-1", True, 42.5)
    assert some(cart, "params_transaction_id", "is_purchase", "ecommerce_purchase_revenue") == (None, False, None)


def test_parts_of_an_order(made: Visit) -> None:
    """What the goods came to, tax and delivery; a discount of 0 is one that was sent."""
    row = made.only(name="ecommerce_order")
    assert some(row, "ecommerce_subtotal_value", "ecommerce_tax_value", "ecommerce_shipping_value") == (35.0, 3.5, 4.0)
    assert some(row, "ecommerce_order_id", "ecommerce_discount_value") == ("O-1", 0.0)


def test_items(made: Visit) -> None:
    """Those of the order and of the cart before it; a short row is one piece."""
    order, cart = made.only(name="ecommerce_order"), made.only(name="ecommerce_cart_update")
    assert [(one["item_id"], one["item_name"], one["quantity"]) for one in items(order)] == [
        ("S-1", "Green tea", 2.0),
        ("S-2", "Cup", 1.0),
    ]
    assert items(cart)[0]["price"] == 10.0
    assert some(cart, "ecommerce_items_total_quantity", "ecommerce_cart_value") == (3, 20.0)


def test_custom_dimension(made: Visit) -> None:
    """It stands on every hit of the visitor, and on the session."""
    dimension = [{"slot": 2, "value": "gold"}]
    rows = made.all(client_id=VISITOR)
    assert [row["custom_dimensions"] for row in rows] == [dimension] * len(KINDS)
    assert rows[0]["session_custom_dimensions"] == dimension


def test_ten_days_ago(made: Visit) -> None:
    """With a token a hit is when its sender says, in a session of its own."""
    row = made.only(client_id=PAST)
    assert row["timestamp_utc"] == datetime.fromtimestamp(made.said["old"], UTC)
    assert some(row, "page_title", "session_total_events") == ("Ten days ago", 1)


def test_ten_days_ago_without_a_token(made: Visit) -> None:
    """The client is told that it may not, alone and in bulk, and nothing is stored."""
    assert made.said["refused"] == 400
    assert made.rejected == {"unauthorised": 2}
    assert [row["page_title"] for row in made.rows if "Forged" in (row["page_title"] or "")] == []


def test_bulk(made: Visit) -> None:
    """The client reads how many were taken; each of them is a row."""
    assert made.said["bulk"] == {"status": "success", "tracked": 3, "invalid": 1}
    assert [some(row, "name", "page_title", "params_action") for row in made.all(client_id=BULK)] == [
        ("page_view", "One", None),
        ("page_view", "Two", None),
        ("custom_event", None, "Three"),
    ]


def test_new_visit(made: Visit) -> None:
    """Where the client asks for one, a session ends and another begins."""
    one, two, three = made.all(client_id=BULK)
    assert one["session_id"] != two["session_id"] == three["session_id"]
    assert two["session_split_cause"] == "new_visit"
