"""PyPI's `ga4mp`: servers and apps that speak the Measurement Protocol."""

from datetime import timedelta

import pytest

from tests.clients.programs import needs_python, python
from tests.clients.shown import items, parameters, some
from tests.clients.tracked import API_SECRET, APP, Visit, visit

pytestmark = needs_python("ga4mp")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """Events of a website's server and of an app."""
    return visit(tmp_path_factory.mktemp("ga4mp"), lambda to: python("ga4mp_pypi.py", to.url, API_SECRET, APP))


def test_every_event_is_a_row(made: Visit) -> None:
    """More than 25 events are several requests; all of them are there, in order."""
    numbered = [f"step_{number}" for number in range(27)]
    assert made.names() == [
        "page_view", "purchase", *numbered, "yesterday", "long_ago", "first", "second", "level_up",
    ]  # fmt: skip


def test_answers(made: Visit) -> None:
    """204 to whatever was sent, a wrong secret included."""
    assert set(made.said["statuses"]) == {204}


def test_wrong_secret(made: Visit) -> None:
    """What comes with it is refused."""
    assert made.rejected == {"api_secret": 1}
    assert made.all(name="intruder") == []


def test_validation(made: Visit) -> None:
    """What is only to be checked is told what is wrong with it, and not stored."""
    ((status, content),) = made.said["checked"]
    (message,) = content["validationMessages"]
    assert (status, message["validationCode"], message["fieldPath"]) == (200, "NAME_RESERVED", "events[1].name")
    assert made.all(name="checked") == []


def test_who(made: Visit) -> None:
    """Client, user, and the session that the client made up."""
    row = made.only(name="page_view")
    who = some(row, "property_id", "client_id", "user_id", "platform", "client_session_id")
    assert who == ("G-SERVER", "1234567890.1700000000", "user-7", "web", made.said["session"])


def test_page(made: Visit) -> None:
    """Its URL, title and referrer fill the same columns as the browser tag's."""
    row = made.only(name="page_view")
    assert some(row, "page_location", "page_title", "page_referrer", "utm_source", "is_page_view") == (
        "https://shop.example/tea",
        "Tee für alle",
        "https://search.example/",
        "news",
        True,
    )


def test_parameters(made: Visit) -> None:
    """Numbers stay numbers; engagement has a column of its own."""
    row = made.only(name="page_view")
    assert parameters(row) == {"text": "ü & +", "count": 3.0, "flag": "true"}
    assert some(row, "params_engagement_time_ms", "session_engagement_time_ms") == (1200, 1500)


def test_user_properties(made: Visit) -> None:
    """They stand on every event of the request, the user id apart."""
    for name in ("page_view", "purchase"):
        assert parameters(made.only(name=name), "user_properties") == {"plan": "gold", "visits": 8.0}


def test_purchase(made: Visit) -> None:
    """Amounts, currency, coupon and the shop's order; delivery for nothing is 0."""
    row = made.only(name="purchase")
    assert some(row, "ecommerce_purchase_revenue", "ecommerce_currency", "params_transaction_id", "params_coupon") == (
        31.5,
        "USD",
        "P-1",
        "TEN",
    )
    assert some(row, "ecommerce_tax_value", "ecommerce_shipping_value") == (1.5, 0.0)


def test_dollars(made: Visit) -> None:
    """What was paid in US dollars needs no rate."""
    row = made.only(name="purchase")
    assert some(row, "ecommerce_purchase_revenue_in_usd", "ecommerce_tax_value_in_usd") == (31.5, 1.5)


def test_items(made: Visit) -> None:
    """In order, with names as they are and the shop's own fields."""
    row = made.only(name="purchase")
    shared = {"item_category": "Kitchen", "color": "green"}
    assert items(row) == [
        {"item_id": "S-1", "item_name": "Tea ~ leaves", "price": 10.5, "quantity": 2.0, "item_revenue": 21.0, **shared},
        {"item_id": "S-2", "item_name": "Cup", "price": 9.0, "quantity": 1.0, "item_revenue": 9.0, **shared},
    ]
    assert some(row, "ecommerce_items_total_quantity", "ecommerce_unique_items") == (3, 2)


def test_two_requests_are_one_session(made: Visit) -> None:
    """27 events of one client, numbered on."""
    steps = made.all(client_id="27.1700000000")
    assert len({row["session_id"] for row in steps}) == 1
    assert [row["session_hit_number"] for row in steps] == list(range(27))


def test_time_in_the_past(made: Visit) -> None:
    """An event is when its sender says it was, in a session of that time."""
    row = made.only(name="yesterday")
    assert row["timestamp_utc"].timestamp() == made.said["yesterday"]
    assert row["session_first_event_time"] == row["timestamp_utc"]
    assert row["timestamp_refused_reason"] is None


def test_time_too_long_ago(made: Visit) -> None:
    """It is moved to the limit, and the row says so."""
    row = made.only(name="long_ago")
    assert row["received_at"] - row["timestamp_utc"] == timedelta(hours=72)
    assert some(row, "timestamp_refused_reason", "session_total_events") == ("too_old", 1)


def test_postponed_events(made: Visit) -> None:
    """Sent one by one as an object in place of a list, each with the time at which it happened."""
    rows = made.all(client_id="30.1700000000")
    before, after = made.said["postponed"]
    assert [(row["name"], parameters(row)) for row in rows] == [("first", {"note": "a"}), ("second", {})]
    assert all(
        before <= row["timestamp_utc"].timestamp() + 1e-6 and row["timestamp_utc"].timestamp() <= after for row in rows
    )


def test_app(made: Visit) -> None:
    """An app is a property under its own id, and its instance the client."""
    row = made.only(name="level_up")
    assert some(row, "property_id", "client_id", "platform", "client_session_id", "measurement_id") == (
        APP,
        "0123456789abcdef0123456789abcdef",
        "app",
        "1760000000",
        None,
    )
    assert some(row, "params_level", "params_character") == (5, "Ada")
