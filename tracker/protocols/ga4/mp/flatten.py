"""The JSON of one event as the parameters that the browser tag would have sent, so that both fill the same columns."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tracker.protocols.ga4.mp.items import item_text
from tracker.protocols.ga4.mp.written import is_number, written

WIRE_NAMES: Final = {
    "page_location": "dl",
    "page_referrer": "dr",
    "page_title": "dt",
    "session_id": "sid",
    "session_number": "sct",
    "ignore_referrer": "ir",
    "engagement_time_msec": "_et",
    "currency": "cu",
    "language": "ul",
    "screen_resolution": "sr",
}
"""Event parameters for which the tag has a name of its own; all others are `ep.NAME` or `epn.NAME`."""
CONSENT: Final = ("ad_user_data", "ad_personalization")


def parameters_of(content: Mapping[str, Any]) -> dict[str, str]:
    """Keys and values of a hit's body, which holds one event. What has an unexpected shape is left out."""
    (event,) = content["events"]
    return {
        "en": written(event["name"]),
        **dict(_device(content)),
        **dict(_event(_mapping(event.get("params")))),
        **dict(_user_properties(_mapping(content.get("user_properties")))),
        **dict(_consent(_mapping(content.get("consent")))),
    }


def _device(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What the request says of the device; the event's own word replaces it."""
    device = _mapping(content.get("device"))
    for name, value in (
        ("language", device.get("language", content.get("language"))),
        ("screen_resolution", device.get("screen_resolution")),
    ):
        if value is not None:
            yield WIRE_NAMES[name], written(value)


def _event(params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in params.items():
        if value is None:
            continue
        if name == "items" and isinstance(value, list):
            for number, item in enumerate(value, 1):
                yield f"pr{number}", item_text(_mapping(item))
        else:
            yield WIRE_NAMES.get(name) or _prefixed("ep", name, value), written(value)


def _user_properties(properties: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, said in properties.items():
        value = said.get("value") if isinstance(said, dict) else said
        if value is not None:
            yield _prefixed("up", name, value), written(value)


def _consent(consent: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in CONSENT:
        if consent.get(name) is not None:
            yield f"mp.{name}", written(consent[name])


def _prefixed(prefix: str, name: str, value: object) -> str:
    """`ep.NAME` for text, `epn.NAME` for numbers."""
    return f"{prefix}n.{name}" if is_number(value) else f"{prefix}.{name}"


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
