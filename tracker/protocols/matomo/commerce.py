"""Orders and carts: amounts are in the property's currency, for Matomo sends none."""

from tracker.columns import Bool, Float64, String, event, ops, param
from tracker.columns.core import commerce
from tracker.protocols.matomo.columns import MATOMO

matomo_order_id = param(
    "ec_id", type=String, protocol=MATOMO, implements=commerce.params_transaction_id, doc="Order id."
)
matomo_revenue = param("revenue", type=Float64, protocol=MATOMO, implements=commerce.order_value, doc="Grand total.")


@event(protocol=MATOMO, implements=commerce.is_purchase)
def matomo_is_purchase(name: String) -> Bool:
    """True for a completed order."""
    return ops.equal(name, "ecommerce_order")


@event(protocol=MATOMO, implements=commerce.ecommerce_currency)
def matomo_currency(property_currency: String, matomo_revenue_known: Bool) -> String:
    """The property's currency, on events that carry an amount: Matomo sends none."""
    return ops.only_where(matomo_revenue_known, property_currency)


@event(protocol=MATOMO, stored=False)
def matomo_revenue_known(order_value: Float64) -> Bool:
    """True where the event carries an amount."""
    return ops.is_known(order_value)
