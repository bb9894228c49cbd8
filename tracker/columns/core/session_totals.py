"""How much happened in a session. Counts are 0 where nothing did."""

from tracker.columns import ops
from tracker.columns.events import Events
from tracker.columns.types import Bool, Int64, String
from tracker.columns.words import session


@session(absent=0)
def session_total_events(is_consent_update: Events[Bool]) -> Int64:
    """How many events the session has, without those that a consent change sent again."""
    return is_consent_update.where(ops.negate(is_consent_update)).count()


@session(absent=0)
def session_total_page_views(is_page_view: Events[Bool]) -> Int64:
    """How many pages were viewed."""
    return is_page_view.where(is_page_view).count()


@session(absent=0)
def session_unique_page_views(page_location: Events[String], is_page_view: Events[Bool]) -> Int64:
    """How many different pages were viewed."""
    return page_location.where(is_page_view).distinct_count()


@session(absent=0)
def session_total_purchases(is_purchase: Events[Bool]) -> Int64:
    """How many orders were completed."""
    return is_purchase.where(is_purchase).count()
