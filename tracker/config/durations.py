"""Durations in settings: `2s`, `30m`, `1h30m`, `250ms`, or a number of seconds. Held as microseconds."""

import re
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

_UNITS = {"us": 1, "ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
_PART = re.compile(r"(\d+(?:\.\d+)?)(us|ms|s|m|h|d)")


def parse_duration(value: object) -> int:
    """Microseconds of a duration as written in settings. Raises ValueError with the accepted forms."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"{value!r} is no duration; write for example 30m, 2s or 1h30m")
    if isinstance(value, int | float):
        return _positive(round(value * _UNITS["s"]), value)
    text = value.strip().lower().replace(" ", "")
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return round(float(text) * _UNITS["s"])
    if not text or _PART.sub("", text):
        raise ValueError(f"{value!r} is no duration; write for example 30m, 2s or 1h30m")
    return round(sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text)))


def format_duration(microseconds: int) -> str:
    """The shortest text that `parse_duration` reads back."""
    if microseconds == 0:
        return "0s"
    parts = []
    for unit in ("d", "h", "m", "s", "ms", "us"):
        count, microseconds = divmod(microseconds, _UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)


def _positive(microseconds: int, value: object) -> int:
    if microseconds < 0:
        raise ValueError(f"{value!r} is negative")
    return microseconds


Duration = Annotated[int, BeforeValidator(parse_duration), PlainSerializer(format_duration, when_used="json")]
"""Microseconds, written in settings as `30m`."""
