"""Tokens: who may say where and when a hit happened."""

from collections.abc import Iterable
from hmac import compare_digest

from pydantic import SecretStr

from tracker.config import Properties, PropertySettings


class MatomoSettings(PropertySettings):
    """What a property adds for Matomo's tags."""

    tokens: tuple[SecretStr, ...] = ()
    """Values of `token_auth` that may set a hit's address and place, and times more than a day ago. Never stored."""


def is_authorised(token: str, settings: MatomoSettings) -> bool:
    """True when `token` is one of the property's. Takes as long for a wrong token as for a right one."""
    return _is_among(token, settings.tokens)


def is_known(token: str, properties: Properties[MatomoSettings]) -> bool:
    """True when `token` is one of any property's."""
    every = (settings.tokens for settings in (properties.default, *properties.known.values()))
    return _is_among(token, (one for tokens in every for one in tokens))


def _is_among(token: str, tokens: Iterable[SecretStr]) -> bool:
    if not token:
        return False
    sent = token.encode()
    return sum(compare_digest(sent, one.get_secret_value().encode()) for one in tokens) > 0
