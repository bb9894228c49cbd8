"""What was bought, looked at or put into a cart: the items of an event, and what they come to.

A tag sends each as a parameter, `pr1`, `pr2` and so on: fields joined by `~`, two letters of key before each value.
"""

import math
import re
from collections.abc import Mapping
from typing import Annotated, Any

import pyarrow as pa

from tracker.columns import Bool, Events, Float64, NamedValues, String, event, list_of, lists, ops, params
from tracker.columns.core import commerce, item_totals
from tracker.columns.core.items import Item, ItemList, whole_items
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
SentItems = Annotated[pa.ListArray, list_of(SentItem)]

ga4_item_parameters = params("pr", protocol=GA4, doc="What begins with pr; items are pr1 to pr200.")


@event(protocol=GA4, stored=False)
def ga4_sent_items(ga4_item_parameters: NamedValues) -> SentItems:
    """The event's items as they were sent, in the order of their numbers. Each different text is read once."""
    named = lists.members(ga4_item_parameters)
    numbered = named.where(ops.matches(ops.field(named, "name"), r"^([1-9][0-9]?|1[0-9]{2}|200)$"))
    ordered = lists.in_order(numbered, ops.as_int(ops.field(numbered.values, "name")))
    facts = ops.per_distinct(ops.field(ordered, "value"), item_of, Annotated[pa.StructArray, SentItem])
    return lists.lists_of(facts.where(ops.is_known(facts)))


@event(protocol=GA4, implements=commerce.order_value)
def ga4_order_value(ga4_value: Float64, ga4_sent_items: SentItems) -> Float64:
    """The event's value as sent, otherwise price times quantity of its items; those without a price count nothing."""
    return ops.coalesce(ga4_value, _amounts(lists.members(ga4_sent_items)).sum())


@event(protocol=GA4, implements=commerce.ecommerce_currency)
def ga4_ecommerce_currency(
    ga4_currency: String,
    order_value: Float64,
    params_shipping: Float64,
    params_tax: Float64,
    property_currency: String,
) -> String:
    """The code as sent, in capitals; the property's where an event names an amount and no currency."""
    sent = ops.known_text(ops.upper(ops.strip(ga4_currency)))
    has_amount = ops.is_known(ops.coalesce(order_value, params_shipping, params_tax))
    return ops.coalesce(sent, ops.only_where(has_amount, property_currency))


@event(protocol=GA4, stored=False)
def ga4_is_refund(name: String, is_consent_update: Bool) -> Bool:
    """True for refund, except for what is sent again after a consent change."""
    return ops.both(ops.equal(name, "refund"), ops.negate(is_consent_update))


@event(protocol=GA4, implements=item_totals.ecommerce_items)
def ga4_items(
    ga4_sent_items: SentItems,
    is_purchase: Bool,
    ga4_is_refund: Bool,
    usd_rate: Float64,
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
    sent = lists.members(ga4_sent_items)
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
    amounts = _amounts(sent).values
    facts["item_revenue"] = ops.only_where(ops.take(is_purchase, sent.run_of), amounts)
    facts["item_refund"] = ops.only_where(ops.take(ga4_is_refund, sent.run_of), amounts)
    return lists.lists_of(Events(whole_items(facts, ops.take(usd_rate, sent.run_of)), sent.offsets))


@event(protocol=GA4, implements=commerce.ecommerce_refund_value)
def ga4_refund_value(order_value: Float64, ga4_is_refund: Bool) -> Float64:
    """What was given back: the event's value, otherwise what its items come to; null on every other event."""
    return ops.only_where(ga4_is_refund, order_value)


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


def _amounts(items: Events[Any]) -> Any:
    return ops.multiply(ops.field(items, "price"), ops.field(items, "quantity"))
