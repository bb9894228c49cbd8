"""Which Matomo actions are which: what sessions count."""

from tracker.columns import Bool, String, event, ops
from tracker.columns.core import activity
from tracker.protocols.matomo.columns import MATOMO


@event(protocol=MATOMO, implements=activity.is_conversion)
def matomo_is_conversion(name: String) -> Bool:
    """True for a reached goal. Orders are named by the setting `key_events`."""
    return ops.equal(name, "goal_conversion")


@event(protocol=MATOMO, implements=activity.is_outbound_click)
def matomo_is_outbound_click(name: String) -> Bool:
    """True for outlink."""
    return ops.equal(name, "outlink")


@event(protocol=MATOMO, implements=activity.is_file_download)
def matomo_is_file_download(name: String) -> Bool:
    """True for download."""
    return ops.equal(name, "download")


@event(protocol=MATOMO, implements=activity.is_site_search)
def matomo_is_site_search(name: String) -> Bool:
    """True for site_search."""
    return ops.equal(name, "site_search")


@event(protocol=MATOMO, implements=activity.is_video_engagement)
def matomo_is_video_engagement(name: String) -> Bool:
    """True for video_play: each report of a player, but none of a video that was only seen."""
    return ops.equal(name, "video_play")


@event(protocol=MATOMO, implements=activity.clicked_url)
def matomo_clicked_url(params_link_url: String) -> String:
    """The link's address."""
    return params_link_url


@event(protocol=MATOMO, implements=activity.downloaded_url)
def matomo_downloaded_url(params_download_url: String) -> String:
    """The file's address."""
    return params_download_url


@event(protocol=MATOMO, implements=activity.searched_term)
def matomo_searched_term(params_search_term: String) -> String:
    """The words searched for."""
    return params_search_term
