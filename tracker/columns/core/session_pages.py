"""Where each session began and ended: its first, second and last page view."""

from tracker.columns.events import Events
from tracker.columns.types import Bool, String
from tracker.columns.words import session


@session
def session_entry_page_location(page_location: Events[String], is_page_view: Events[Bool]) -> String:
    """URL of the first page viewed in the session."""
    return page_location.where(is_page_view).first()


@session
def session_entry_page_title(page_title: Events[String], is_page_view: Events[Bool]) -> String:
    """Title of the first page viewed in the session."""
    return page_title.where(is_page_view).first()


@session
def session_entry_page_path(page_path: Events[String], is_page_view: Events[Bool]) -> String:
    """Path of the first page viewed in the session."""
    return page_path.where(is_page_view).first()


@session
def session_second_page_location(page_location: Events[String], is_page_view: Events[Bool]) -> String:
    """URL of the second page viewed in the session."""
    return page_location.where(is_page_view).nth(1)


@session
def session_second_page_title(page_title: Events[String], is_page_view: Events[Bool]) -> String:
    """Title of the second page viewed in the session."""
    return page_title.where(is_page_view).nth(1)


@session
def session_exit_page_location(page_location: Events[String], is_page_view: Events[Bool]) -> String:
    """URL of the last page viewed in the session."""
    return page_location.where(is_page_view).last()


@session
def session_exit_page_title(page_title: Events[String], is_page_view: Events[Bool]) -> String:
    """Title of the last page viewed in the session."""
    return page_title.where(is_page_view).last()


@session
def session_exit_page_path(page_path: Events[String], is_page_view: Events[Bool]) -> String:
    """Path of the last page viewed in the session."""
    return page_path.where(is_page_view).last()
