"""When an event happened, as its sender says: `timestamp_micros`, of the event or of the request."""

import re
from dataclasses import dataclass
from typing import Final

from tracker.clock import HOUR, MINUTE, SECOND

FAR_BACK: Final = 72 * HOUR
"""How old an event may be."""
AHEAD: Final = 5 * MINUTE
"""How far a sender's clock may be ahead of ours."""

_UNITS: Final = ((10**9, SECOND), (10**12, SECOND // 1000), (10**15, 1))
"""From this number on (and below ten times as much) a time counts in units of so many microseconds: 2001 to 2286."""
_NUMBER: Final = re.compile(r"[0-9]{1,40}(?:\.[0-9]{1,40})?")


@dataclass(frozen=True, slots=True)
class EventTime:
    """What a sender said about the time of an event."""

    time: int | None = None
    """Microseconds UTC, to be used; None: nothing was said, or it was refused."""
    refused: str | None = None
    """future | too_old | unit | unreadable. What is too old has a `time` all the same, moved to the limit."""
    said: int | None = None
    """Microseconds UTC as the sender means them, used or not; None where it cannot be told."""


def event_time(said: object, now: int) -> EventTime:
    """Read a `timestamp_micros` against the time of receipt. Seconds and milliseconds, a common mistake, are understood
    as what they are.
    """
    if said is None:
        return EventTime()
    micros = microseconds(said)
    if isinstance(micros, str):
        return EventTime(refused=micros)
    if micros > now + AHEAD:
        return EventTime(None, "future", micros)
    if micros < now - FAR_BACK:
        return EventTime(now - FAR_BACK, "too_old", micros)
    return EventTime(micros, None, micros)


def microseconds(said: object) -> int | str:
    """A time in microseconds, whatever its unit, or why it is none: `unit`, `unreadable`."""
    number = _number(said)
    if number is None:
        return "unreadable"
    for least, unit in _UNITS:
        if least <= number < 10 * least:
            return round(number * unit)
    return "unit"


def _number(said: object) -> int | float | None:
    if isinstance(said, str):
        text = said.strip()
        if not _NUMBER.fullmatch(text):
            return None
        return float(text) if "." in text else int(text)
    return said if isinstance(said, int | float) and not isinstance(said, bool) else None
