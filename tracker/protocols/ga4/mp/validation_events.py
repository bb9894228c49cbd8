"""What GA4 would object to in one event: its name, its time, its parameters and items."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tracker.protocols.ga4.mp import reserved
from tracker.protocols.ga4.mp.items import KEYS
from tracker.protocols.ga4.mp.messages import Message, form_messages, name_messages, time_messages, value_messages
from tracker.protocols.ga4.mp.written import is_number, written

_SESSION: Final = re.compile(r"[0-9]*[1-9][0-9]*|GS[0-9]\..+")
_NUMBER: Final = re.compile(r"[0-9]*[1-9][0-9]*")
_DURATION: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")


def event_messages(path: str, event: object, is_app: bool, now: int) -> Iterator[Message]:
    """Objections to the event at `path`, which may be anything."""
    if not isinstance(event, dict):
        yield Message(path, "Must be an object.", "VALUE_INVALID")
        return
    name, params = event.get("name"), event.get("params")
    if name is None or name == "":
        yield Message(f"{path}.name", "A name is required.", "VALUE_REQUIRED")
    elif not isinstance(name, str):
        yield Message(f"{path}.name", "Must be text.", "VALUE_INVALID")
    else:
        names = reserved.APP_EVENTS if is_app else reserved.EVENTS
        yield from name_messages(f"{path}.name", name, reserved.MAX_NAME, names)
    yield from time_messages(path, event, now)
    if params is not None and not isinstance(params, dict):
        yield Message(f"{path}.params", "Must be an object.", "VALUE_INVALID")
    elif params:
        yield from _params(f"{path}.params", params)


def _params(path: str, params: Mapping[str, Any]) -> Iterator[Message]:
    if len(params.keys() - reserved.EXEMPT) > reserved.MAX_PARAMETERS:
        yield Message(path, f"At most {reserved.MAX_PARAMETERS} parameters.", "EXCEEDED_MAX_ENTITIES")
    for name, value in params.items():
        own = f"{path}.{name}"
        if name == "items":
            yield from _items(own, value)
            continue
        yield from name_messages(own, name, reserved.MAX_NAME, reserved.PARAMETERS, reserved.PARAMETER_PREFIXES)
        if name not in reserved.EXEMPT:
            yield from value_messages(own, value, reserved.LONGER_VALUES.get(name, reserved.MAX_VALUE))
    yield from _session(path, params)


def _session(path: str, params: Mapping[str, Any]) -> Iterator[Message]:
    """The parameters that join an event to a session of the tag. Numbers may be text."""
    for name, form, description in (
        ("session_id", _SESSION, "Must be a positive number, or the value of the _ga_ cookie."),
        ("session_number", _NUMBER, "Must be a positive number."),
        ("engagement_time_msec", _DURATION, "Must be a number of milliseconds."),
    ):
        said = params.get(name)
        yield from form_messages(f"{path}.{name}", written(said) if is_number(said) else said, form, description)


def _items(path: str, items: object) -> Iterator[Message]:
    if not isinstance(items, list):
        yield Message(path, "Must be a list.", "VALUE_INVALID")
        return
    if len(items) > reserved.MAX_ITEMS:
        yield Message(path, f"At most {reserved.MAX_ITEMS} items.", "EXCEEDED_MAX_ENTITIES")
    for index, item in enumerate(items):
        own = f"{path}[{index}]"
        if isinstance(item, dict):
            yield from _item(own, item)
        else:
            yield Message(own, "Must be an object.", "VALUE_INVALID")


def _item(path: str, item: Mapping[str, Any]) -> Iterator[Message]:
    if len(item.keys() - KEYS.keys()) > reserved.MAX_CUSTOM_ITEM_FIELDS:
        description = f"At most {reserved.MAX_CUSTOM_ITEM_FIELDS} custom parameters in an item."
        yield Message(path, description, "EXCEEDED_MAX_ENTITIES")
    for name, value in item.items():
        if name not in KEYS:
            yield from name_messages(f"{path}.{name}", name, reserved.MAX_NAME)
        yield from value_messages(f"{path}.{name}", value, reserved.MAX_VALUE)
