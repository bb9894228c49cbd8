"""Campaign parameters and click ids of the page's URL, as they stood there; the first non-empty one counts."""

from tracker.columns import ops
from tracker.columns.core.url import UrlFacts
from tracker.columns.types import String
from tracker.columns.words import event


@event
def utm_source(url: UrlFacts) -> String:
    """Traffic source that the link names (utm_source)."""
    return ops.field(url, "utm_source")


@event
def utm_medium(url: UrlFacts) -> String:
    """Traffic medium that the link names (utm_medium)."""
    return ops.field(url, "utm_medium")


@event
def utm_campaign(url: UrlFacts) -> String:
    """Campaign that the link names (utm_campaign)."""
    return ops.field(url, "utm_campaign")


@event
def utm_term(url: UrlFacts) -> String:
    """Paid keyword that the link names (utm_term)."""
    return ops.field(url, "utm_term")


@event
def utm_content(url: UrlFacts) -> String:
    """Which link or ad of a campaign it was (utm_content)."""
    return ops.field(url, "utm_content")


@event
def utm_id(url: UrlFacts) -> String:
    """Campaign id that the link names (utm_id)."""
    return ops.field(url, "utm_id")


@event
def utm_source_platform(url: UrlFacts) -> String:
    """Platform the traffic was bought on (utm_source_platform)."""
    return ops.field(url, "utm_source_platform")


@event
def utm_creative_format(url: UrlFacts) -> String:
    """Kind of creative (utm_creative_format)."""
    return ops.field(url, "utm_creative_format")


@event
def utm_marketing_tactic(url: UrlFacts) -> String:
    """Targeting tactic (utm_marketing_tactic)."""
    return ops.field(url, "utm_marketing_tactic")


@event
def click_id_gclid(url: UrlFacts) -> String:
    """Google Ads click id."""
    return ops.field(url, "gclid")


@event
def click_id_dclid(url: UrlFacts) -> String:
    """Display & Video 360 click id."""
    return ops.field(url, "dclid")


@event
def click_id_gbraid(url: UrlFacts) -> String:
    """Google click id, web to app on iOS."""
    return ops.field(url, "gbraid")


@event
def click_id_wbraid(url: UrlFacts) -> String:
    """Google click id, app to web on iOS."""
    return ops.field(url, "wbraid")


@event
def click_id_srsltid(url: UrlFacts) -> String:
    """Google Shopping listing click id."""
    return ops.field(url, "srsltid")


@event
def click_id_fbclid(url: UrlFacts) -> String:
    """Meta click id."""
    return ops.field(url, "fbclid")


@event
def click_id_msclkid(url: UrlFacts) -> String:
    """Microsoft Ads click id."""
    return ops.field(url, "msclkid")
