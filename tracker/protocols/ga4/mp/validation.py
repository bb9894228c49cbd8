"""What GA4 would object to in a Measurement Protocol request. Told to who asks; never a reason to store less."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Literal

from tracker.model import RawRequest
from tracker.protocols.ga4.mp import reserved
from tracker.protocols.ga4.mp.body import identifier, read_body
from tracker.protocols.ga4.mp.items import KEYS
from tracker.protocols.ga4.mp.stream import Stream
from tracker.protocols.ga4.mp.times import event_time
from tracker.protocols.ga4.mp.written import is_number

MAX_MESSAGES: Final = 100
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_APP_INSTANCE: Final = re.compile(r"[0-9a-fA-F]{32}")
_BEHAVIORS: Final = (None, "RELAXED", "ENFORCE_RECOMMENDATIONS")
_CONSENT: Final = ("ad_user_data", "ad_personalization")

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


@dataclass(frozen=True, slots=True)
class Message:
    """One objection; the fields are named as in the answer."""

    fieldPath: str  # noqa: N815 - Google's spelling
    description: str
    validationCode: Code  # noqa: N815 - Google's spelling


def validate(request: RawRequest) -> Sequence[Message]:
    """Every objection, up to `MAX_MESSAGES`; none where GA4 would take all as sent."""
    return list(islice(_messages(request), MAX_MESSAGES))


def _messages(request: RawRequest) -> Iterator[Message]:
    body = read_body(request.body)
    if body is None:
        yield Message("", "The body is no JSON object.", "VALUE_INVALID")
        return
    content, is_app = body.content, Stream.of(request.query).is_app
    if len(request.body) >= reserved.MAX_BODY:
        yield Message("", f"The body must be smaller than {reserved.MAX_BODY:,} bytes.", "VALUE_OUT_OF_BOUNDS")
    yield from _duplicates(request.body)
    yield from _client(content, is_app)
    if len(identifier(content.get("user_id")) or "") > 256:
        yield Message("user_id", "A user id has at most 256 characters.", "VALUE_OUT_OF_BOUNDS")
    if content.get("validation_behavior") not in _BEHAVIORS:
        yield Message("validation_behavior", "Must be RELAXED or ENFORCE_RECOMMENDATIONS.", "VALUE_INVALID")
    yield from _time("timestamp_micros", content, request.received_at)
    yield from _consent(content.get("consent"))
    yield from _user_properties(content.get("user_properties"))
    if not body.events:
        yield Message("events", "At least one event is required.", "VALUE_REQUIRED")
    if len(body.events) > reserved.MAX_EVENTS:
        yield Message("events", f"A request holds at most {reserved.MAX_EVENTS} events.", "EXCEEDED_MAX_ENTITIES")
    for index, event in enumerate(body.events):
        yield from _event(f"events[{index}]", event, is_app, request.received_at)


def _duplicates(raw: bytes) -> Iterator[Message]:
    """Names that stand twice in one object: only the last is read."""
    twice: dict[str, None] = {}

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(found := dict(pairs)) < len(pairs):
            names = [name for name, _ in pairs]
            twice.update(dict.fromkeys(name for name in found if names.count(name) > 1))
        return found

    try:
        json.loads(raw, object_pairs_hook=note)
    except (ValueError, RecursionError):
        return
    for name in twice:
        yield Message(name, "The name stands more than once in one object.", "NAME_DUPLICATED")


def _client(content: Mapping[str, Any], is_app: bool) -> Iterator[Message]:
    name = "app_instance_id" if is_app else "client_id"
    said = content.get(name)
    if said is None or said == "":
        yield Message(name, f"{name} is required.", "VALUE_REQUIRED")
    elif not isinstance(said, str) or (is_app and not _APP_INSTANCE.fullmatch(said)):
        yield Message(name, "Must be 32 hexadecimal digits." if is_app else "Must be text.", "VALUE_INVALID")


def _time(path: str, holder: Mapping[str, Any], now: int) -> Iterator[Message]:
    said = holder.get("timestamp_micros")
    when = event_time(said, now)
    if when.refused in ("unit", "unreadable") or (said is not None and str(when.said) != str(said)):
        yield Message(path, "Must be a time in microseconds since 1970, as a number.", "VALUE_INVALID")
    elif when.refused is not None:
        yield Message(path, "Must be no later than now and within the last 72 hours.", "VALUE_OUT_OF_BOUNDS")


def _consent(consent: object) -> Iterator[Message]:
    if consent is None:
        return
    if not isinstance(consent, dict):
        yield Message("consent", "Must be an object.", "VALUE_INVALID")
        return
    for name, value in consent.items():
        if name not in _CONSENT:
            yield Message(f"consent.{name}", "Only ad_user_data and ad_personalization can be set.", "NAME_INVALID")
        elif value not in ("GRANTED", "DENIED"):
            yield Message(f"consent.{name}", "Must be GRANTED or DENIED.", "VALUE_INVALID")


def _user_properties(properties: object) -> Iterator[Message]:
    if properties is None:
        return
    if not isinstance(properties, dict):
        yield Message("user_properties", "Must be an object.", "VALUE_INVALID")
        return
    if len(properties) > reserved.MAX_USER_PROPERTIES:
        description = f"At most {reserved.MAX_USER_PROPERTIES} user properties."
        yield Message("user_properties", description, "EXCEEDED_MAX_ENTITIES")
    for name, said in properties.items():
        path = f"user_properties.{name}"
        if name in reserved.USER_PROPERTIES or name.startswith(reserved.USER_PROPERTY_PREFIXES):
            yield Message(path, "The name is reserved.", "NAME_RESERVED")
        else:
            yield from _name(path, name, reserved.MAX_USER_PROPERTY_NAME)
        if not isinstance(said, dict) or "value" not in said:
            yield Message(f"{path}.value", "A value is required.", "VALUE_REQUIRED")
        else:
            yield from _value(f"{path}.value", said["value"], reserved.MAX_USER_PROPERTY_VALUE)


def _event(path: str, event: object, is_app: bool, now: int) -> Iterator[Message]:
    if not isinstance(event, dict):
        yield Message(path, "Must be an object.", "VALUE_INVALID")
        return
    name, params = event.get("name"), event.get("params")
    if name is None or name == "":
        yield Message(f"{path}.name", "A name is required.", "VALUE_REQUIRED")
    elif not isinstance(name, str):
        yield Message(f"{path}.name", "Must be text.", "VALUE_INVALID")
    elif name in (reserved.APP_EVENTS if is_app else reserved.EVENTS):
        yield Message(f"{path}.name", f"The name {name} is reserved.", "NAME_RESERVED")
    else:
        yield from _name(f"{path}.name", name, reserved.MAX_NAME)
    yield from _time(f"{path}.timestamp_micros", event, now)
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
        if name in reserved.PARAMETERS or name.startswith(reserved.PARAMETER_PREFIXES):
            yield Message(own, "The name is reserved.", "NAME_RESERVED")
        else:
            yield from _name(own, name, reserved.MAX_NAME)
        if name not in reserved.EXEMPT:
            yield from _value(own, value, reserved.LONGER_VALUES.get(name, reserved.MAX_VALUE))


def _items(path: str, items: object) -> Iterator[Message]:
    if not isinstance(items, list):
        yield Message(path, "Must be a list.", "VALUE_INVALID")
        return
    if len(items) > reserved.MAX_ITEMS:
        yield Message(path, f"At most {reserved.MAX_ITEMS} items.", "EXCEEDED_MAX_ENTITIES")
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            yield Message(f"{path}[{index}]", "Must be an object.", "VALUE_INVALID")
        elif len(item.keys() - KEYS.keys()) > reserved.MAX_CUSTOM_ITEM_FIELDS:
            description = f"At most {reserved.MAX_CUSTOM_ITEM_FIELDS} custom parameters in an item."
            yield Message(f"{path}[{index}]", description, "EXCEEDED_MAX_ENTITIES")


def _name(path: str, name: str, longest: int) -> Iterator[Message]:
    if len(name) > longest or not _NAME.fullmatch(name):
        description = f"Names begin with a letter and have at most {longest} letters, digits and underscores."
        yield Message(path, description, "NAME_INVALID")


def _value(path: str, value: object, longest: int) -> Iterator[Message]:
    if isinstance(value, str):
        if len(value) > longest:
            yield Message(path, f"At most {longest} characters.", "VALUE_OUT_OF_BOUNDS")
    elif not is_number(value) and not isinstance(value, bool):
        yield Message(path, "Must be text, a number, true or false.", "VALUE_INVALID")
