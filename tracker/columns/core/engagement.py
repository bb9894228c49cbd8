"""Whether a visit came to anything: attention, engagement, and bounce by each of the two definitions in use."""

from tracker.columns import ops
from tracker.columns.events import Events
from tracker.columns.types import Bool, Int64
from tracker.columns.words import declare, session

is_action = declare(
    Bool, stored=False, absent=False, doc="True for what a visitor did, false for what a page reports by itself."
)
session_engagement_time_ms = declare(
    Int64, "session", absent=0, doc="Milliseconds of attention in the session, as far as the tag tells; 0 for none."
)


@session(absent=False)
def session_is_engaged(
    session_engagement_time_ms: Int64,
    is_page_view: Events[Bool],
    is_screen_view: Events[Bool],
    is_purchase: Events[Bool],
    is_key_event: Events[Bool],
    *,
    seconds: int = 10,
) -> Bool:
    """True with more than 10 seconds of attention, two page or screen views, or a key event; an order is one.

    GA4's rule, for sessions of every protocol.
    """
    views = ops.either(is_page_view, is_screen_view)
    long = ops.more_than(session_engagement_time_ms, seconds * 1_000)
    several = ops.at_least(views.where(views).count(), 2)
    return ops.either(ops.either(long, several), ops.either(is_key_event.any(), is_purchase.any()))


@session
def session_is_bounced(is_page_view: Events[Bool]) -> Bool:
    """True when the session has exactly one page view, whatever else happened."""
    return ops.equal(is_page_view.where(is_page_view).count(), 1)


@session
def session_is_bounced_ga4(session_is_engaged: Bool) -> Bool:
    """Bounce as GA4 defines it: true for every session that was not engaged."""
    return ops.negate(session_is_engaged)


@session
def session_is_bounced_matomo(is_action: Events[Bool]) -> Bool:
    """Bounce as Matomo defines it: true when the session has at most one action: a page, a download, a click that leads
    away, a search or an event.
    """
    return ops.at_most(is_action.where(is_action).count(), 1)
