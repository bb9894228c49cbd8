"""What all events of a request share, in the form in which their hits keep it.

Each hit holds a copy, so it is bounded: of a request's shared parts a hit keeps members with known names, their text
cut, and user properties up to 4 kB. Larger ones stand on the first hit alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from tracker.protocols.ga4.mp.body import Body
from tracker.protocols.ga4.mp.columns import DEVICE, PLACE
from tracker.protocols.ga4.mp.times import event_time

CONSENT: Final = ("ad_user_data", "ad_personalization")
MEMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    "consent": CONSENT,
    "user_location": tuple(PLACE),
    "device": (*DEVICE, "language", "screen_resolution"),
}
"""Members of the request's objects. Nothing else of them is kept."""
VALUES: Final = ("language", "non_personalized_ads")
MAX_TEXT: Final = 256
"""Characters of one text that are kept."""
MAX_PROPERTIES: Final = 4_096
"""Bytes of JSON up to which user properties are copied into every hit: twice what GA4 accepts, 25 of 60 characters."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What the hits of one request have in common. `user_data`, hashed but personal, is not among it."""

    facts: Mapping[str, Any]
    user_properties: Mapping[str, Any]
    """As sent: each an object around its value, though some clients send the value alone."""
    is_large: bool
    """True where only one hit of the request may hold the user properties."""
    refused: tuple[str, str] | None
    """Reason and detail, where user properties were left out."""

    @classmethod
    def of(cls, body: Body, now: int) -> "Shared":
        """The shared parts of a request that was received at `now`."""
        facts: dict[str, Any] = {name: kept for name in MEMBERS if (kept := _members(name, body.content.get(name)))}
        facts |= {name: value for name in VALUES if (value := _scalar(body.content.get(name))) is not None}
        properties = body.content.get("user_properties")
        if not isinstance(properties, dict):
            return cls(facts, {}, False, None)
        timely = _timely(properties, body, now) if body.is_strict else properties
        try:
            size = len(orjson.dumps(timely))
        except TypeError:  # nested deeper than JSON can be written
            return cls(facts, {}, False, ("unreadable", "user_properties is nested too deeply"))
        late = len(properties) - len(timely)
        refused = ("user_property_too_old", f"{late} user properties are older than 72 hours") if late else None
        return cls(facts, timely, size > MAX_PROPERTIES, refused)

    def content(self, event: Mapping[str, Any], is_first: bool) -> bytes:
        """The body of the hit of `event`, a request of its own. Raises TypeError for an event that is nested too
        deeply.
        """
        properties = {} if self.is_large and not is_first else self.user_properties
        return orjson.dumps(
            {**self.facts, **({"user_properties": properties} if properties else {}), "events": [event]}
        )


def _timely(properties: Mapping[str, Any], body: Body, now: int) -> dict[str, Any]:
    """Those whose time, their own or else the request's, is none of more than 72 hours ago."""
    outer = body.content.get("timestamp_micros")
    times = {
        name: said.get("timestamp_micros") if isinstance(said, dict) else None for name, said in properties.items()
    }
    return {
        name: properties[name]
        for name, own in times.items()
        if event_time(outer if own is None else own, now).refused != "too_old"
    }


def _members(name: str, said: object) -> dict[str, Any]:
    if not isinstance(said, dict):
        return {}
    return {member: value for member in MEMBERS[name] if (value := _scalar(said.get(member))) is not None}


def _scalar(said: object) -> str | int | float | None:
    """Text, cut; a number, true or false; None for anything else."""
    if isinstance(said, str):
        return said[:MAX_TEXT]
    return said if isinstance(said, int | float) else None
