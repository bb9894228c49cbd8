"""The items of an order or a cart: `ec_items`, a JSON array with a short array for each."""

from itertools import islice
from typing import Final

import numpy as np
import pyarrow as pa

from tracker.columns import Bool, Events, Float64, String, event, list_of, lists, ops, param, struct_of
from tracker.columns.core import item_totals
from tracker.columns.core.items import Item, ItemList, whole_items
from tracker.protocols.matomo.columns import MATOMO
from tracker.protocols.matomo.json_values import decoded, read, text_of

MAX_ITEMS: Final = 1_000
"""Most items of one event; what follows is left out."""
CATEGORIES: Final = ("item_category", "item_category2", "item_category3", "item_category4", "item_category5")
SentItem = struct_of(**dict.fromkeys(("item_id", "item_name", *CATEGORIES, "price", "quantity"), String))
"""What is sent of an item, all of it as text."""
Custom = Item.field("custom").type.value_type

matomo_items_sent = param("ec_items", type=String, protocol=MATOMO, doc="Items of an order or a cart, as JSON.")


@event(protocol=MATOMO, implements=item_totals.ecommerce_items)
def matomo_items(matomo_items_sent: String, is_purchase: Bool, usd_rate: Float64) -> ItemList:
    """The event's items in the order the shop gave them, at most 1,000.

    Where the quantity is missing or no number it is one, as Matomo has it; a price that is missing or no number is
    null. Items without an id are left out.
    """
    sent = lists.members(read(matomo_items_sent, items_of, list_of(SentItem)))
    facts = {field.name: ops.cut_text(ops.field(sent.values, field.name)) for field in SentItem}
    facts["price"] = ops.as_float(facts["price"])
    facts["quantity"] = ops.coalesce(ops.as_float(facts["quantity"]), 1.0)
    amount = ops.multiply(facts["price"], facts["quantity"])
    facts["item_revenue"] = ops.only_where(ops.take(is_purchase, sent.run_of), amount)
    facts["custom"] = lists.lists_of(Events(pa.nulls(0, Custom), np.zeros(len(sent) + 1, np.int64)))
    return lists.lists_of(Events(whole_items(facts, ops.take(usd_rate, sent.run_of)), sent.offsets))


def items_of(sent: str) -> list[tuple[str | None, ...]]:
    """The items of one event, each with the fields of `SentItem`; none where `sent` is no JSON array."""
    content = decoded(sent)
    rows = content if isinstance(content, list) else []
    items = (item_of(row) for row in rows if isinstance(row, list))
    return list(islice((item for item in items if item), MAX_ITEMS))


def item_of(row: list[object]) -> tuple[str | None, ...] | None:
    """The fields of `[sku, name, category, price, quantity]`, which may be shorter; None without a sku."""
    sku, name, category, price, quantity = (*row, None, None, None, None, None)[:5]
    item_id = text_of(sku)
    if not item_id:
        return None
    return item_id, text_of(name) or None, *_categories(category), text_of(price), text_of(quantity)


def _categories(sent: object) -> tuple[str | None, ...]:
    """The first five that are not empty, of a text or an array of texts; to Matomo 0 is empty too."""
    texts = (text_of(one) for one in (sent if isinstance(sent, list) else [sent]))
    some = islice((text for text in texts if text not in (None, "", "0")), len(CATEGORIES))
    return (*some, *[None] * len(CATEGORIES))[: len(CATEGORIES)]
