"""From page to page within a session: the page an event is on, those before and after it, and how long it lasted."""

from typing import Any

from tracker.columns import ops
from tracker.columns.events import Events
from tracker.columns.types import Bool, Int64, String, Timestamp
from tracker.columns.words import event


def _page(page: Any, is_page_view: Any) -> Any:
    """The page each event is on: set by page views, carried over the events between them."""
    return ops.only_where(is_page_view, page).forward_fill()


def _before(current: Any) -> Any:
    """The different page before the current one."""
    stays = current.shift(1).runs(current.changed())
    return stays.each(stays.first()).values


def _after(current: Any) -> Any:
    """The different page after the current one."""
    stays = current.shift(-1).runs(current.changed())
    return stays.each(stays.last()).values


@event
def previous_page_location(page_location: Events[String], is_page_view: Events[Bool]) -> String:
    """The nearest earlier page that differs from the one this event is on; null on the first page."""
    return _before(_page(page_location, is_page_view))


@event
def next_page_location(page_location: Events[String], is_page_view: Events[Bool]) -> String:
    """The nearest later page that differs from the one this event is on; null on the last page."""
    return _after(_page(page_location, is_page_view))


@event
def previous_page_title(page_title: Events[String], is_page_view: Events[Bool]) -> String:
    """Title of the nearest earlier page whose title differs; null on the first page."""
    return _before(_page(page_title, is_page_view))


@event
def next_page_title(page_title: Events[String], is_page_view: Events[Bool]) -> String:
    """Title of the nearest later page whose title differs; null on the last page."""
    return _after(_page(page_title, is_page_view))


@event
def session_page_number(page_location: Events[String], is_consent_update: Events[Bool]) -> Int64:
    """Number of the page this event is on, from 0: one more each time the page changes, so A, B, A gives 0, 1, 2.

    What a consent change sends again, perhaps of earlier pages, changes no page.
    """
    visited = ops.only_where(ops.negate(is_consent_update), page_location)
    return visited.forward_fill().backward_fill().changed().running_count().values


@event
def time_on_page(timestamp_utc: Events[Timestamp], is_page_view: Events[Bool]) -> Int64:
    """Whole seconds from the page view this event belongs to until the next page view, or until the session's last
    event.

    The same number stands on every event of the page: do not add it up over rows.
    """
    pages = timestamp_utc.runs(is_page_view)
    next_page_began = timestamp_utc.shift(-1).runs(is_page_view).last()
    return pages.each(ops.seconds_between(pages.first(), ops.coalesce(next_page_began, pages.last()))).values


@event(absent=False)
def session_is_entry_page(is_page_view: Events[Bool]) -> Bool:
    """True on the first page view of the session."""
    return ops.both(is_page_view, ops.equal(is_page_view.running_count(), 1)).values


@event(absent=False)
def session_is_exit_page(is_page_view: Events[Bool], session_total_page_views: Int64) -> Bool:
    """True on the last page view of the session."""
    return ops.both(is_page_view, ops.equal(is_page_view.running_count(), session_total_page_views)).values


@event(absent=False)
def page_is_bounce(is_page_view: Events[Bool], session_is_bounced: Bool) -> Bool:
    """True on the only page view of a session that has exactly one."""
    return ops.both(is_page_view, session_is_bounced).values
