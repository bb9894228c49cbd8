"""The JSON body of a Measurement Protocol request."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from tracker.protocols.ga4.mp.reserved import MAX_BODY

_PERSONAL: Final = frozenset({"user_data", "api_secret", "ip_override"})


@dataclass(frozen=True, slots=True)
class Body:
    """A body that could be read."""

    content: Mapping[str, Any]
    events: Sequence[object]
    """As sent; each may be anything."""
    is_mended: bool = False
    """True where the body is no JSON by the letter."""

    @property
    def is_strict(self) -> bool:
        """True where the sender wants refused what GA4 would only mend."""
        return self.content.get("validation_behavior") == "ENFORCE_RECOMMENDATIONS"


def read_body(raw: bytes) -> Body | None:
    """The body; None where it is no JSON object. One object for `events` is one event: some clients send it so."""
    is_mended = False
    try:
        content = orjson.loads(raw)
    except ValueError:
        is_mended, content = True, _nearly_json(raw) if len(raw) < MAX_BODY else None
    if not isinstance(content, dict):
        return None
    events = content.get("events")
    if isinstance(events, dict):
        return Body(content, [events], is_mended)
    return Body(content, events if isinstance(events, list) else [], is_mended)


def _nearly_json(raw: bytes) -> object:
    """What senders meant whose one bad value would cost all their events; None where it is nothing like JSON.

    They cut a title within an emoji and send half of it, write NaN, line ends within text or bytes that are no
    UTF-8, or begin with a byte order mark. Numbers that are none become null, half an emoji a question mark.
    """
    try:
        content = json.loads(
            raw.decode("utf-8-sig", "replace"), strict=False, parse_constant=lambda _: None, parse_float=_finite
        )
        return orjson.loads(json.dumps(content, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


def _finite(written: str) -> float | None:
    number = float(written)
    return number if math.isfinite(number) else None


def without_personal(event: Mapping[str, Any]) -> dict[str, Any]:
    """An event without what must never be stored, should someone have put it there."""
    kept = {name: value for name, value in event.items() if name not in _PERSONAL}
    params = kept.get("params")
    if isinstance(params, dict) and not _PERSONAL.isdisjoint(params):
        kept["params"] = {name: value for name, value in params.items() if name not in _PERSONAL}
    return kept


def identifier(said: object) -> str | None:
    """An id as text: some clients send numbers. None where there is none."""
    if isinstance(said, str):
        return said
    return str(said) if isinstance(said, int | float) and not isinstance(said, bool) else None
