"""Tokens: who may say where and when a hit happened."""

from pydantic import SecretStr

from tracker.config import Properties, PropertySettings
from tracker.protocols.matomo.campaigns import EXCLUDED_PARAMS
from tracker.protocols.tokens import is_among


class MatomoSettings(PropertySettings):
    """What a property adds for Matomo's tags."""

    tokens: tuple[SecretStr, ...] = ()
    """Values of `token_auth` that may set a hit's address and place, and times more than a day ago. Never stored."""
    matomo_excluded_url_params: tuple[str, ...] = EXCLUDED_PARAMS
    """Parameters that Matomo hits lose of `page_location` and `page_path` besides `excluded_url_params`: campaigns, click
    ids and session ids. Of query, fragment and path (`;jsessionid=...`), in any case; a `*` stands for any characters.
    """
    site_search_parameters: tuple[str, ...] = (
        "q", "query", "s", "search", "searchword", "k", "keyword", "keywords",
    )  # fmt: skip
    """Parameters of a page's URL that hold words searched for: a page view with one of them is a `site_search`, as in
    Matomo. Empty: only the tag itself reports searches.
    """
    site_search_category_parameters: tuple[str, ...] = ()
    """Parameters of the URL of such a page that hold the category that was searched in."""


def is_authorised(token: str, settings: MatomoSettings) -> bool:
    """True when `token` is one of the property's. Takes as long for a wrong token as for a right one."""
    return is_among(token, settings.tokens)


def is_known(token: str, properties: Properties[MatomoSettings]) -> bool:
    """True when `token` is one of any property's."""
    every = (settings.tokens for settings in (properties.default, *properties.known.values()))
    return is_among(token, (one for tokens in every for one in tokens))
