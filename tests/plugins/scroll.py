"""How far down each page a visitor read."""

from tracker.columns import Bool, Events, Int64, event, ops, param, session

scroll_percent = param(
    "epn.percent_scrolled", "ep.percent_scrolled", type=Int64, stored=True, doc="Scroll depth as the page sent it."
)


@event
def is_deep_scroll(scroll_percent: Int64, *, threshold: int = 75) -> Bool:
    """True when the visitor read at least three quarters of the page."""
    return ops.at_least(scroll_percent, threshold)


@session(absent=0)
def session_deep_scrolls(is_deep_scroll: Events[Bool]) -> Int64:
    """How often in the session a page was read to three quarters or more."""
    return is_deep_scroll.where(is_deep_scroll).count()
