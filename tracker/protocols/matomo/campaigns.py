"""Campaigns as Matomo's tags name them: in the page's URL, in its fragment, or as parameters of the hit itself.

Two readings of one link. The `utm_*` columns, shared with other protocols, take an explicit `utm_*` parameter first and
Matomo's own name for the same thing else. `matomo_campaign_name` and `matomo_campaign_keyword` are Matomo's reading:
the first of its names that has a value, in its order, which makes a lone `utm_source` a campaign.
"""

import re
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import unquote_plus

import pyarrow as pa

from tracker.columns import Bool, Int64, String, event, lists, ops, param
from tracker.columns.core import campaign, pages, url
from tracker.columns.types import struct_of
from tracker.columns.words import setting
from tracker.protocols.matomo.columns import MATOMO

NAMES = (
    "pk_cpn", "pk_campaign", "piwik_campaign", "mtm_campaign", "matomo_campaign", "utm_campaign", "utm_source",
    "utm_medium",
)  # fmt: skip
"""What names a campaign, first come first."""
KEYWORDS = ("pk_kwd", "pk_keyword", "piwik_kwd", "mtm_kwd", "mtm_keyword", "matomo_kwd", "utm_term")
"""What names its keyword."""
IGNORE_REFERRER = ("ignore_referrer", "ignore_referer")


def _forms(name: str) -> tuple[str, ...]:
    return tuple(f"{prefix}_{name}" for prefix in ("mtm", "pk", "matomo", "piwik"))


OWN: Mapping[str, tuple[str, ...]] = {
    "campaign": NAMES[:5],
    "source": _forms("source"),
    "medium": _forms("medium"),
    "term": KEYWORDS[:6],
    "content": _forms("content"),
    "id": _forms("cid"),
    "group": _forms("group"),
    "placement": _forms("placement"),
}
"""Matomo's own names of each part of a campaign."""
_OWN_NAMES = tuple(name for names in OWN.values() for name in names)
CAMPAIGN_PARAMS = tuple(dict.fromkeys((*NAMES, *KEYWORDS, *_OWN_NAMES)))
"""Every parameter that names some part of a campaign."""
EXCLUDED_PARAMS = (
    *CAMPAIGN_PARAMS, "utm_content", "utm_id", "utm_source_platform", "utm_creative_format", "utm_marketing_tactic",
    "gclid", "dclid", "gbraid", "wbraid", "fbclid", "fb_*", "msclkid", "twclid", "yclid", "phpsessid", "jsessionid",
    "sessionid", "aspsessionid*", "doing_wp_cron", "sid", "pk_vid",
)  # fmt: skip
"""What Matomo's own server removes from URLs: campaigns, click ids, session ids."""
MAX_NAME = 255

LinkFacts = Annotated[
    pa.StructArray,
    struct_of(name=String, keyword=String, ignore_referrer=Bool, **dict.fromkeys(OWN, String)),
]

matomo_sent_name = param(*NAMES, type=String, protocol=MATOMO, doc="Campaign that the hit itself names.")
matomo_sent_keyword = param(*KEYWORDS, type=String, protocol=MATOMO, doc="Keyword that the hit itself names.")
matomo_sent_campaign = param("utm_campaign", *OWN["campaign"], type=String, protocol=MATOMO, doc="The hit's campaign.")
matomo_sent_source = param("utm_source", *OWN["source"], type=String, protocol=MATOMO, doc="The hit's source.")
matomo_sent_medium = param("utm_medium", *OWN["medium"], type=String, protocol=MATOMO, doc="The hit's medium.")
matomo_sent_term = param("utm_term", *OWN["term"], type=String, protocol=MATOMO, doc="The hit's keyword.")
matomo_sent_content = param("utm_content", *OWN["content"], type=String, protocol=MATOMO, doc="The hit's content.")
matomo_sent_id = param("utm_id", *OWN["id"], type=String, protocol=MATOMO, doc="The hit's campaign id.")
matomo_sent_group = param(*OWN["group"], type=String, protocol=MATOMO, doc="The hit's campaign group.")
matomo_sent_placement = param(*OWN["placement"], type=String, protocol=MATOMO, doc="The hit's placement.")
matomo_sent_ignore_referrer = param(*IGNORE_REFERRER, type=String, protocol=MATOMO, doc="Ignore the referrer.")
matomo_conversion_campaign = param("_rcn", type=String, protocol=MATOMO, doc="Campaign that a conversion is owed to.")
matomo_conversion_keyword = param("_rck", type=String, protocol=MATOMO, doc="Keyword that a conversion is owed to.")
matomo_excluded_url_params = setting(
    "matomo_excluded_url_params", String, doc="Parameters that Matomo removes from page URLs, joined by commas."
)


@event(protocol=MATOMO, implements=url.protocol_excluded_params)
def matomo_excluded_params(matomo_excluded_url_params: String) -> String:
    """What the property's Matomo hits lose of their URLs."""
    return matomo_excluded_url_params


@event(protocol=MATOMO, stored=False)
def matomo_link(page_url: String) -> LinkFacts:
    """What the page's URL says in Matomo's own names."""
    return ops.per_distinct(page_url, link_facts, LinkFacts)


@event(protocol=MATOMO, stored=False)
def matomo_link_campaign(matomo_link: LinkFacts, matomo_sent_name: String) -> String:
    """Campaign of the hit, else of the page's URL: lower case, at most 255 characters."""
    sent = ops.known_text(ops.first_characters(ops.lower(ops.strip(matomo_sent_name)), MAX_NAME))
    return ops.coalesce(sent, ops.field(matomo_link, "name"))


@event(protocol=MATOMO, stored=False)
def matomo_link_keyword(matomo_link: LinkFacts, matomo_sent_name: String, matomo_sent_keyword: String) -> String:
    """Keyword from where the campaign's name is: lower case, at most 255 characters."""
    sent = ops.known_text(ops.first_characters(ops.lower(ops.strip(matomo_sent_keyword)), MAX_NAME))
    return ops.if_else(ops.is_known(matomo_sent_name), sent, ops.field(matomo_link, "keyword"))


@event(protocol=MATOMO, stored=False)
def matomo_owed_campaign(matomo_conversion_campaign: String, matomo_goal: Int64) -> String:
    """Campaign that a conversion is owed to, as the tag remembers it; null on all else."""
    is_conversion = ops.at_least(matomo_goal, 0)
    return ops.known_text(ops.lower(ops.strip(ops.only_where(is_conversion, matomo_conversion_campaign))))


@event(protocol=MATOMO)
def matomo_campaign_name(matomo_owed_campaign: String, matomo_link_campaign: String) -> String:
    """Campaign as Matomo reads it, in lower case: the first value of `pk_cpn`, `pk_campaign`, `piwik_campaign`,
    `mtm_campaign`, `matomo_campaign`, `utm_campaign`, `utm_source`, `utm_medium`, of the hit, the page's query or its
    fragment.

    On conversions the campaign that the tag remembers (`_rcn`) goes before all these.
    """
    return ops.coalesce(matomo_owed_campaign, matomo_link_campaign)


@event(protocol=MATOMO)
def matomo_campaign_keyword(
    matomo_owed_campaign: String, matomo_link_keyword: String, matomo_conversion_keyword: String
) -> String:
    """Keyword of that campaign, in lower case: the first value of `pk_kwd`, `pk_keyword`, `piwik_kwd`, `mtm_kwd`,
    `mtm_keyword`, `matomo_kwd`, `utm_term`; of a campaign that the tag remembers its keyword (`_rck`).
    """
    owed = ops.known_text(ops.lower(ops.strip(matomo_conversion_keyword)))
    return ops.if_else(ops.is_known(matomo_owed_campaign), owed, matomo_link_keyword)


@event(protocol=MATOMO)
def matomo_campaign_group(matomo_link: LinkFacts, matomo_sent_group: String) -> String:
    """Group of campaigns that the link names (mtm_group)."""
    return ops.coalesce(ops.field(matomo_link, "group"), matomo_sent_group)


@event(protocol=MATOMO)
def matomo_campaign_placement(matomo_link: LinkFacts, matomo_sent_placement: String) -> String:
    """Where the link stood (mtm_placement)."""
    return ops.coalesce(ops.field(matomo_link, "placement"), matomo_sent_placement)


@event(protocol=MATOMO, implements=campaign.protocol_campaign)
def matomo_protocol_campaign(
    matomo_link: LinkFacts,
    matomo_sent_campaign: String,
    matomo_sent_source: String,
    matomo_sent_medium: String,
    matomo_sent_term: String,
    matomo_sent_content: String,
    matomo_sent_id: String,
) -> campaign.CampaignNames:
    """The parts of a campaign in Matomo's own names; of the page's URL, else of the hit."""
    return lists.struct(
        source=ops.coalesce(ops.field(matomo_link, "source"), matomo_sent_source),
        medium=ops.coalesce(ops.field(matomo_link, "medium"), matomo_sent_medium),
        campaign=ops.coalesce(ops.field(matomo_link, "campaign"), matomo_sent_campaign),
        term=ops.coalesce(ops.field(matomo_link, "term"), matomo_sent_term),
        content=ops.coalesce(ops.field(matomo_link, "content"), matomo_sent_content),
        id=ops.coalesce(ops.field(matomo_link, "id"), matomo_sent_id),
    )


@event(protocol=MATOMO, implements=pages.ignore_referrer)
def matomo_ignore_referrer(matomo_link: LinkFacts, matomo_sent_ignore_referrer: String) -> Bool:
    """True where the page's URL or the hit has `ignore_referrer=1` or `ignore_referer=1`; false where it has another
    value, null where it has none.
    """
    of_link, sent = ops.field(matomo_link, "ignore_referrer"), ops.equal(matomo_sent_ignore_referrer, "1")
    return ops.coalesce(ops.only_where(of_link, of_link), sent, of_link)


def link_facts(page_url: str) -> tuple[str | bool | None, ...] | None:
    """Campaign name and keyword as Matomo reads them, whether to ignore the referrer, and the parts of `OWN`; the
    query's, else the fragment's.
    """
    _, query, fragment = url.parts(page_url)
    places = [_parameters(part) for part in (query, url.fragment_query(fragment)) if part]
    if not any(places):
        return None
    name = keyword = None
    for found in places:
        name = _first(found, NAMES)
        if name:
            keyword = _first(found, KEYWORDS)
            break
    everywhere = {key: value for found in reversed(places) for key, value in found.items()}
    ignored = [everywhere[key] == "1" for key in IGNORE_REFERRER if key in everywhere]
    own = (next((everywhere[key] for key in names if key in everywhere), None) for names in OWN.values())
    return (_tidy(name), _tidy(keyword), any(ignored) if ignored else None, *own)


_KNOWN = re.compile(rf"(?:^|(?<=&))({'|'.join((*CAMPAIGN_PARAMS, *IGNORE_REFERRER))})=([^&]+)")


def _parameters(query: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in _KNOWN.findall(query):
        found.setdefault(key, unquote_plus(value).strip())
    return {key: value for key, value in found.items() if value}


def _first(found: Mapping[str, str], keys: tuple[str, ...]) -> str | None:
    return next((found[key] for key in keys if key in found), None)


def _tidy(text: str | None) -> str | None:
    return text and text.lower()[:MAX_NAME]
