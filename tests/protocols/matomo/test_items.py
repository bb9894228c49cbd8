"""The items of an order or a cart."""

import json
import math
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.columns import list_of
from tracker.protocols.matomo.items import MAX_ITEMS, SentItem, items_of, matomo_items

ORDER, CART = "idgoal=0&ec_id=A&revenue=1", "idgoal=0&revenue=1"
FIELDS = ("item_id", "item_name", "price", "quantity", "item_revenue")
CATEGORIES = ("item_category", "item_category2", "item_category3", "item_category4", "item_category5")


Read = Callable[..., Any]


@pytest.fixture
def order(row: Read) -> Read:
    """The row of an order, or of another action, with items: as they are where they are text, otherwise as JSON."""

    def row_of(sent: object, action: str = ORDER) -> Any:
        return row(f"{action}&ec_items={quote(sent if isinstance(sent, str) else json.dumps(sent))}")

    return row_of


@pytest.fixture
def items(order: Read) -> Read:
    """The chief fields of each item."""

    def items_of(sent: object, action: str = ORDER) -> list[tuple[Any, ...]]:
        return [tuple(item[name] for name in FIELDS) for item in order(sent, action)["ecommerce_items"]]

    return items_of


def test_an_item_in_full(items: Read, order: Read) -> None:
    """SKU, name, categories, price and quantity fill the one struct of items; what Matomo lacks is null."""
    (item,) = order([["SKU", 'Nice "q"', ["c1", "c2", "c3", "c4", "c5"], 9.5, 2]])["ecommerce_items"]
    known = {name: value for name, value in item.items() if value is not None}
    assert known == {
        "item_id": "SKU", "item_name": 'Nice "q"', "item_category": "c1", "item_category2": "c2",
        "item_category3": "c3", "item_category4": "c4", "item_category5": "c5", "price": 9.5, "quantity": 2.0,
        "item_revenue": 19.0, "custom": [],
    }  # fmt: skip
    assert len(item) == 28


def test_order_is_that_of_the_shop(items: Read) -> None:
    """And not that of names."""
    assert [item[0] for item in items([["b"], ["a"], ["c"], ["a"]])] == ["b", "a", "c", "a"]


def test_short_rows(items: Read) -> None:
    """What is missing at the end, null or empty is null; the quantity is one."""
    expected = [("a", None, None, 1.0, None), ("b", "n", None, 1.0, None), ("c", "n", 5.0, 1.0, 5.0)]
    assert items([["a"], ["b", "n"], ["c", "n", "", 5]]) == expected
    assert items([["d", "", None, "", ""]]) == [("d", None, None, 1.0, None)]
    assert items([["e", "n", "c", 5, 2, "more", "and more"]]) == [("e", "n", 5.0, 2.0, 10.0)]


def test_without_a_sku_there_is_no_item(items: Read) -> None:
    """Nor in what is no row; the others stay."""
    assert items([["", "n"], [], [None, "n"], [["x"]], [{}], "a", 7, None, {"sku": "a"}, ["kept"]]) == [
        ("kept", None, None, 1.0, None)
    ]


def test_numbers_are_texts_where_text_is_meant(items: Read, order: Read) -> None:
    """SKUs above all."""
    (item,) = order([[1234, 5.5, 6, 1, 1]])["ecommerce_items"]
    assert (item["item_id"], item["item_name"], item["item_category"]) == ("1234", "5.5", "6")
    assert items([[True, False, [], 1, 1]])[0][:2] == ("true", "false")


@pytest.mark.parametrize(
    ("sent", "price"),
    [
        (500.5, 500.5), ("500.5", 500.5), ("0", 0.0), (0, 0.0), (-3, -3.0), ("1e2", 100.0), (10**30, 1e30),
        ("5,5", None), ("", None), (None, None), (True, None), ([5], None), ("five", None), ("9" * 400, None),
    ],
)  # fmt: skip
def test_prices(items: Read, sent: object, price: float | None) -> None:
    """A number, or a text that is one; null otherwise, and so is the revenue."""
    ((*_, found, _, revenue),) = items([["a", "n", "c", sent, 2]])
    assert (found, revenue) == (price, None if price is None else price * 2)


@pytest.mark.parametrize(
    ("sent", "quantity"),
    [(2, 2.0), ("2", 2.0), (0, 0.0), (1.5, 1.5), ("", 1.0), (None, 1.0), ("many", 1.0), (False, 1.0), ([3], 1.0)],
)
def test_quantities(items: Read, sent: object, quantity: float) -> None:
    """A number, or a text that is one; otherwise one piece."""
    assert items([["a", "n", "c", 5, sent]])[0][3:] == (quantity, 5 * quantity)


@pytest.mark.parametrize(
    ("sent", "categories"),
    [
        ("c", ["c", None, None, None, None]),
        (["a", "", "b"], ["a", "b", None, None, None]),
        (["1", "2", "", "3", "4", "5", "6"], ["1", "2", "3", "4", "5"]),
        (["a", ["b"], None, 3], ["a", "3", None, None, None]),
        (["a", 0, "0", "b"], ["a", "b", None, None, None]),
        ({"1": "a"}, [None] * 5),
        ([], [None] * 5),
        (None, [None] * 5),
    ],
)
def test_categories(order: Read, sent: object, categories: list[str | None]) -> None:
    """A text, or the first five of an array that are not empty."""
    (item,) = order([["a", "n", sent]])["ecommerce_items"]
    assert [item[name] for name in CATEGORIES] == categories


@pytest.mark.parametrize(
    "sent", ["[[", "", "false", "undefined", "7", '"[]"', "{}", '{"0":["a"]}', "[" * 5_000, "[['a']]", "[]", "null"]
)
def test_what_is_no_array(order: Read, sent: str) -> None:
    """The order stays, without items."""
    found = order(sent)
    assert (found["name"], found["ecommerce_items"], found["ecommerce_purchase_revenue"]) == (
        "ecommerce_order",
        [],
        1.0,
    )
    assert (found["ecommerce_items_total_quantity"], found["ecommerce_unique_items"]) == (0, 0)


def test_odd_characters_survive(items: Read) -> None:
    """Half of a surrogate pair and a line break inside a text cost neither the item nor the batch."""
    assert items('[["\\ud83d","a\nb"],["\\ud83d\\ude00","é"]]') == [
        ("?", "a\nb", None, 1.0, None), ("😀", "é", None, 1.0, None)
    ]  # fmt: skip
    assert items("[[%FF]]".replace("%FF", '"�"'))[0][0] == "�"


def test_a_number_beyond_all_numbers(items: Read) -> None:
    """Longer than any float; the item stays."""
    assert items(f"[[1{'0' * 400}, 2, 3, 1{'0' * 400}, 5]]") == [("1" + "0" * 400, "2", None, 5.0, None)]


def test_only_so_many(order: Read) -> None:
    """What follows the thousandth is left out; long texts are cut as all are."""
    found = order([[str(number)] for number in range(MAX_ITEMS + 5)], "idgoal=0")
    assert (len(found["ecommerce_items"]), found["ecommerce_items"][-1]["item_id"]) == (1_000, "999")
    assert len(order([["x" * 10_000]])["ecommerce_items"][0]["item_id"]) == 8_192


def test_only_what_was_bought_is_revenue(items: Read) -> None:
    """A cart's items have prices and no revenue."""
    assert items([["a", "n", "c", 5, 2]], CART) == [("a", "n", 5.0, 2.0, None)]


def test_prices_in_dollars() -> None:
    """By the rate of the event; null where it is unknown."""
    sent = pa.array(['[["a","n","c",5,2],["b"]]', '[["c","n","c",5,2]]', '[["d","n","c",5,2]]'])
    found = matomo_items(sent, pa.array([True, False, True]), pa.array([1.5, 2.0, None])).to_pylist()
    assert [[(item["price_in_usd"], item["item_revenue_in_usd"]) for item in one] for one in found] == [
        [(7.5, 15.0), (None, None)], [(10.0, None)], [(None, None)],
    ]  # fmt: skip


def test_dollars_are_dollars(row: Read) -> None:
    """Of a property that says so, whatever its items are worth elsewhere."""
    found = row(f'{ORDER}&ec_items=[["a","n","c",5,2]]', {"properties": {"1": {"currency": "USD"}}})
    (item,) = found["ecommerce_items"]
    assert (item["price_in_usd"], item["item_revenue_in_usd"]) == (5.0, 10.0)


def test_totals(order: Read) -> None:
    """Pieces are whole and added up, items told apart by their id."""
    found = order([["a", "n", "c", 5, 2.9], ["a", "m", "c", 5, 1], ["b"]], CART)
    assert (found["ecommerce_items_total_quantity"], found["ecommerce_unique_items"]) == (4, 2)


def test_without_items(order: Read) -> None:
    """The list is empty and the counts are 0."""
    found = order("", "action_name=Home")
    assert (found["name"], found["ecommerce_items"]) == ("page_view", [])
    assert (found["ecommerce_items_total_quantity"], found["ecommerce_unique_items"]) == (0, 0)


def test_events_do_not_share_items() -> None:
    """Each has its own, beside events without any and events that say the same."""
    sent = pa.array(['[["a"]]', None, '[["b"],["c"]]', "[[", '[["a"]]'])
    found = matomo_items(sent, pa.array([False] * 5), pa.nulls(5, pa.float64())).to_pylist()
    assert [[item["item_id"] for item in one] for one in found] == [["a"], [], ["b", "c"], [], ["a"]]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=4)
    | st.sampled_from(["5.5", "", "a"]),
    lambda more: st.lists(more, max_size=6) | st.dictionaries(st.text(max_size=2), more, max_size=2),
    max_leaves=6,
)
SKUS = st.one_of(st.text("a\ud83d\ude00é", max_size=3), JSON)
ROWS = st.tuples(SKUS, JSON, st.one_of(JSON, st.lists(JSON, max_size=7)), JSON, JSON).map(list)
CONTENTS = st.one_of(st.lists(st.one_of(ROWS, st.lists(JSON, max_size=7)), max_size=4), JSON)


@settings(deadline=None, max_examples=60)
@given(CONTENTS)
def test_any_json_is_read_as_the_plain_reading_reads_it(content: object) -> None:
    """Row by row, field by field."""
    sent = json.dumps(content)
    found = pa.array([items_of(sent)], list_of(SentItem)).to_pylist()[0]
    assert [list(item.values()) for item in found] == plainly(json.loads(sent))


@settings(deadline=None)
@given(st.lists(st.one_of(st.text(), st.text('[]",ab1\\u{}: '), CONTENTS.map(json.dumps)), max_size=4))
def test_any_text_gives_lists(sent: list[str]) -> None:
    """Never an exception, and never null."""
    texts = [text.encode("utf-8", "replace").decode() for text in sent]
    are_orders, rates = pa.array([True] * len(texts), pa.bool_()), pa.array([1.0] * len(texts), pa.float64())
    found = matomo_items(pa.array(texts, pa.string()), are_orders, rates)
    assert (len(found), found.null_count) == (len(texts), 0)


def plainly(content: Any) -> list[list[str | None]]:
    """The items of JSON that has been read, as texts."""
    found = []
    for sent in content if isinstance(content, list) else []:
        if not isinstance(sent, list) or not sent or not plain_text(sent[0]):
            continue
        sent = sent + [None] * 5
        categories = [plain_text(one) for one in (sent[2] if isinstance(sent[2], list) else [sent[2]])]
        five = ([one for one in categories if one not in (None, "", "0")] + [None] * 5)[:5]
        found.append(
            [plain_text(sent[0]), plain_text(sent[1]) or None, *five, plain_text(sent[3]), plain_text(sent[4])]
        )
    return found


def plain_text(value: Any) -> str | None:
    """Text of a text, a number or a truth."""
    if isinstance(value, str):
        return re.sub("[\ud800-\udfff]", "?", value)
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, int | float) else None
