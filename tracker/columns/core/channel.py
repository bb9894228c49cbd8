"""Default channel groups, in the sense of GA4: the first of `CHANNELS` that fits source and medium."""

import re
from collections.abc import Callable
from functools import lru_cache

from tracker.columns.core.hosts import normal_host
from tracker.columns.core.referrers import names_of, site_at
from tracker.columns.core.traffic_rules import DIRECT

UNASSIGNED = "Unassigned"
_PAID = re.compile(r".*cp.*|ppc|retargeting|paid.*|sem")
Fits = Callable[[str, str, str | None], bool]
"""Given source, medium, and the list that the source is on."""


def channel_group(source: str, medium: str) -> str:
    """The channel of a source and medium as `session_source` and `session_medium` have them."""
    kind = _list_of(source)
    return next((channel for channel, fits in CHANNELS if fits(source, medium, kind)), UNASSIGNED)


def _is_paid(medium: str) -> bool:
    return bool(_PAID.fullmatch(medium))


def _medium(*media: str) -> Fits:
    return lambda source, medium, kind: medium in media


def _paid_on(listed: str) -> Fits:
    return lambda source, medium, kind: _is_paid(medium) and kind == listed


def _free_on(listed: str, *media: str) -> Fits:
    return lambda source, medium, kind: not _is_paid(medium) and (kind == listed or medium in media)


def _email(source: str, medium: str, kind: str | None) -> bool:
    names = ("email", "e-mail", "e_mail", "newsletter")
    return medium in names or source in names or (kind == "webmail" and not _is_paid(medium))


def _sms(source: str, medium: str, kind: str | None) -> bool:
    return "sms" in (source, medium)


def _push(source: str, medium: str, kind: str | None) -> bool:
    return medium.endswith("push") or "notification" in medium or source == "firebase"


CHANNELS: tuple[tuple[str, Fits], ...] = (
    ("Direct", lambda source, medium, kind: source == DIRECT),
    ("Email", _medium("email", "e-mail", "e_mail")),
    ("SMS", _sms),
    ("Push", _push),
    ("Affiliates", _medium("affiliate", "affiliates")),
    ("Paid Search", _paid_on("search_engines")),
    ("Paid Social", _paid_on("social_networks")),
    ("Paid Video", _paid_on("video_sites")),
    ("Display", _medium("display", "banner", "expandable", "interstitial", "cpm", "programmatic")),
    ("Paid Search", _medium("cpc", "ppc", "sem", "paidsearch", "paid-search", "paid_search")),
    ("Paid Social", _medium("paidsocial", "paid-social", "paid_social")),
    ("Paid Video", _medium("cpv", "paidvideo", "paid-video", "paid_video")),
    ("AI Assistants", _free_on("ai_assistants", "ai", "llm", "ai-assistant", "chatbot")),
    ("Organic Social", _free_on("social_networks", "social", "social-network", "social-media", "social_media", "sm")),
    ("Organic Video", _free_on("video_sites", "video")),
    ("Email", _email),
    ("Organic Search", _free_on("search_engines", "organic", "organic-shopping")),
    ("Referral", _medium("referral", "app", "link")),
)  # fmt: skip
"""Channel groups with what fits them, in the order in which they are asked."""
_LISTS = ("search_engines", "ai_assistants", "video_sites", "social_networks", "webmail")


@lru_cache(maxsize=4_096)
def _list_of(source: str) -> str | None:
    """The list that a source is on, by its name (`google`), host (`www.google.com`) or short name (`fb`)."""
    for kind in _LISTS:
        if source in names_of(kind):
            return kind
    host = normal_host(source)
    site = site_at(host) if host else None
    return site.kind if site else None
