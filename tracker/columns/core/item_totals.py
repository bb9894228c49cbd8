"""The items of an event, and what they come to."""

from tracker.columns import lists, ops
from tracker.columns.core.items import ItemList
from tracker.columns.types import Bool, Int64
from tracker.columns.words import declare, event

ecommerce_items = declare(
    ItemList,
    doc="What was bought, looked at or put into a cart, in the order the shop gave it. Revenue and refund are price "
    "times quantity of what was bought and of what was given back.",
)


@event(absent=0)
def ecommerce_items_total_quantity(ecommerce_items: ItemList, is_consent_update: Bool) -> Int64:
    """How many pieces the event's items are together; 0 without items, and for what a consent change sends again."""
    quantities = ops.whole(ops.field(lists.members(ecommerce_items), "quantity"))
    return ops.coalesce(ops.only_where(ops.negate(is_consent_update), quantities.sum()), 0)


@event(absent=0)
def ecommerce_unique_items(ecommerce_items: ItemList, is_consent_update: Bool) -> Int64:
    """How many different items the event has, told apart by id, or by name where there is none.

    0 for what a consent change sends again.
    """
    items = lists.members(ecommerce_items)
    different = ops.coalesce(ops.field(items, "item_id"), ops.field(items, "item_name")).distinct_count()
    return ops.coalesce(ops.only_where(ops.negate(is_consent_update), different), 0)
