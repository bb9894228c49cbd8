"""Purchases: which events are one, and what they brought."""

from tracker.columns import ops
from tracker.columns.types import Bool, Enumeration, Float64, String
from tracker.columns.words import declare, event, setting

is_purchase = declare(Bool, absent=False, doc="True for a completed order.")
order_value = declare(Float64, stored=False, doc="Total of an order, whatever the event.")
ecommerce_currency = declare(Enumeration, doc="ISO 4217 code of the currency that amounts of this event are in.")
ecommerce_refund_value = declare(
    Float64, doc="What was given back, in `ecommerce_currency`; null on everything but a refund."
)
ecommerce_shipping_value = declare(
    Float64, doc="Cost of delivery of an order, or of what was given back, in `ecommerce_currency`; null elsewhere."
)
ecommerce_tax_value = declare(Float64, doc="Tax that the event names, in `ecommerce_currency`.")
params_transaction_id = declare(String, doc="The shop's own id of the order.")
property_currency = setting("currency", String, doc="The property's currency, as its settings say; null where not.")


@event
def ecommerce_purchase_revenue(order_value: Float64, is_purchase: Bool) -> Float64:
    """What a completed order brought, in `ecommerce_currency`; null on every other event."""
    return ops.only_where(is_purchase, order_value)
