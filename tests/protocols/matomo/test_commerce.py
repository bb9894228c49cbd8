"""Orders, carts and what goals are worth."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from tracker.clock import SECOND
from tracker.config import Properties
from tracker.model import Closed, Hit
from tracker.protocols.matomo import MatomoProtocol
from tracker.protocols.matomo.auth import MatomoSettings
from tracker.testing import compute_rows, make_request
from tracker.testing.hits import NOW

Read = Callable[..., Any]
EURO = {"properties": {"1": {"currency": "EUR"}}}
AMOUNTS = (
    "ecommerce_purchase_revenue", "ecommerce_subtotal_value", "ecommerce_tax_value", "ecommerce_shipping_value",
    "ecommerce_discount_value", "ecommerce_cart_value", "params_goal_revenue",
)  # fmt: skip


def amounts(row: dict[str, Any]) -> list[Any]:
    """What the row says of money."""
    return [row[name] for name in AMOUNTS]


def test_an_order(row: Read) -> None:
    """Idgoal 0 with an id: a purchase with its id, its total and the parts of it, in the property's currency."""
    found = row("idgoal=0&ec_id=A-1&revenue=25.5&ec_st=19.98&ec_tx=3&ec_sh=2.52&ec_dt=1e-1", EURO)
    assert (found["name"], found["is_purchase"], found["session_revenue"]) == ("ecommerce_order", True, 25.5)
    assert (found["ecommerce_order_id"], found["params_transaction_id"]) == ("A-1", "A-1")
    assert amounts(found) == [25.5, 19.98, 3.0, 2.52, 0.1, None, None]
    assert found["ecommerce_currency"] == "EUR"


def test_a_cart(row: Read) -> None:
    """Idgoal 0 without an id: what the cart comes to is neither revenue nor a goal."""
    found = row("idgoal=0&ec_id=&revenue=9.5", EURO)
    assert (found["name"], found["is_purchase"], found["is_key_event"]) == ("ecommerce_cart_update", False, False)
    assert (found["ecommerce_order_id"], found["params_transaction_id"]) == (None, None)
    assert amounts(found) == [None, None, None, None, None, 9.5, None]
    assert (found["ecommerce_currency"], found["session_revenue"]) == ("EUR", None)
    assert (found["session_total_purchases"], found["session_total_goal_conversions"]) == (0, 0)


def test_a_goal(row: Read) -> None:
    """What a goal is worth stands by itself: no revenue of an order."""
    found = row("idgoal=3&revenue=7", EURO)
    assert (found["name"], found["is_purchase"]) == ("goal_conversion", False)
    assert amounts(found) == [None, None, None, None, None, None, 7.0]
    assert (found["ecommerce_currency"], found["session_revenue"]) == ("EUR", None)


@pytest.mark.parametrize("sent", ["action_name=Home", "idgoal=&revenue=5"])
def test_a_page_view_has_no_money(row: Read, sent: str) -> None:
    """No amount and no order; a total that is sent with it is nobody's."""
    found = row(sent, EURO)
    assert (found["name"], found["is_purchase"], found["ecommerce_order_id"]) == ("page_view", False, None)
    assert amounts(found) == [None] * 7


@pytest.mark.parametrize("sent", ["false", "", "12,50", "NaN", "1e999", "undefined"])
def test_unreadable_amounts(row: Read, sent: str) -> None:
    """The tag sends `ec_dt=false` where there is no discount: null, and the order stays an order."""
    found = row(f"idgoal=0&ec_id=A&revenue={sent}&ec_st={sent}&ec_tx={sent}&ec_sh={sent}&ec_dt={sent}", EURO)
    assert (found["is_purchase"], found["ecommerce_order_id"]) == (True, "A")
    assert amounts(found) == [None] * 7
    assert found["ecommerce_currency"] is None


def test_delivery_belongs_to_orders(rows: Read) -> None:
    """Null on a cart, whatever is sent."""
    cart, order = rows("idgoal=0&ec_sh=4", "idgoal=0&ec_id=A&ec_sh=4")
    assert [cart["ecommerce_shipping_value"], order["ecommerce_shipping_value"]] == [None, 4.0]


@pytest.mark.parametrize("sent", ["ec_st=1", "ec_tx=1", "ec_sh=1", "ec_dt=1", "ec_items=[[%22A%22]]"])
def test_every_amount_has_a_currency(row: Read, sent: str) -> None:
    """A part of a total and items are amounts too; where the property names no currency there is none."""
    order = f"idgoal=0&ec_id=A&{sent}"
    assert [row(order, known)["ecommerce_currency"] for known in (EURO, {})] == ["EUR", None]


def test_a_price_has_a_currency(rows: Read) -> None:
    """On the view of a product; not where the tag repeats it with what happens on the page."""
    found = rows("_pks=A&_pkp=9.99", "_pks=A&_pkp=9.99&e_c=a&e_a=b", "_pks=A", settings=EURO)
    assert [row["ecommerce_currency"] for row in found] == ["EUR", None, None]


@pytest.mark.parametrize(
    ("protosessions", "kept"),
    [([[0, 1, 2]], ["A", "B"]), ([[0], [1, 2]], ["A", "A", "B"])],
)
def test_an_order_sent_again(protosessions: Sequence[Sequence[int]], kept: Sequence[str]) -> None:
    """In the same visit it is the same event, whatever else it says; in a later visit it is another one."""
    orders = ("ec_id=A&revenue=10", "ec_id=A&revenue=11", "ec_id=B&revenue=5")
    target = "/matomo.php?idsite=1&rec=1&_id=0123456789abcdef&idgoal=0&"
    requests = [make_request(target + sent, received_at=NOW + n * SECOND) for n, sent in enumerate(orders)]
    properties = Properties({}, MatomoSettings())
    hits = [hit for one in requests for hit in MatomoProtocol().hits(one, properties) if isinstance(hit, Hit)]
    rows = compute_rows(hits, protosessions=[Closed(np.array(offsets), "timeout") for offsets in protosessions])
    assert [row["ecommerce_order_id"] for row in rows] == kept
    assert rows[0]["ecommerce_purchase_revenue"] == 10.0


def test_captured(captured: list[dict[str, Any]]) -> None:
    """An order of a real tag, which has no discount."""
    (order,) = [row for row in captured if row["ecommerce_order_id"] == "O-1"]
    assert amounts(order) == [25.5, 19.98, 2.0, 3.52, None, None, None]
