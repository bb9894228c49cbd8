"""Campaign parameters and click ids of the page's URL, as they stood there; the first non-empty one counts.

A protocol may bring names of its own for the parts of a campaign: they count where the URL has no `utm_*` parameter.
"""

from typing import Annotated

import pyarrow as pa

from tracker.columns import ops
from tracker.columns.core.url import UrlFacts
from tracker.columns.types import String, struct_of
from tracker.columns.words import declare, event

CampaignNames = Annotated[
    pa.StructArray,
    struct_of(source=String, medium=String, campaign=String, term=String, content=String, id=String),
]

protocol_campaign = declare(
    CampaignNames, stored=False, doc="The parts of a campaign in names that only the protocol has."
)


@event
def utm_source(url: UrlFacts, protocol_campaign: CampaignNames) -> String:
    """Traffic source that the link names (utm_source; of Matomo also mtm_source)."""
    return ops.coalesce(ops.field(url, "utm_source"), ops.field(protocol_campaign, "source"))


@event
def utm_medium(url: UrlFacts, protocol_campaign: CampaignNames) -> String:
    """Traffic medium that the link names (utm_medium; of Matomo also mtm_medium)."""
    return ops.coalesce(ops.field(url, "utm_medium"), ops.field(protocol_campaign, "medium"))


@event
def utm_campaign(url: UrlFacts, protocol_campaign: CampaignNames) -> String:
    """Campaign that the link names (utm_campaign; of Matomo also mtm_campaign)."""
    return ops.coalesce(ops.field(url, "utm_campaign"), ops.field(protocol_campaign, "campaign"))


@event
def utm_term(url: UrlFacts, protocol_campaign: CampaignNames) -> String:
    """Paid keyword that the link names (utm_term; of Matomo also mtm_kwd)."""
    return ops.coalesce(ops.field(url, "utm_term"), ops.field(protocol_campaign, "term"))


@event
def utm_content(url: UrlFacts, protocol_campaign: CampaignNames) -> String:
    """Which link or ad of a campaign it was (utm_content; of Matomo also mtm_content)."""
    return ops.coalesce(ops.field(url, "utm_content"), ops.field(protocol_campaign, "content"))


@event
def utm_id(url: UrlFacts, protocol_campaign: CampaignNames) -> String:
    """Campaign id that the link names (utm_id; of Matomo also mtm_cid)."""
    return ops.coalesce(ops.field(url, "utm_id"), ops.field(protocol_campaign, "id"))


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
