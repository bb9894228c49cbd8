"""Where a session came from, all from one event: its first that carries any traffic information.

That is a campaign that code gave the tag, a campaign parameter or click id in the page's URL, or a referrer that is
another site. `traffic_rules` decides source and medium; `channel` groups them.
"""

from typing import Annotated

import pyarrow as pa

from tracker.columns import ops
from tracker.columns.core import channel, traffic_rules
from tracker.columns.core.campaign import CampaignNames
from tracker.columns.core.click_ids import click_id_of
from tracker.columns.core.referrers import leads_here, referrer_host
from tracker.columns.events import Events
from tracker.columns.types import Bool, Enumeration, String, struct_of
from tracker.columns.words import declare, event, session, setting

PARTS = ("source", "medium", "campaign", "term", "content", "id")
"""What a campaign may be made of."""
ClickId = Annotated[pa.StructArray, struct_of(name=String, value=String)]
Decided = Annotated[pa.StructArray, struct_of(source=String, medium=String, words=String, rule=String)]

own_hosts = setting("domains", String, doc="The property's own hosts, joined by commas.")
given_campaign = declare(
    CampaignNames, stored=False, doc="The parts of a campaign that code gave the tag, whatever the page's URL says."
)


@event(stored=False)
def other_referrer(page_referrer: String, page_hostname: String, own_hosts: String, ignore_referrer: Bool) -> String:
    """The referrer, where another site led to the page and the tag does not ask to ignore it."""
    hosts = ops.per_distinct(page_referrer, referrer_host, String)
    elsewhere = ops.per_distinct((hosts, page_hostname, own_hosts), leads_here, Bool)
    return ops.only_where(ops.both(elsewhere, ops.negate(ops.is_true(ignore_referrer))), page_referrer)


@event(stored=False)
def url_click_id(page_url: String) -> ClickId:
    """The click id in the page's URL; of several the first in the order of the list."""
    return ops.per_distinct(page_url, click_id_of, ClickId)


@event(stored=False)
def names_campaign(
    given_campaign: CampaignNames,
    utm_source: String,
    utm_medium: String,
    utm_campaign: String,
    utm_term: String,
    utm_content: String,
    utm_id: String,
) -> Bool:
    """True where the tag's code or the page's URL names any part of a campaign; blanks are no name."""
    given = (ops.field(given_campaign, part) for part in PARTS)
    in_url = (utm_source, utm_medium, utm_campaign, utm_term, utm_content, utm_id)
    return ops.is_known(ops.coalesce(*(ops.known_text(ops.strip(part)) for part in (*given, *in_url))))


@event(stored=False)
def carries_traffic(
    names_campaign: Bool, url_click_id: ClickId, other_referrer: String, is_consent_update: Bool
) -> Bool:
    """True where the event says where its visitor came from. What is sent again after consent says it twice."""
    told = ops.either(ops.is_known(url_click_id), ops.is_known(other_referrer))
    return ops.both(ops.either(names_campaign, told), ops.negate(is_consent_update))


@session(stored=False)
def session_origin(
    given_campaign: Events[CampaignNames],
    utm_source: Events[String],
    utm_medium: Events[String],
    url_click_id: Events[ClickId],
    other_referrer: Events[String],
    names_campaign: Events[Bool],
    carries_traffic: Events[Bool],
) -> Decided:
    """What the rules decide for the event that says where the session came from."""
    told = (
        ops.field(given_campaign, "source").where(carries_traffic).first(),
        ops.field(given_campaign, "medium").where(carries_traffic).first(),
        utm_source.where(carries_traffic).first(),
        utm_medium.where(carries_traffic).first(),
        ops.field(url_click_id, "name").where(carries_traffic).first(),
        other_referrer.where(carries_traffic).first(),
        names_campaign.where(carries_traffic).first(),
    )
    return ops.per_distinct(told, traffic_rules.decide, Decided)


@session
def session_source(session_origin: Decided) -> Enumeration:
    """Where the session came from: a site's name (`google`), a host, or what the campaign says; `(direct)` where
    nothing does. Lower case. Together with the medium by the rule that `session_source_rule` names.
    """
    return ops.field(session_origin, "source")


@session
def session_medium(session_origin: Decided) -> Enumeration:
    """How the session came: organic, cpc, display, affiliate, email, social, video, ai, referral, what the campaign
    says, or `(none)`. Lower case.
    """
    return ops.field(session_origin, "medium")


@session
def session_campaign(
    given_campaign: Events[CampaignNames], utm_campaign: Events[String], carries_traffic: Events[Bool]
) -> String:
    """Campaign of the event that says where the session came from, as it was written."""
    return _part("campaign", given_campaign, utm_campaign, carries_traffic)


@session
def session_content(
    given_campaign: Events[CampaignNames], utm_content: Events[String], carries_traffic: Events[Bool]
) -> String:
    """Which link or ad of the campaign it was, as it was written."""
    return _part("content", given_campaign, utm_content, carries_traffic)


@session
def session_term(
    given_campaign: Events[CampaignNames],
    utm_term: Events[String],
    carries_traffic: Events[Bool],
    session_origin: Decided,
) -> String:
    """Keyword of the campaign; else the words searched for, where a search engine tells them. Lower case, with
    hyphens for blanks.
    """
    named = _part("term", given_campaign, utm_term, carries_traffic)
    return ops.coalesce(ops.per_distinct(named, traffic_rules.cleaned, String), ops.field(session_origin, "words"))


@session
def session_click_id(url_click_id: Events[ClickId], carries_traffic: Events[Bool]) -> String:
    """Click id of the event that says where the session came from; of several that of an advertisement."""
    return ops.field(url_click_id, "value").where(carries_traffic).first()


@session
def session_click_id_name(url_click_id: Events[ClickId], carries_traffic: Events[Bool]) -> Enumeration:
    """Which click id it is: gclid, fbclid, msclkid, ..."""
    return ops.field(url_click_id, "name").where(carries_traffic).first()


@session
def session_channel_group(session_source: String, session_medium: String) -> Enumeration:
    """Default channel group: Direct, Organic Search, Paid Search, Organic Social, Paid Social, Email, Referral,
    Display, Affiliates, Organic Video, Paid Video, AI Assistants, SMS, Push or Unassigned.
    """
    return ops.per_distinct((session_source, session_medium), channel.channel_group, String)


@session
def session_source_rule(session_origin: Decided) -> Enumeration:
    """Name of the rule that decided source and medium, such as campaign_parameters, search_engine or direct."""
    return ops.field(session_origin, "rule")


def _part(name: str, given: Events[CampaignNames], of_url: Events[String], carries_traffic: Events[Bool]) -> String:
    """A part of the campaign: what code gave the tag, else what the URL says."""
    return ops.coalesce(ops.field(given, name), of_url).where(carries_traffic).first()
