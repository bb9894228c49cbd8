"""When a hit happened, as its sender says: `cdt` and `cdo`."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from tracker.clock import DAY, MINUTE, SECOND
from tracker.protocols.matomo.sent import Sent, integer

_DECIMALS = re.compile(r"\.[0-9]+\Z")
_AHEAD = 5 * MINUTE
_FAR_BACK = 20 * 365 * DAY + 5 * DAY


@dataclass(frozen=True, slots=True)
class EventTime:
    """What a sender said about the time of a hit."""

    time: int | None = None
    """Microseconds UTC; None: nothing was said, or it was refused."""
    refused: str | None = None
    """future | too_old | unit | unreadable."""
    needs_token: bool = False
    """A day old or older: only who has a token may say so. The hit is refused, or the past could be poisoned."""


_UNSAID = EventTime()


def event_time(sent: Sent, now: int) -> EventTime:
    """Read `cdt` (seconds, or `YYYY-MM-DD HH:MM:SS` in UTC) less `cdo` (seconds), against the time of receipt.

    An age that cannot be read takes nothing off a time that can.
    """
    said, age = sent.text(b"cdt"), sent.text(b"cdo")
    if not said and not age:
        return _UNSAID
    seconds = integer(age) if age else 0
    if not said and seconds is None:
        return EventTime(refused="unreadable")
    begin = _parse(said) if said else now
    if isinstance(begin, str):
        return EventTime(refused=begin)
    time = begin - abs(seconds or 0) * SECOND
    if time > now + _AHEAD:
        return EventTime(refused="future")
    if time < now - _FAR_BACK:
        return EventTime(refused="too_old")
    return EventTime(time, needs_token=time <= now - DAY)


def _parse(said: str) -> int | str:
    """Microseconds, or why not. Parts of a second are cut off."""
    seconds = integer(_DECIMALS.sub("", said))
    if seconds is not None:
        return seconds * SECOND if abs(seconds) < 100_000_000_000 else "unit"
    try:
        moment = datetime.fromisoformat(said)
        return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()) * SECOND
    except (ValueError, OverflowError):
        return "unreadable"
