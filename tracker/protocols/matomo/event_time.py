"""When a hit happened, as its sender says: `cdt` and `cdo`."""

from dataclasses import dataclass
from datetime import UTC, datetime

from tracker.clock import DAY, MINUTE, SECOND
from tracker.protocols.matomo.sent import Sent, integer

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
    """Read `cdt` (seconds, or `YYYY-MM-DD HH:MM:SS` in UTC) less `cdo` (seconds), against the time of receipt."""
    said, age = sent.text(b"cdt"), sent.text(b"cdo")
    if not said and not age:
        return _UNSAID
    begin: int | str = _parse(said) if said else now
    seconds = integer(age) if age else 0
    if isinstance(begin, str) or seconds is None:
        return EventTime(refused=begin if isinstance(begin, str) else "unreadable")
    time = begin - abs(seconds) * SECOND
    if time > now + _AHEAD:
        return EventTime(refused="future")
    if time < now - _FAR_BACK:
        return EventTime(refused="too_old")
    return EventTime(time, needs_token=time <= now - DAY)


def _parse(said: str) -> int | str:
    """Microseconds, or why not."""
    seconds = integer(said)
    if seconds is not None:
        return seconds * SECOND if abs(seconds) < 100_000_000_000 else "unit"
    try:
        moment = datetime.fromisoformat(said)
        return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()) * SECOND
    except (ValueError, OverflowError):
        return "unreadable"
