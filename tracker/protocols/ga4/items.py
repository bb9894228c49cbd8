"""What was bought, looked at or put into a cart: the items of an event, and what they come to.

A tag sends each as a parameter, `pr1`, `pr2` and so on: fields joined by `~`, two letters of key before each value.
"""

import math
import re
from collections.abc import Mapping
from typing import Annotated, Any

import pyarrow as pa

from tracker.columns import Bool, Events, Float64, NamedValues, String, event, lists, ops, params
from tracker.columns.core import item_totals
from tracker.columns.core import commerce
from tracker.columns.core.items import Item, ItemList
from tracker.protocols.ga4.columns import GA4

TEXTS = {
    "id": "item_id", "nm": "item_name", "af": "affiliation", "cp": "coupon", "br": "item_brand", "ca": "item_category",
    "c2": "item_category2", "c3": "item_category3", "c4": "item_category4", "c5": "item_category5",
    "li": "item_list_id", "ln": "item_list_name", "va": "item_variant", "lo": "location_id", "pi": "promotion_id",
    "pn": "promotion_name", "cn": "creative_name", "cs": "creative_slot",
}  # fmt: skip
NUMBERS = {"ds": "discount", "lp": "index", "pr": "price", "qt": "quantity"}
SentItem = pa.struct([Item.field(name) for name in (*TEXTS.values(), *NUMBERS.values(), "custom")])
"""What one parameter tells of an item."""

ga4_item_parameters = params("pr", protocol=GA4, doc="What begins with pr; items are pr1 to pr200.")


@event(protocol=GA4, implements=item_totals.ecommerce_items)
def ga4_items(
    ga4_item_parameters: NamedValues,
    name: String,
    is_purchase: Bool,
    is_consent_update: Bool,
    params_item_list_id: String,
    params_item_list_name: String,
    params_promotion_id: String,
    params_promotion_name: String,
    params_creative_name: String,
    params_creative_slot: String,
) -> ItemList:
    """The event's items in the order the shop gave them. Without a quantity it is one; an unreadable price is null.

    List, promotion and creative are the event's where an item names none. Revenue and refund are price times quantity
    of what was bought and of what was given back.
    """
    sent = _sent(ga4_item_parameters)
    if not len(sent):
        return lists.lists_of(Events(pa.nulls(0, Item), sent.offsets))
    facts = {field.name: ops.field(sent.values, field.name) for field in SentItem}
    shared = {
        "item_list_id": params_item_list_id,
        "item_list_name": params_item_list_name,
        "promotion_id": params_promotion_id,
        "promotion_name": params_promotion_name,
        "creative_name": params_creative_name,
        "creative_slot": params_creative_slot,
    }
    for field, of_event in shared.items():
        facts[field] = ops.coalesce(facts[field], ops.take(of_event, sent.run_of))
    amount = ops.multiply(facts["price"], facts["quantity"])
    is_refund = ops.both(ops.equal(name, "refund"), ops.negate(is_consent_update))
    facts["item_revenue"] = ops.only_where(ops.take(is_purchase, sent.run_of), amount)
    facts["item_refund"] = ops.only_where(ops.take(is_refund, sent.run_of), amount)
    whole = [facts.get(field.name, pa.nulls(len(sent), field.type)) for field in Item]
    return lists.lists_of(Events(pa.StructArray.from_arrays(whole, fields=list(Item)), sent.offsets))


@event(protocol=GA4, implements=commerce.ecommerce_refund_value)
def ga4_refund_value(
    ecommerce_items: ItemList, name: String, is_consent_update: Bool, order_value: Float64
) -> Float64:
    """What was given back: the event's value, otherwise what its items come to; null on every other event."""
    is_refund = ops.both(ops.equal(name, "refund"), ops.negate(is_consent_update))
    of_items = ops.field(lists.members(ecommerce_items), "item_refund").sum()
    return ops.only_where(is_refund, ops.coalesce(order_value, of_items))


@event(protocol=GA4, implements=commerce.ecommerce_shipping_value)
def ga4_shipping_value(params_shipping: Float64, name: String, is_consent_update: Bool) -> Float64:
    """Cost of delivery of an order, or of what was given back; null on every other event."""
    counts = ops.both(ops.is_in(name, ["purchase", "refund"]), ops.negate(is_consent_update))
    return ops.only_where(counts, params_shipping)


@event(protocol=GA4, implements=commerce.ecommerce_tax_value)
def ga4_tax_value(params_tax: Float64, is_consent_update: Bool) -> Float64:
    """Tax of the event, whatever it is; null on what a consent change sent again."""
    return ops.only_where(ops.negate(is_consent_update), params_tax)


def item_of(sent: str) -> tuple[Any, ...] | None:
    """An item's fields in the order of `SentItem`; None without id and name. Keys nobody knows are custom."""
    found = {part[:2]: part[2:] for part in split(sent) if len(part) > 2}
    if "id" not in found and "nm" not in found:
        return None
    found.setdefault("qt", "1")
    return (*(found.get(key) for key in TEXTS), *(_number(found.get(key, "")) for key in NUMBERS), _custom(found))


def _custom(found: Mapping[str, str]) -> list[tuple[str, str | None]]:
    """`kX` names the field whose value is `vX`, wherever it stands; other keys stand for themselves."""
    named = [(name, found.get("v" + key[1])) for key, name in found.items() if key[0] == "k"]
    known = TEXTS.keys() | NUMBERS.keys()
    raw = [
        (k, v) for k, v in found.items() if k not in known and k[0] != "k" and not (k[0] == "v" and "k" + k[1] in found)
    ]
    return named + raw


def split(sent: str) -> list[str]:
    """The parts between single tildes; two stand for one that belongs to the text."""
    return [part.replace("~~", "~") for part in _PART.findall(sent)]


_PART = re.compile(r"(?:[^~]|~~)+")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)


def _number(text: str) -> float | None:
    number = float(text) if _NUMBER.fullmatch(text) else math.inf
    return number if math.isfinite(number) else None


def _sent(parameters: Any) -> Events[Any]:
    """Facts of `pr1` to `pr200` in the order of their numbers, each text read once."""
    named = lists.members(parameters)
    numbered = named.where(ops.matches(ops.field(named, "name"), r"^([1-9][0-9]?|1[0-9]{2}|200)$"))
    ordered = lists.in_order(numbered, ops.as_int(ops.field(numbered.values, "name")))
    facts = ops.per_distinct(ops.field(ordered, "value"), item_of, Annotated[pa.StructArray, SentItem])
    kept = facts.where(ops.is_known(facts))
    return Events(kept.values, kept.offsets)
