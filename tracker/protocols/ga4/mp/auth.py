"""API secrets: who may send a property events from a server."""

from hmac import compare_digest

from pydantic import SecretStr

from tracker.config import PropertySettings


class MeasurementSettings(PropertySettings):
    """What a property adds for the Measurement Protocol."""

    api_secrets: tuple[SecretStr, ...] = ()
    """Values of `api_secret` with which servers may send events; with none, anyone may. Never stored."""


def is_authorised(secret: str, settings: MeasurementSettings) -> bool:
    """True when `secret` is one of the property's, or it has none. A wrong one takes as long as a right one."""
    accepted = settings.api_secrets
    sent = secret.encode()
    return not accepted or sum(compare_digest(sent, one.get_secret_value().encode()) for one in accepted) > 0
