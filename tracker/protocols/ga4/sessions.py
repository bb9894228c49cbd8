"""What GA4 says of a session: attention, engagement, coming back, and a cart left behind."""

from tracker.columns import Bool, Events, Int64, String, ops, session
from tracker.protocols.ga4.columns import GA4


@session(protocol=GA4, absent=0)
def session_engagement_time_ms(
    params_engagement_time_ms: Events[Int64], name: Events[String], is_consent_update: Events[Bool]
) -> Int64:
    """Milliseconds in which the visitor attended to the pages of the session; 0 where the tag reported none.

    What a consent change sends again counts once. Its user_engagement counts too: it tells of time not told before.
    """
    is_new = ops.either(ops.negate(is_consent_update), ops.equal(name, "user_engagement"))
    return ops.coalesce(params_engagement_time_ms.where(is_new).sum(), 0)


@session(protocol=GA4, absent=False)
def session_is_engaged(
    session_engagement_time_ms: Int64,
    is_page_view: Events[Bool],
    is_screen_view: Events[Bool],
    is_purchase: Events[Bool],
    is_key_event: Events[Bool],
    *,
    seconds: int = 10,
) -> Bool:
    """True with more than 10 seconds of attention, two page or screen views, or a key event; an order is one."""
    views = ops.either(is_page_view, is_screen_view)
    long = ops.more_than(session_engagement_time_ms, seconds * 1_000)
    several = ops.at_least(views.where(views).count(), 2)
    return ops.either(ops.either(long, several), ops.either(is_key_event.any(), is_purchase.any()))


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
