"""Amounts in US dollars, by the rate of the event's day (UTC), and revenue in the property's currency.

The rate is the last one published until that day. Nothing is rounded: prices of single units may be tiny. An amount
whose currency or rate is unknown has no value in dollars: null, never 0.
"""

from typing import Any

import numpy as np
import pyarrow as pa

from tracker.columns import arrays, ops
from tracker.columns.events import Events
from tracker.columns.rates import Rates
from tracker.columns.types import Date, Float64, String
from tracker.columns.words import event, resource, session

exchange_rates = resource("exchange_rates", doc="What currencies were worth in US dollars, by day.")


@event(stored=False)
def usd_rate(ecommerce_currency: String, date_utc: Date, exchange_rates: Rates) -> Float64:
    """US dollars for one unit of the event's currency on its day; exactly 1 for USD."""
    return _dollars(exchange_rates, ecommerce_currency, date_utc, arrays.known_mask(ecommerce_currency))


@event
def ecommerce_purchase_revenue_in_usd(ecommerce_purchase_revenue: Float64, usd_rate: Float64) -> Float64:
    """What a completed order brought, in US dollars by the rate of its day, not rounded; null where that is unknown."""
    return ops.multiply(ecommerce_purchase_revenue, usd_rate)


@event
def ecommerce_refund_value_in_usd(ecommerce_refund_value: Float64, usd_rate: Float64) -> Float64:
    """What was given back, in US dollars by the rate of the refund's day, not rounded; null where that is unknown."""
    return ops.multiply(ecommerce_refund_value, usd_rate)


@event
def ecommerce_shipping_value_in_usd(ecommerce_shipping_value: Float64, usd_rate: Float64) -> Float64:
    """Cost of delivery, in US dollars by the rate of the event's day, not rounded; null where that is unknown."""
    return ops.multiply(ecommerce_shipping_value, usd_rate)


@event
def ecommerce_tax_value_in_usd(ecommerce_tax_value: Float64, usd_rate: Float64) -> Float64:
    """Tax, in US dollars by the rate of the event's day, not rounded; null where that is unknown."""
    return ops.multiply(ecommerce_tax_value, usd_rate)


@event(stored=False)
def comparable_revenue(
    ecommerce_purchase_revenue: Float64,
    ecommerce_currency: String,
    property_currency: String,
    usd_rate: Float64,
    date_utc: Date,
    exchange_rates: Rates,
) -> Float64:
    """What a completed order brought, in the property's currency; in its own where one of the two is not known."""
    differ = ops.not_equal(ecommerce_currency, property_currency)
    foreign = ops.is_true(ops.both(ops.is_known(ecommerce_purchase_revenue), differ))
    rate = _dollars(exchange_rates, property_currency, date_utc, arrays.true_mask(foreign))
    converted = ops.divide(ops.multiply(ecommerce_purchase_revenue, usd_rate), rate)
    return ops.if_else(foreign, converted, ecommerce_purchase_revenue)


@session
def session_revenue(
    ecommerce_purchase_revenue: Events[Float64],
    comparable_revenue: Events[Float64],
    ecommerce_currency: Events[String],
    property_currency: Events[String],
) -> Float64:
    """Revenue of all orders of the session in the property's currency, others converted by the rate of their day.

    Where the property has none: in the currency that all orders share. Null without a purchase, and where a rate is
    unknown or currencies are mixed: a part never stands for the whole.
    """
    is_order = ops.is_known(ecommerce_purchase_revenue)
    currencies = ops.coalesce(ecommerce_currency, "").where(is_order).distinct_count()
    alike = ops.either(ops.is_known(property_currency.first()), ops.at_most(currencies, 1))
    return ops.only_where(alike, _whole_sum(comparable_revenue, is_order))


@session
def session_revenue_in_usd(
    ecommerce_purchase_revenue: Events[Float64], ecommerce_purchase_revenue_in_usd: Events[Float64]
) -> Float64:
    """Revenue of all orders of the session in US dollars; null without a purchase, and where a rate is unknown."""
    return _whole_sum(ecommerce_purchase_revenue_in_usd, ops.is_known(ecommerce_purchase_revenue))


def _whole_sum(amounts: Events[Any], expected: Events[Any]) -> Any:
    """The sum of each run; null where an expected amount is missing."""
    missing = ops.both(expected, ops.is_null(amounts))
    return ops.only_where(ops.negate(missing.any()), amounts.sum())


def _dollars(rates: Rates, currency: Any, day: Any, wanted: arrays.Mask) -> Any:
    """For each row that is wanted, US dollars for one unit of its currency; null elsewhere."""
    rows = np.flatnonzero(wanted)
    if not len(rows):
        return pa.nulls(len(wanted), pa.float64())
    pairs = (ops.take(currency, rows), ops.take(day, rows))
    found = ops.per_distinct(pairs, rates.dollars, Float64, version=rates.version)
    return arrays.take(found, np.cumsum(wanted) - 1, wanted)
