"""What GA4's orders and refunds come to, and in which currency."""

from typing import Any

import pytest

from tracker.testing import compute_rows, make_hit

ITEMS = "pr1=idA~pr2.5~qt2&pr2=idB~pr1&pr3=idC~pr1%2C99"
EUROS = {"properties": {"G-1": {"currency": "EUR"}}}


def row(query: str, settings: Any = None) -> dict[str, Any]:
    """The row of one hit."""
    (found,) = compute_rows([make_hit(f"v=2&tid=G-1&cid=1.1&{query}")], settings)
    return found


@pytest.mark.parametrize(
    ("sent", "revenue"),
    [
        (f"epn.value=9&{ITEMS}", 9.0),
        (f"ep.value=0&{ITEMS}", 0.0),
        (ITEMS, 6.0),
        (f"epn.value=free&{ITEMS}", 6.0),
        ("pr1=idA", None),
        ("", None),
    ],
)
@pytest.mark.parametrize(
    ("name", "column"), [("purchase", "ecommerce_purchase_revenue"), ("refund", "ecommerce_refund_value")]
)
def test_the_value_or_what_the_items_come_to(name: str, column: str, sent: str, revenue: float | None) -> None:
    """Items without a readable price count nothing; null where nothing is known."""
    assert row(f"en={name}&{sent}")[column] == revenue


def test_only_orders_and_refunds_bring_or_cost() -> None:
    """A cart does not, and neither does what a consent change sends again."""
    found = [row(f"en={name}&{ITEMS}") for name in ("add_to_cart", "purchase&gcu=1", "refund&gcu=1")]
    columns = ("ecommerce_purchase_revenue", "ecommerce_refund_value")
    assert [tuple(one[name] for name in columns) for one in found] == [(None, None)] * 3


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("cu=CHF&ep.currency=USD", "CHF"),
        ("ep.currency=USD", "USD"),
        ("cu=%20chf%20", "CHF"),
        ("cu=Euro", "EURO"),
        ("cu=%20&epn.value=1", "EUR"),
        ("epn.value=1", "EUR"),
        ("epn.tax=0", "EUR"),
        ("epn.shipping=1", "EUR"),
        ("pr1=idA~pr1", "EUR"),
        ("pr1=idA", None),
        ("", None),
    ],
)
def test_currency(sent: str, code: str | None) -> None:
    """As sent, in capitals; the property's for amounts that carry none."""
    assert row(f"en=view_item&{sent}", EUROS)["ecommerce_currency"] == code


def test_no_currency_at_all() -> None:
    """Neither sent nor set."""
    assert row("en=purchase&epn.value=1")["ecommerce_currency"] is None


def test_tildes_that_were_not_doubled() -> None:
    """A client's mistake costs the rest of that text, and no other field."""
    (item,) = row("en=view_item&pr1=nmTilde ~ Name~pr5~q")["ecommerce_items"]
    assert [item["item_name"], item["price"], item["custom"]] == ["Tilde ", 5.0, [{"name": " N", "value": "ame"}]]
