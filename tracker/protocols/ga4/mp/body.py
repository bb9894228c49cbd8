"""The JSON body of a Measurement Protocol request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

_PERSONAL: Final = frozenset({"user_data", "api_secret", "ip_override"})


@dataclass(frozen=True, slots=True)
class Body:
    """A body that could be read."""

    content: Mapping[str, Any]
    events: Sequence[object]
    """As sent; each may be anything."""

    @property
    def is_strict(self) -> bool:
        """True where the sender wants refused what GA4 would only mend."""
        return self.content.get("validation_behavior") == "ENFORCE_RECOMMENDATIONS"


def read_body(raw: bytes) -> Body | None:
    """The body; None where it is no JSON object. One object for `events` is one event: some clients send it so."""
    try:
        content = orjson.loads(raw)
    except ValueError:
        return None
    if not isinstance(content, dict):
        return None
    events = content.get("events")
    if isinstance(events, dict):
        return Body(content, [events])
    return Body(content, events if isinstance(events, list) else [])


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
