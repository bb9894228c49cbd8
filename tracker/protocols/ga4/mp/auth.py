"""API secrets: who may send a property events from a server."""

from pydantic import SecretStr

from tracker.config import PropertySettings
from tracker.protocols.tokens import is_among


class MeasurementSettings(PropertySettings):
    """What a property adds for the Measurement Protocol."""

    api_secrets: tuple[SecretStr, ...] = ()
    """Values of `api_secret` with which servers may send events; with none, anyone may. Never stored."""


def is_authorised(secret: str, settings: MeasurementSettings) -> bool:
    """True when `secret` is one of the property's, or it has none. A wrong one takes as long as a right one."""
    return not settings.api_secrets or is_among(secret, settings.api_secrets)
