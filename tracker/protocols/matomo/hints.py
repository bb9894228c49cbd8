"""Client hints as Matomo's tags send them: one JSON object."""

from typing import Annotated, Any

import orjson
import pyarrow as pa

from tracker.columns import Bool, String, event, ops, param, struct_of
from tracker.columns.core import hints
from tracker.protocols.matomo.columns import MATOMO

Hints = Annotated[
    pa.StructArray, struct_of(brands=String, mobile=Bool, model=String, platform=String, platform_version=String)
]

matomo_client_hints = param("uadata", type=String, protocol=MATOMO, doc="Client hints as JSON.")


@event(stored=False, protocol=MATOMO)
def matomo_hints(matomo_client_hints: String) -> Hints:
    """The client hints taken apart; null where they are no JSON object."""
    return ops.per_distinct(matomo_client_hints, hints_of, Hints)


@event(protocol=MATOMO, implements=hints.sent_hint_brands)
def matomo_hint_brands(matomo_hints: Hints) -> String:
    """Brands with their versions."""
    return ops.field(matomo_hints, "brands")


@event(protocol=MATOMO, implements=hints.sent_hint_mobile)
def matomo_hint_mobile(matomo_hints: Hints) -> Bool:
    """Whether it is a mobile device."""
    return ops.field(matomo_hints, "mobile")


@event(protocol=MATOMO, implements=hints.sent_hint_model)
def matomo_hint_model(matomo_hints: Hints) -> String:
    """The device's model."""
    return ops.field(matomo_hints, "model")


@event(protocol=MATOMO, implements=hints.sent_hint_platform)
def matomo_hint_platform(matomo_hints: Hints) -> String:
    """The operating system."""
    return ops.field(matomo_hints, "platform")


@event(protocol=MATOMO, implements=hints.sent_hint_platform_version)
def matomo_hint_platform_version(matomo_hints: Hints) -> String:
    """The operating system's version."""
    return ops.field(matomo_hints, "platform_version")


def hints_of(text: str) -> dict[str, Any] | None:
    """The known members of the object, without those that are empty or of another type."""
    try:
        sent = orjson.loads(text)
    except ValueError:
        return None
    if not isinstance(sent, dict):
        return None
    return {
        "brands": _brands(sent.get("fullVersionList")) or _brands(sent.get("brands")),
        "mobile": sent["mobile"] if isinstance(sent.get("mobile"), bool) else None,
        "model": _text(sent.get("model")) or None,
        "platform": _text(sent.get("platform")) or None,
        "platform_version": _text(sent.get("platformVersion")) or None,
    }


def _brands(sent: object) -> str | None:
    some = [one for one in sent if isinstance(one, dict)] if isinstance(sent, list) else []
    return hints.brands_text((_text(one.get("brand")), _text(one.get("version"))) for one in some)


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
