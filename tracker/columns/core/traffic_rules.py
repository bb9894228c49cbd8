"""The rules that decide a visit's source and medium: the first that applies to the event counts.

A rule's name is the `session_source_rule` that analysts see, its docstring the documentation.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tracker.columns.core.click_ids import Click, click_ids
from tracker.columns.core.referrers import Site, is_app, referrer_host, site_of_referrer, words_searched

NOT_SET = "(not set)"
"""The half of source and medium that a link leaves open."""
DIRECT = "(direct)"
NO_MEDIUM = "(none)"
_UNWANTED = str.maketrans(dict.fromkeys("/\\?&=#"))


@dataclass(frozen=True, slots=True)
class Traffic:
    """What an event says of where its visitor came from; None where it says nothing."""

    given_source: str | None = None
    """Source that code gave the tag."""
    given_medium: str | None = None
    source: str | None = None
    """Source that the page's URL names."""
    medium: str | None = None
    click: Click | None = None
    referrer: str | None = None
    """URL of the page before, where another site led here."""
    site: Site | None = None
    """What the lists know of the referrer."""
    has_campaign: bool = False
    """Whether a campaign is named in any other way."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What a rule decides."""

    source: str
    medium: str
    term: str | None = None


Rule = Callable[[Traffic], Origin | None]


def campaign_override(traffic: Traffic) -> Origin | None:
    """Code of the page gave the tag a source or medium (GA4's `campaign_source`, `campaign_medium`)."""
    return _named(traffic, traffic.given_source, traffic.given_medium)


def campaign_parameters(traffic: Traffic) -> Origin | None:
    """The link names a source or medium: `utm_source`, `utm_medium`; of Matomo also `mtm_source`, `mtm_medium` and
    their other spellings.
    """
    return _named(traffic, traffic.source, traffic.medium)


def paid_click_id(traffic: Traffic) -> Origin | None:
    """The link carries the click id of an advertisement, such as `gclid`."""
    return _clicked(traffic) if traffic.click and traffic.click.is_paid else None


def click_id(traffic: Traffic) -> Origin | None:
    """The link carries a click id that is not only for advertisements, such as `fbclid`, and no other site is the
    referrer: links are copied with their ids.
    """
    if traffic.click is None or (traffic.referrer and not (traffic.site and traffic.site.name == traffic.click.source)):
        return None
    return _clicked(traffic)


def search_engine(traffic: Traffic) -> Origin | None:
    """The referrer is a search engine. The words searched for, where it tells them, are the term."""
    origin = _listed(traffic, "search_engines", "organic")
    if origin is None or traffic.site is None:
        return None
    return Origin(origin.source, origin.medium, words_searched(traffic.referrer or "", traffic.site.keywords))


def ai_assistant(traffic: Traffic) -> Origin | None:
    """The referrer is an assistant that answers in words."""
    return _listed(traffic, "ai_assistants", "ai")


def video_site(traffic: Traffic) -> Origin | None:
    """The referrer is a site or app for videos."""
    return _listed(traffic, "video_sites", "video")


def social_network(traffic: Traffic) -> Origin | None:
    """The referrer is a social network."""
    return _listed(traffic, "social_networks", "social")


def webmail(traffic: Traffic) -> Origin | None:
    """The referrer is a mailbox in the browser, or an app for mail."""
    return _listed(traffic, "webmail", "email")


def referring_app(traffic: Traffic) -> Origin | None:
    """The referrer is any other app; the source is its package."""
    host = _host(traffic)
    return Origin(host.partition("://")[2], "referral") if host and is_app(host) else None


def referring_site(traffic: Traffic) -> Origin | None:
    """The referrer is any other site; the source is its host without `www.`."""
    host = _host(traffic)
    return Origin(host.removeprefix("www."), "referral") if host else None


def campaign_name(traffic: Traffic) -> Origin | None:
    """The event names a campaign, its content, term or id, and nothing tells its source."""
    return Origin(NOT_SET, NOT_SET) if traffic.has_campaign else None


def direct(_: Traffic) -> Origin | None:
    """No event of the session says where the visitor came from."""
    return Origin(DIRECT, NO_MEDIUM)


RULES: tuple[Rule, ...] = (
    campaign_override, campaign_parameters, paid_click_id, click_id, search_engine, ai_assistant, video_site,
    social_network, webmail, referring_app, referring_site, campaign_name, direct,
)  # fmt: skip
"""In this order."""


def decide(
    given_source: str | None,
    given_medium: str | None,
    source: str | None,
    medium: str | None,
    click_name: str | None,
    referrer: str | None,
    has_campaign: bool | None,
) -> tuple[str, str, str | None, str]:
    """Source, medium, the words searched for, and the name of the rule that decided."""
    traffic = Traffic(
        cleaned(given_source),
        cleaned(given_medium),
        cleaned(source),
        cleaned(medium),
        click_ids().get(click_name) if click_name else None,
        referrer,
        site_of_referrer(referrer) if referrer else None,
        bool(has_campaign),
    )
    for rule in RULES:
        origin = rule(traffic)
        if origin is not None:
            return origin.source, origin.medium, cleaned(origin.term), rule.__name__
    raise AssertionError("the last rule always applies")


def cleaned(text: str | None) -> str | None:
    r"""Lower case, without blanks at its ends and any of `/ \ ? & = #`, other blanks as hyphens; None for nothing."""
    return "-".join((text or "").translate(_UNWANTED).lower().split()) or None


def _named(traffic: Traffic, source: str | None, medium: str | None) -> Origin | None:
    """Source and medium as named; what only one of them names is taken from the same link's click id."""
    if source is None and medium is None:
        return None
    click = traffic.click
    return Origin(source or (click.source if click else NOT_SET), medium or (click.medium if click else NOT_SET))


def _clicked(traffic: Traffic) -> Origin | None:
    return Origin(traffic.click.source, traffic.click.medium) if traffic.click else None


def _listed(traffic: Traffic, kind: str, medium: str) -> Origin | None:
    return Origin(traffic.site.name, medium) if traffic.site and traffic.site.kind == kind else None


def _host(traffic: Traffic) -> str | None:
    return referrer_host(traffic.referrer) if traffic.referrer else None
