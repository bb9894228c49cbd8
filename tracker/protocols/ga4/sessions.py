"""What GA4 says of a session: attention, engagement, coming back, and a cart left behind."""

from tracker.columns import Bool, Events, Int64, String, event, ops, session
from tracker.columns.core import engagement
from tracker.protocols.ga4.columns import GA4

BY_ITSELF = ("user_engagement", "scroll", "session_start", "first_visit")
"""Events that a tag sends without anybody doing more than looking."""


@event(protocol=GA4, implements=engagement.is_action)
def ga4_is_action(ga4_counted_name: String) -> Bool:
    """True for all but what the tag sends by itself, and again after a consent change."""
    counted = ops.is_known(ga4_counted_name)
    return ops.both(counted, ops.negate(ops.is_in(ga4_counted_name, BY_ITSELF)))


@session(protocol=GA4, implements=engagement.session_engagement_time_ms)
def ga4_engagement_time(
    params_engagement_time_ms: Events[Int64], name: Events[String], is_consent_update: Events[Bool]
) -> Int64:
    """Milliseconds in which the visitor attended to the pages of the session; 0 where the tag reported none.

    What a consent change sends again counts once. Its user_engagement counts too: it tells of time not told before.
    """
    is_new = ops.either(ops.negate(is_consent_update), ops.equal(name, "user_engagement"))
    return ops.coalesce(params_engagement_time_ms.where(is_new).sum(), 0)


@session(protocol=GA4, absent=False)
def session_returning_user(client_session_number: Events[Int64]) -> Bool:
    """True where the tag counts a second or later session of this browser."""
    return ops.at_least(client_session_number, 2).any()


@session(protocol=GA4, absent=False)
def session_abandoned_cart(name: Events[String], is_purchase: Events[Bool], is_consent_update: Events[Bool]) -> Bool:
    """True where something was put into a cart and no order came after it."""
    is_added = ops.both(ops.equal(name, "add_to_cart"), ops.negate(is_consent_update))
    last_added = name.position().where(is_added).max()
    last_bought = name.position().where(is_purchase).max()
    return ops.is_true(ops.more_than(last_added, ops.coalesce(last_bought, -1)))
