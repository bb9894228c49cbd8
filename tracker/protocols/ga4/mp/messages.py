"""Objections to a Measurement Protocol request in Google's form, and the checks that all parts of a request share."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from tracker.protocols.ga4.mp.times import event_time
from tracker.protocols.ga4.mp.written import is_number

Code = Literal[
    "VALUE_INVALID",
    "VALUE_REQUIRED",
    "NAME_INVALID",
    "NAME_RESERVED",
    "VALUE_OUT_OF_BOUNDS",
    "EXCEEDED_MAX_ENTITIES",
    "NAME_DUPLICATED",
]
"""Google's words for what can be wrong."""
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Message:
    """One objection; the fields are named as in the answer."""

    fieldPath: str  # noqa: N815 - Google's spelling
    description: str
    validationCode: Code  # noqa: N815 - Google's spelling


def name_messages(
    path: str, name: str, longest: int, reserved: Collection[str] = (), prefixes: tuple[str, ...] = ()
) -> Iterator[Message]:
    """What is wrong with a name that the sender chose."""
    if name in reserved or name.startswith(prefixes):
        yield Message(path, f"The name {name} is reserved.", "NAME_RESERVED")
    elif len(name) > longest or not _NAME.fullmatch(name):
        description = f"Names begin with a letter and have at most {longest} letters, digits and underscores."
        yield Message(path, description, "NAME_INVALID")


def value_messages(path: str, value: object, longest: int) -> Iterator[Message]:
    """What is wrong with a value: it is text of some length, a number, true or false."""
    if isinstance(value, str):
        if len(value) > longest:
            yield Message(path, f"At most {longest} characters.", "VALUE_OUT_OF_BOUNDS")
    elif not is_number(value) and not isinstance(value, bool):
        yield Message(path, "Must be text, a number, true or false.", "VALUE_INVALID")


def time_messages(path: str, holder: Mapping[str, Any], now: int) -> Iterator[Message]:
    """What is wrong with the `timestamp_micros` of a request, an event or a user property."""
    said, own = holder.get("timestamp_micros"), f"{path}.timestamp_micros".removeprefix(".")
    when = event_time(said, now)
    if when.refused in ("unit", "unreadable") or (said is not None and str(when.said) != str(said)):
        yield Message(own, "Must be a time in microseconds since 1970, as a number.", "VALUE_INVALID")
    elif when.refused is not None:
        yield Message(own, "Must be no later than now and within the last 72 hours.", "VALUE_OUT_OF_BOUNDS")


def form_messages(path: str, value: object, form: re.Pattern[str], description: str) -> Iterator[Message]:
    """One message where a value that was sent is no text of that form."""
    if value is not None and not (isinstance(value, str) and form.fullmatch(value)):
        yield Message(path, description, "VALUE_INVALID")
