"""Campaigns that a page's code gives the tag (`gtag("set", {campaign: ...})`), or a server states."""

from tracker.columns import String, event, lists
from tracker.columns.core import attribution
from tracker.columns.core.campaign import CampaignNames
from tracker.protocols.ga4.columns import GA4


@event(protocol=GA4, implements=attribution.given_campaign)
def ga4_given_campaign(
    params_campaign_source: String,
    params_campaign_medium: String,
    params_campaign: String,
    params_campaign_term: String,
    params_campaign_content: String,
    params_campaign_id: String,
) -> CampaignNames:
    """The campaign that code gave the tag."""
    return lists.struct(
        source=params_campaign_source,
        medium=params_campaign_medium,
        campaign=params_campaign,
        term=params_campaign_term,
        content=params_campaign_content,
        id=params_campaign_id,
    )
