"""How much happened in a session. Counts are 0 where nothing did.

The unique counts tell apart by address, form or words; all events that do not say are one.
"""

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


@session(absent=0)
def session_total_key_events(is_key_event: Events[Bool]) -> Int64:
    """How many key events (conversions) there were."""
    return is_key_event.where(is_key_event).count()


@session(absent=0)
def session_total_scrolls(is_scroll: Events[Bool]) -> Int64:
    """How many pages were scrolled down."""
    return is_scroll.where(is_scroll).count()


@session(absent=0)
def session_total_outbound_clicks(is_outbound_click: Events[Bool]) -> Int64:
    """How many clicks led away from the site."""
    return is_outbound_click.where(is_outbound_click).count()


@session(absent=0)
def session_unique_outbound_clicks(clicked_url: Events[String], is_outbound_click: Events[Bool]) -> Int64:
    """To how many different addresses clicks led away from the site."""
    return ops.coalesce(clicked_url, "").where(is_outbound_click).distinct_count()


@session(absent=0)
def session_total_file_downloads(is_file_download: Events[Bool]) -> Int64:
    """How many times a file was loaded."""
    return is_file_download.where(is_file_download).count()


@session(absent=0)
def session_unique_file_downloads(downloaded_url: Events[String], is_file_download: Events[Bool]) -> Int64:
    """How many different files were loaded."""
    return ops.coalesce(downloaded_url, "").where(is_file_download).distinct_count()


@session(absent=0)
def session_total_form_interactions(is_form_interaction: Events[Bool]) -> Int64:
    """How many times a form was begun or sent; 0 for Matomo, which does not tell."""
    return is_form_interaction.where(is_form_interaction).count()


@session(absent=0)
def session_unique_form_interactions(form_id: Events[String], is_form_interaction: Events[Bool]) -> Int64:
    """How many different forms were begun or sent: begun and then sent is one."""
    return ops.coalesce(form_id, "").where(is_form_interaction).distinct_count()


@session(absent=0)
def session_total_site_searches(is_site_search: Events[Bool]) -> Int64:
    """How many searches there were on the site."""
    return is_site_search.where(is_site_search).count()


@session(absent=0)
def session_unique_site_searches(searched_term: Events[String], is_site_search: Events[Bool]) -> Int64:
    """How many different words were searched for, capital letters told apart."""
    return ops.coalesce(searched_term, "").where(is_site_search).distinct_count()


@session(absent=0)
def session_total_video_engagements(is_video_engagement: Events[Bool]) -> Int64:
    """How many times a video was begun, watched on (each report of the player) or finished."""
    return is_video_engagement.where(is_video_engagement).count()
