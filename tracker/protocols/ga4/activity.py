"""Which GA4 events are which: the names of enhanced measurement and of Google's recommendations.

What a consent change sends again is none of them.
"""

from tracker.columns import Bool, String, event, ops, param
from tracker.columns.core import activity
from tracker.protocols.ga4.columns import GA4

ga4_conversion = param("_c", type=Bool, protocol=GA4, doc="Set by the tag on what the property calls a key event.")


@event(protocol=GA4, implements=activity.is_conversion)
def ga4_is_conversion(ga4_conversion: Bool) -> Bool:
    """True where the tag marks a key event (_c)."""
    return ops.is_true(ga4_conversion)


@event(stored=False, protocol=GA4)
def ga4_counted_name(name: String, is_consent_update: Bool) -> String:
    """The event's name; null on what a consent change sent again."""
    return ops.only_where(ops.negate(is_consent_update), name)


@event(protocol=GA4, implements=activity.is_scroll)
def ga4_is_scroll(ga4_counted_name: String) -> Bool:
    """True for scroll."""
    return ops.equal(ga4_counted_name, "scroll")


@event(protocol=GA4, implements=activity.is_outbound_click)
def ga4_is_outbound_click(ga4_counted_name: String, params_outbound: Bool) -> Bool:
    """True for click, unless the tag says that the link stays on the site."""
    stays = ops.is_true(ops.negate(params_outbound))
    return ops.both(ops.equal(ga4_counted_name, "click"), ops.negate(stays))


@event(protocol=GA4, implements=activity.is_file_download)
def ga4_is_file_download(ga4_counted_name: String) -> Bool:
    """True for file_download."""
    return ops.equal(ga4_counted_name, "file_download")


@event(protocol=GA4, implements=activity.is_form_interaction)
def ga4_is_form_interaction(ga4_counted_name: String) -> Bool:
    """True for form_start and form_submit."""
    return ops.is_in(ga4_counted_name, ["form_start", "form_submit"])


@event(protocol=GA4, implements=activity.is_site_search)
def ga4_is_site_search(ga4_counted_name: String) -> Bool:
    """True for view_search_results and search."""
    return ops.is_in(ga4_counted_name, ["view_search_results", "search"])


@event(protocol=GA4, implements=activity.is_video_engagement)
def ga4_is_video_engagement(ga4_counted_name: String) -> Bool:
    """True for video_start, video_progress and video_complete."""
    return ops.is_in(ga4_counted_name, ["video_start", "video_progress", "video_complete"])


@event(protocol=GA4, implements=activity.clicked_url)
def ga4_clicked_url(params_link_url: String) -> String:
    """The link's address."""
    return params_link_url


@event(protocol=GA4, implements=activity.downloaded_url)
def ga4_downloaded_url(params_link_url: String, params_file_name: String) -> String:
    """The link's address; without one, the file's name."""
    return ops.coalesce(params_link_url, params_file_name)


@event(protocol=GA4, implements=activity.form_id)
def ga4_form_id(params_form_id: String, params_form_name: String) -> String:
    """The form's id; without one, its name."""
    return ops.coalesce(params_form_id, params_form_name)


@event(protocol=GA4, implements=activity.searched_term)
def ga4_searched_term(params_search_term: String) -> String:
    """The words searched for."""
    return params_search_term
