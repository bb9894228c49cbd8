"""What Matomo's actions tell of a session: content, goals, time spent, coming back."""

from tracker.columns import Bool, Events, Int64, String, Timestamp, event, ops, param, session
from tracker.columns.core import engagement
from tracker.protocols.matomo.columns import MATOMO

matomo_is_new_visitor = param("_idn", type=String, protocol=MATOMO, doc="1: the tag has just made the visitor's id.")


@session(protocol=MATOMO, absent=0)
def session_total_content_impressions(name: Events[String]) -> Int64:
    """How many content blocks were shown."""
    return _count(name, "content_impression")


@session(protocol=MATOMO, absent=0)
def session_total_content_interactions(name: Events[String]) -> Int64:
    """How many times something was done with a content block."""
    return _count(name, "content_interaction")


@session(protocol=MATOMO, absent=0)
def session_total_goal_conversions(name: Events[String]) -> Int64:
    """How many goals were reached; orders and changes of the cart are none."""
    return _count(name, "goal_conversion")


ACTIONS = ("page_view", "download", "outlink", "custom_event", "site_search", "custom_action")
"""What Matomo counts as an action of a visit; orders, goals, content and media are none."""


@event(protocol=MATOMO, implements=engagement.is_action)
def matomo_is_action(name: String) -> Bool:
    """True for pages, downloads, outlinks, events and searches."""
    return ops.is_in(name, ACTIONS)


@session(protocol=MATOMO, implements=engagement.session_engagement_time_ms)
def matomo_engagement_time(timestamp_utc: Events[Timestamp], session_timeout: Events[Int64]) -> Int64:
    """Milliseconds from action to action, heartbeats included; 0 for a single action.

    A gap counts up to the session timeout: it can be longer only where the boundary `timeout` is switched off. What
    came after the last action nobody knows; a tag with heartbeats switched on tells some of it.
    """
    gap = ops.microseconds_between(timestamp_utc.shift(1), timestamp_utc)
    counted = ops.if_else(ops.more_than(gap, session_timeout), session_timeout, gap)
    return ops.whole(ops.divide(ops.coalesce(counted.sum(), 0), 1_000))


@session(protocol=MATOMO, absent=False)
def session_returning_user(matomo_is_new_visitor: Events[String]) -> Bool:
    """True where the tag knew the visitor before the session's first event."""
    return ops.equal(matomo_is_new_visitor.first(), "0")


def _count(name: Events[String], wanted: str) -> Int64:
    return name.where(ops.equal(name, wanted)).count()
