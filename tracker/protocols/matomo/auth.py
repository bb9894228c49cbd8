"""Tokens: who may say where and when a hit happened. And all else that a property may set for Matomo's tags."""

from ipaddress import ip_network

from pydantic import Field, SecretStr, field_validator

from tracker.config import Properties, PropertySettings
from tracker.protocols.matomo.campaigns import EXCLUDED_PARAMS
from tracker.protocols.tokens import is_among


class MatomoSettings(PropertySettings):
    """What a property adds for Matomo's tags."""

    tokens: tuple[SecretStr, ...] = ()
    """Values of `token_auth` that may set a hit's address and place, and times more than a day ago. Never stored."""
    matomo_excluded_url_params: tuple[str, ...] = EXCLUDED_PARAMS
    """Parameters that Matomo hits lose of `page_location` and `page_path` besides `excluded_url_params`: campaigns,
    click ids and session ids. Of query, fragment and path (`;jsessionid=...`), in any case; a `*` stands for any
    characters.
    """
    bulk_requests_require_authentication: bool = False
    """Take Matomo hits out of bulk requests only with one of the tokens."""
    bulk_max_entries: int = Field(2_000, ge=1)
    """Most entries of one Matomo bulk request; of one with more nothing is accepted. Only in `[defaults]`: the entries
    of one request may be of several properties.
    """
    goals: tuple[int, ...] = ()
    """Ids of the property's goals: Matomo hits that reach another one are refused, as in Matomo. Empty: none is."""
    exclude_bots: bool = True
    """Leave out Matomo hits of known bots, unless they say `bots=1`. They are counted as filtered."""
    respect_do_not_track: bool = False
    """Leave out Matomo hits of browsers that send `DNT: 1`."""
    excluded_addresses: tuple[str, ...] = ()
    """Leave out Matomo hits from these networks, written as `192.0.2.0/24` or `2001:db8::1`."""
    excluded_user_agents: tuple[str, ...] = ()
    """Leave out Matomo hits whose user agent holds one of these texts, in upper or lower case."""
    exclude_unknown_hosts: bool = False
    """Leave out Matomo hits of pages on none of the property's `domains`, and of no page at all."""
    site_search_parameters: tuple[str, ...] = (
        "q", "query", "s", "search", "searchword", "k", "keyword", "keywords",
    )  # fmt: skip
    """Parameters of a page's URL that hold words searched for: a page view with one of them is a `site_search`, as in
    Matomo. Empty: only the tag itself reports searches.
    """
    site_search_category_parameters: tuple[str, ...] = ()
    """Parameters of the URL of such a page that hold the category that was searched in."""

    @field_validator("excluded_addresses")
    @classmethod
    def _networks(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return tuple(str(ip_network(text, strict=False)) for text in texts)
        except ValueError as error:
            raise ValueError(f"{error}; write for example 192.0.2.0/24") from None


def is_authorised(token: str, settings: MatomoSettings) -> bool:
    """True when `token` is one of the property's. Takes as long for a wrong token as for a right one."""
    return is_among(token, settings.tokens)


def is_known(token: str, properties: Properties[MatomoSettings]) -> bool:
    """True when `token` is one of any property's."""
    every = (settings.tokens for settings in (properties.default, *properties.known.values()))
    return is_among(token, (one for tokens in every for one in tokens))
