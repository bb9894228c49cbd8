"""The page an event is on."""

from tracker.columns import ops
from tracker.columns.core.url import UrlFacts
from tracker.columns.types import Bool, String
from tracker.columns.words import declare, event


@event
def page_location(url: UrlFacts) -> String:
    """URL of the page, without the parameters that the property excludes; otherwise exactly as sent."""
    return ops.field(url, "location")


@event
def page_hostname(url: UrlFacts) -> String:
    """Host of the page, without port."""
    return ops.field(url, "hostname")


@event
def page_path(url: UrlFacts) -> String:
    """Path of the page, percent-decoded, without query and fragment."""
    return ops.field(url, "path")


page_title = declare(String, doc="Title of the page.")
page_referrer = declare(String, doc="URL of the page before it, exactly as sent.")
ignore_referrer = declare(Bool, doc="True when the tag asks to treat the referrer as absent.")
