"""The items of an event, and what they come to."""

from typing import Any

import pytest

from tracker.protocols.ga4.items import split
from tracker.testing import compute_rows, make_hit

KEYS = "idA~nmN~afAF~cpCP~ds1.5~lp2~brBR~caC1~c2C2~c3C3~c4C4~c5C5~liLI~lnLN~vaVA~loLO~pr10~qt3~piPI~pnPN~cnCN~csCS"
FULL = {
    "item_id": "A", "item_name": "N", "affiliation": "AF", "coupon": "CP", "discount": 1.5, "index": 2.0,
    "item_brand": "BR", "item_category": "C1", "item_category2": "C2", "item_category3": "C3", "item_category4": "C4",
    "item_category5": "C5", "item_list_id": "LI", "item_list_name": "LN", "item_variant": "VA", "location_id": "LO",
    "price": 10.0, "price_in_usd": None, "quantity": 3.0, "item_refund": None, "item_refund_in_usd": None,
    "item_revenue": 30.0, "item_revenue_in_usd": None, "promotion_id": "PI", "promotion_name": "PN",
    "creative_name": "CN", "creative_slot": "CS", "custom": [],
}  # fmt: skip
TOTALS = (
    "ecommerce_items_total_quantity", "ecommerce_unique_items", "ecommerce_refund_value", "ecommerce_shipping_value",
    "ecommerce_tax_value",
)  # fmt: skip


def rows(*queries: str) -> list[dict[str, Any]]:
    """The rows of one batch."""
    return compute_rows([make_hit(f"v=2&tid=G-1&cid=1.1&{query}") for query in queries])


def values(row: dict[str, Any], field: str) -> list[Any]:
    """One field of each item."""
    return [item[field] for item in row["ecommerce_items"]]


def test_every_field() -> None:
    """Each two letters of the wire are one field."""
    (row,) = rows(f"en=purchase&pr1={KEYS}")
    assert row["ecommerce_items"] == [FULL]


def test_order_is_that_of_the_numbers() -> None:
    """Ten comes after two, wherever it stands; what only begins like an item is none."""
    others = "&pr=idX&promo=idX&pr0=idX&pr01=idX&pr201=idX&pn=idX"
    none, some = rows(f"en=view_item{others}", f"en=view_cart&pr10=idT&pr2=idB&pr1=idA&pr200=idZ{others}")
    assert none["ecommerce_items"] == []
    assert values(some, "item_id") == ["A", "B", "T", "Z"]


@pytest.mark.parametrize(
    ("sent", "parts"),
    [
        ("idS~~1~nmA ~~ B", ["idS~1", "nmA ~ B"]),
        ("ida~~~nmb", ["ida~", "nmb"]),
        ("~x~~", ["x~"]),
        ("", []),
    ],
)
def test_split(sent: str, parts: list[str]) -> None:
    """A doubled tilde is text, a single one ends a part."""
    assert split(sent) == parts


def test_custom_fields_are_paired_by_their_letter() -> None:
    """Not by their place; unknown keys stand for themselves, and parts without a value are nothing."""
    (row,) = rows("en=view_item&pr1=idA~v1left~k0size~k1side~v042~x~zzraw~br")
    assert row["ecommerce_items"][0]["custom"] == [
        {"name": "size", "value": "42"}, {"name": "side", "value": "left"}, {"name": "zz", "value": "raw"},
    ]  # fmt: skip
    assert values(row, "item_brand") == [None]


def test_missing_and_unreadable_numbers() -> None:
    """No quantity is one; a price written with a comma, and anything else that is no number, is null."""
    (row,) = rows("en=purchase&pr1=idA~pr5&pr2=idB~pr1%2C99~qt2&pr3=idC~qtmany~pr1&pr4=idD&pr5=nmE~pr1e999&pr6=brF")
    assert values(row, "price") == [5.0, None, 1.0, None, None]
    assert values(row, "quantity") == [1.0, 2.0, None, 1.0, 1.0]
    assert values(row, "item_revenue") == [5.0, None, None, None, None]


def test_fields_of_the_event_serve_items_without_their_own() -> None:
    """List, promotion and creative."""
    shared = "&".join(
        f"ep.{key}=E"
        for key in (
            "item_list_id",
            "item_list_name",
            "promotion_id",
            "promotion_name",
            "creative_name",
            "creative_slot",
        )
    )
    (row,) = rows(f"en=select_item&{shared}&pr1=idA&pr2=idB~liL~piP")
    assert values(row, "item_list_id") == ["E", "L"]
    assert values(row, "promotion_id") == ["E", "P"]
    fields = ("item_list_name", "promotion_name", "creative_name", "creative_slot")
    assert [row["ecommerce_items"][0][field] for field in fields] == ["E"] * 4


def test_revenue_and_refund_belong_to_their_events() -> None:
    """Null everywhere else, and on what a consent change sends again."""
    names = ("purchase", "refund", "add_to_cart", "purchase&gcu=1", "refund&gcu=1")
    found = rows(*(f"en={name}&pr1=idA~pr2.5~qt2" for name in names))
    assert [values(row, "item_revenue") for row in found] == [[5.0], [None], [None], [None], [None]]
    assert [values(row, "item_refund") for row in found] == [[None], [5.0], [None], [None], [None]]
    assert [row["ecommerce_refund_value"] for row in found] == [None, 5.0, None, None, None]


def test_totals() -> None:
    """Pieces are whole; items are told apart by id, else by name; counts are 0 and amounts null where nothing is."""
    money = "epn.value=9&epn.shipping=4&epn.tax=2"
    found = rows(
        f"en=purchase&{money}&pr1=idA~qt2.9&pr2=idA~qt1&pr3=nmB~qtx",
        f"en=refund&{money}",
        f"en=begin_checkout&{money}",
        "en=page_view",
        f"en=purchase&gcu=1&{money}",
    )
    assert [tuple(row[name] for name in TOTALS) for row in found] == [
        (3, 2, None, 4.0, 2.0),
        (0, 0, 9.0, 4.0, 2.0),
        (0, 0, None, None, 2.0),
        (0, 0, None, None, None),
        (0, 0, None, None, None),
    ]


def test_captured(captured: list[dict[str, Any]]) -> None:
    """An item of a real tag with tildes in its name and fields of the page's own."""
    (row,) = [row for row in captured if row["name"] == "view_item"]
    (item,) = row["ecommerce_items"]
    assert (item["item_id"], item["item_name"], item["price"]) == ("SKU~1", "Tilde ~ Name", 10.0)
    assert item["custom"] == [{"name": "colour", "value": "red"}, {"name": "size", "value": "42"}]
    assert row["ecommerce_items_total_quantity"] == 2
