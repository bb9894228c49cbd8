"""npm's `@analytics-debugger/ga4mp`: a server that speaks as the browser tag does, one GET for each event."""

import pytest

from tests.clients.programs import needs_npm, node
from tests.clients.shown import items, parameters, some
from tests.clients.tracked import Visit, visit

pytestmark = needs_npm("@analytics-debugger/ga4mp")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """Four events for one property, and one for two properties."""
    return visit(tmp_path_factory.mktemp("ga4mp"), lambda to: node("ga4mp_npm.cjs", f"{to.url}/g/collect"))


def test_every_event_is_a_row(made: Visit) -> None:
    """Each request is answered with 204, and its event is there once."""
    assert made.said["statuses"] == [204] * 6
    assert made.names() == ["page_view", "note", "view_item", "purchase", "sign_up", "sign_up"]
    assert made.rejected == {}


def test_who(made: Visit) -> None:
    """Property, client, user and the client's own session stand on every row."""
    who = {
        some(row, "property_id", "client_id", "user_id", "client_session_id", "client_session_number")
        for row in made.all(property_id="G-NPM")
    }
    assert who == {("G-NPM", "1234567890.1700000000", "user-7", "1760000000", 3)}


def test_events_are_one_session(made: Visit) -> None:
    """In the order in which they were sent."""
    rows = made.all(property_id="G-NPM")
    assert len({row["session_id"] for row in rows}) == 1
    assert [row["session_hit_number"] for row in rows] == [0, 1, 2, 3]
    assert rows[0]["session_total_events"] == 4


def test_page(made: Visit) -> None:
    """A plus sign is a space, and a plus sign that was written out is one."""
    page = made.only(name="page_view")
    assert some(page, "page_title", "page_path", "page_referrer", "device_language", "device_screen_resolution") == (
        "Tea & cake + 100%",
        "/green tea",
        "https://search.example/?q=tea",
        "de-de",
        "800x600",
    )


def test_campaign_of_the_page(made: Visit) -> None:
    """It is read from the page's URL, for the event and for the session."""
    row = made.only(name="page_view")
    assert some(row, "utm_source", "utm_medium", "utm_campaign") == ("news", "email", "spring")
    assert some(row, "session_utm_source", "session_utm_medium", "session_utm_campaign") == ("news", "email", "spring")


def test_parameters(made: Visit) -> None:
    """Numbers are numbers; all else is text as JavaScript writes it, and what is empty stays."""
    assert parameters(made.only(name="note")) == {
        "theme": "dark",
        "text": "café ☕",
        "count": 3.0,
        "ratio": -0.5,
        "yes": "true",
        "many": "1,two",
        "empty": "",
    }


def test_user_properties(made: Visit) -> None:
    """They stand on the events they were sent with, and on the whole session."""
    assert parameters(made.only(name="page_view"), "user_properties") == {}
    assert parameters(made.only(name="note"), "user_properties") == {"plan": "gold", "visits": "8"}
    assert parameters(made.only(name="page_view"), "session_user_properties") == {"plan": "gold", "visits": "8"}


def test_purchase(made: Visit) -> None:
    """Amounts, currency and the shop's order."""
    row = made.only(name="purchase")
    assert some(row, "ecommerce_purchase_revenue", "ecommerce_currency", "params_transaction_id", "is_purchase") == (
        42.5,
        "EUR",
        "T-1",
        True,
    )
    assert some(row, "ecommerce_tax_value", "ecommerce_shipping_value", "session_revenue") == (3.5, 4.0, 42.5)


def test_items(made: Visit) -> None:
    """What was bought, in order; without a quantity it is one piece."""
    tea, cup = items(made.only(name="purchase"))
    assert tea == {
        "item_id": "S-1",
        "item_name": "Green tea",
        "item_brand": "Leaf",
        "item_category": "Drinks",
        "item_category2": "Hot",
        "item_variant": "100 g",
        "price": 10.0,
        "quantity": 2.0,
        "discount": 1.5,
        "coupon": "FIVE",
        "item_revenue": 20.0,
        "size": "L",
    }
    assert cup == {"item_id": "S-2", "item_name": "Cup", "price": 22.5, "quantity": 1.0, "item_revenue": 22.5}


def test_tilde_in_a_name(made: Visit) -> None:
    """The client does not double it: the name is cut there, and the item's other fields stay whole."""
    (item,) = items(made.only(name="view_item"))
    assert (item["item_name"], item["price"], item["size"], item["weight"]) == ("Tea", 3.0, "L", "250")


def test_two_properties(made: Visit) -> None:
    """One event for two properties is a row and a session in each."""
    rows = made.all(name="sign_up")
    assert [some(row, "property_id", "params_method") for row in rows] == [("G-TWIN-1", "mail"), ("G-TWIN-2", "mail")]
    assert rows[0]["session_id"] != rows[1]["session_id"]
