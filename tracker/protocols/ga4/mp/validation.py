"""What GA4 would object to in a Measurement Protocol request. Told to who asks; never a reason to store less."""

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address
from itertools import islice
from typing import Any, Final

from tracker.model import RawRequest
from tracker.protocols.ga4.mp import reserved
from tracker.protocols.ga4.mp.body import read_body
from tracker.protocols.ga4.mp.duplicates import duplicate_messages
from tracker.protocols.ga4.mp.messages import Message, form_messages, name_messages, time_messages, value_messages
from tracker.protocols.ga4.mp.shared import MEMBERS
from tracker.protocols.ga4.mp.stream import Stream
from tracker.protocols.ga4.mp.validation_events import event_messages

MAX_MESSAGES: Final = 100
_CLIENT: Final = re.compile(r"(?:GA\d\.[\d-]+\.)?[0-9]+\.[0-9]+")
_APP_INSTANCE: Final = re.compile(r"[0-9a-fA-F]{32}")
_BEHAVIORS: Final = (None, "RELAXED", "ENFORCE_RECOMMENDATIONS")
_IDS: Final = {
    "country_id": (re.compile("[A-Z]{2}"), "Must be two capital letters (ISO 3166-1), such as US."),
    "region_id": (re.compile("[A-Z]{2}-[A-Z0-9]{1,3}"), "Must be a code of ISO 3166-2, such as US-CA."),
    "continent_id": (re.compile("[0-9]{3}"), "Must be three digits (UN M49), such as 019."),
    "subcontinent_id": (re.compile("[0-9]{3}"), "Must be three digits (UN M49), such as 021."),
}
_KNOWN: Final = frozenset(
    """
    client_id app_instance_id user_id timestamp_micros user_properties user_data consent non_personalized_ads
    user_location ip_override user_agent device validation_behavior events
    """.split()  # noqa: SIM905 - read more easily than quoted one by one
)


def validate(request: RawRequest) -> Sequence[Message]:
    """Every objection, up to `MAX_MESSAGES`; none where GA4 would take all as sent."""
    return list(islice(_messages(request), MAX_MESSAGES))


def _messages(request: RawRequest) -> Iterator[Message]:
    body = read_body(request.body)
    if body is None:
        yield Message("", "The body is no JSON object.", "VALUE_INVALID")
        return
    if body.is_mended:
        yield Message("", "The body is no JSON by the letter: a character or a number in it is none.", "VALUE_INVALID")
    content, stream, now = body.content, Stream.of(request.query), request.received_at
    if len(request.body) >= reserved.MAX_BODY:
        yield Message("", f"The body must be smaller than {reserved.MAX_BODY:,} bytes.", "VALUE_OUT_OF_BOUNDS")
    if not stream.property_id:
        yield Message("measurement_id", "The query must name measurement_id or firebase_app_id.", "VALUE_REQUIRED")
    yield from duplicate_messages(request.body)
    yield from (
        Message(name, "A request has no such member.", "NAME_INVALID") for name in content if name not in _KNOWN
    )
    yield from _client(content, stream.is_app)
    yield from _request(content)
    yield from time_messages("", content, now)
    yield from _consent(_object("consent", content))
    yield from _user_location(_object("user_location", content))
    yield from _device(_object("device", content))
    yield from _user_properties(_object("user_properties", content), now)
    if not body.events:
        yield Message("events", "At least one event is required.", "VALUE_REQUIRED")
    if len(body.events) > reserved.MAX_EVENTS:
        yield Message("events", f"A request holds at most {reserved.MAX_EVENTS} events.", "EXCEEDED_MAX_ENTITIES")
    for index, event in enumerate(body.events):
        yield from event_messages(f"events[{index}]", event, stream.is_app, now)


def _client(content: Mapping[str, Any], is_app: bool) -> Iterator[Message]:
    name = "app_instance_id" if is_app else "client_id"
    said = content.get(name)
    if said is None or said == "":
        yield Message(name, f"{name} is required.", "VALUE_REQUIRED")
    elif is_app:
        yield from form_messages(name, said, _APP_INSTANCE, "Must be 32 hexadecimal digits.")
    else:
        yield from form_messages(name, said, _CLIENT, "Must be two numbers and a dot, or the value of the _ga cookie.")


def _request(content: Mapping[str, Any]) -> Iterator[Message]:
    """The single values of a request, and that its objects are such."""
    for name in ("user_id", "user_agent", "ip_override"):
        if content.get(name) is not None and not isinstance(content[name], str):
            yield Message(name, "Must be text.", "VALUE_INVALID")
    if isinstance(content.get("user_id"), str) and len(content["user_id"]) > 256:
        yield Message("user_id", "A user id has at most 256 characters.", "VALUE_OUT_OF_BOUNDS")
    if isinstance(content.get("ip_override"), str) and not _is_address(content["ip_override"]):
        yield Message("ip_override", "Must be an IPv4 or IPv6 address.", "VALUE_INVALID")
    if content.get("validation_behavior") not in _BEHAVIORS:
        yield Message("validation_behavior", "Must be RELAXED or ENFORCE_RECOMMENDATIONS.", "VALUE_INVALID")
    if not isinstance(content.get("non_personalized_ads", False), bool):
        yield Message("non_personalized_ads", "Must be true or false.", "VALUE_INVALID")
    for name in ("consent", "user_location", "device", "user_properties", "user_data"):
        if not isinstance(content.get(name, {}), dict | None):
            yield Message(name, "Must be an object.", "VALUE_INVALID")


def _consent(consent: Mapping[str, Any]) -> Iterator[Message]:
    yield from _unknown_members("consent", consent)
    for name in MEMBERS["consent"]:
        if name in consent and consent[name] not in ("GRANTED", "DENIED"):
            yield Message(f"consent.{name}", "Must be GRANTED or DENIED.", "VALUE_INVALID")


def _user_location(location: Mapping[str, Any]) -> Iterator[Message]:
    yield from _unknown_members("user_location", location)
    if location.get("city") is not None and not isinstance(location["city"], str):
        yield Message("user_location.city", "Must be text.", "VALUE_INVALID")
    for name, (form, description) in _IDS.items():
        yield from form_messages(f"user_location.{name}", location.get(name), form, description)


def _device(device: Mapping[str, Any]) -> Iterator[Message]:
    yield from _unknown_members("device", device)
    for name in MEMBERS["device"]:
        if device.get(name) is not None and not isinstance(device[name], str):
            yield Message(f"device.{name}", "Must be text.", "VALUE_INVALID")


def _user_properties(properties: Mapping[str, Any], now: int) -> Iterator[Message]:
    if len(properties) > reserved.MAX_USER_PROPERTIES:
        description = f"At most {reserved.MAX_USER_PROPERTIES} user properties."
        yield Message("user_properties", description, "EXCEEDED_MAX_ENTITIES")
    for name, said in properties.items():
        path = f"user_properties.{name}"
        yield from name_messages(
            path, name, reserved.MAX_USER_PROPERTY_NAME, reserved.USER_PROPERTIES, reserved.USER_PROPERTY_PREFIXES
        )
        if not isinstance(said, dict) or "value" not in said:
            yield Message(f"{path}.value", "A value is required.", "VALUE_REQUIRED")
        else:
            yield from value_messages(f"{path}.value", said["value"], reserved.MAX_USER_PROPERTY_VALUE)
            yield from time_messages(path, said, now)


def _unknown_members(name: str, said: Mapping[str, Any]) -> Iterator[Message]:
    allowed = MEMBERS[name]
    for member in said:
        if member not in allowed:
            yield Message(f"{name}.{member}", f"There is only: {', '.join(allowed)}.", "NAME_INVALID")


def _object(name: str, content: Mapping[str, Any]) -> Mapping[str, Any]:
    said = content.get(name)
    return said if isinstance(said, dict) else {}


def _is_address(said: str) -> bool:
    try:
        ip_address(said)
    except ValueError:
        return False
    return True
