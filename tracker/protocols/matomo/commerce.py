"""Orders and carts. Amounts are in the property's currency, for Matomo's tags send none."""

from tracker.columns import Bool, Float64, String, event, ops, param
from tracker.columns.core import commerce
from tracker.protocols.matomo.columns import MATOMO

matomo_order_id = param(
    "ec_id", type=String, protocol=MATOMO, implements=commerce.params_transaction_id, doc="Order id."
)
matomo_revenue = param("revenue", type=Float64, protocol=MATOMO, implements=commerce.order_value, doc="Grand total.")
ecommerce_order_id = param(
    "ec_id",
    type=String,
    protocol=MATOMO,
    stored=True,
    doc="The shop's own id of the order. Sent again while the visit lasts, as when its page is loaded again, it is "
    "still one event; sent again in a later visit it is another one, so that orders are best counted by id.",
)
ecommerce_subtotal_value = param(
    "ec_st", type=Float64, protocol=MATOMO, stored=True, doc="Total of an order without tax and shipping, as sent."
)
matomo_tax = param("ec_tx", type=Float64, protocol=MATOMO, implements=commerce.ecommerce_tax_value, doc="Tax.")
matomo_shipping_sent = param("ec_sh", type=Float64, protocol=MATOMO, doc="Cost of delivery.")
ecommerce_discount_value = param(
    "ec_dt", type=Float64, protocol=MATOMO, stored=True, doc="Discount on an order, as sent."
)


@event(protocol=MATOMO, implements=commerce.is_purchase)
def matomo_is_purchase(name: String) -> Bool:
    """True for a completed order."""
    return ops.equal(name, "ecommerce_order")


@event(protocol=MATOMO, implements=commerce.ecommerce_shipping_value)
def matomo_shipping(matomo_shipping_sent: Float64, is_purchase: Bool) -> Float64:
    """Cost of delivery of an order; null on every other event."""
    return ops.only_where(is_purchase, matomo_shipping_sent)


@event(protocol=MATOMO)
def ecommerce_cart_value(order_value: Float64, name: String) -> Float64:
    """What the cart comes to after a change, in `ecommerce_currency`; null on every other event. No revenue."""
    return ops.only_where(ops.equal(name, "ecommerce_cart_update"), order_value)


@event(protocol=MATOMO)
def params_goal_revenue(order_value: Float64, name: String) -> Float64:
    """What a goal's conversion is worth, in `ecommerce_currency`; null on every other event. No revenue of an order."""
    return ops.only_where(ops.equal(name, "goal_conversion"), order_value)


@event(protocol=MATOMO, implements=commerce.ecommerce_currency)
def matomo_currency(property_currency: String, matomo_has_amount: Bool) -> String:
    """The property's currency, on events that carry an amount: Matomo sends none."""
    return ops.only_where(matomo_has_amount, property_currency)


@event(protocol=MATOMO, stored=False)
def matomo_has_amount(
    order_value: Float64,
    ecommerce_subtotal_value: Float64,
    ecommerce_tax_value: Float64,
    ecommerce_shipping_value: Float64,
    ecommerce_discount_value: Float64,
    params_product_price: Float64,
    matomo_items_sent: String,
) -> Bool:
    """True where the event carries a total, a part of one, the price of a product, or items."""
    amount = ops.coalesce(
        order_value,
        ecommerce_subtotal_value,
        ecommerce_tax_value,
        ecommerce_shipping_value,
        ecommerce_discount_value,
        params_product_price,
    )
    return ops.either(ops.is_known(amount), ops.is_known(matomo_items_sent))
