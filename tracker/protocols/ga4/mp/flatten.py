"""The JSON of one event as the parameters that the browser tag would have sent, so that both fill the same columns."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from tracker.protocols.ga4.mp.columns import DEVICE
from tracker.protocols.ga4.mp.cookies import session_of
from tracker.protocols.ga4.mp.items import item_text
from tracker.protocols.ga4.mp.reserved import MAX_ITEMS
from tracker.protocols.ga4.mp.shared import CONSENT
from tracker.protocols.ga4.mp.written import is_number, written

WIRE_NAMES: Final = {
    "page_location": "dl",
    "page_referrer": "dr",
    "page_title": "dt",
    "page_path": "dp",
    "session_id": "sid",
    "session_number": "sct",
    "session_engaged": "seg",
    "ignore_referrer": "ir",
    "engagement_time_msec": "_et",
    "currency": "cu",
    "language": "ul",
    "screen_resolution": "sr",
    "traffic_type": "tt",
    "campaign_id": "ci",
    "campaign_name": "cn",
    "campaign_source": "cs",
    "campaign_medium": "cm",
    "campaign_content": "cc",
    "campaign_term": "ck",
}
"""Event parameters for which the tag has a name of its own; all others are `ep.NAME` or `epn.NAME`."""
_ALSO_PARAMETERS: Final = frozenset({"language", "screen_resolution"})
"""Of these the parameter has a column of its own beside the device's."""
CAMPAIGN: Final = {"campaign": "cn", "source": "cs", "medium": "cm", "content": "cc", "term": "ck"}
"""Short names, which mean the campaign where the event is about one; `source` of a login may be a button."""
_ABOUT_CAMPAIGNS: Final = frozenset({"campaign", "campaign_id", "medium"})


def parameters_of(content: Mapping[str, Any]) -> dict[str, str]:
    """Keys and values of a hit's body, which holds one event. What has an unexpected shape is left out."""
    (event,) = content["events"]
    return {
        "en": written(event["name"]),
        **dict(_device(content)),
        **dict(_event(event["name"], _mapping(event.get("params")))),
        **dict(_user_properties(_mapping(content.get("user_properties")))),
        **dict(_consent(content)),
    }


def _device(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What the request says of device and place; the event's own word on the device replaces it."""
    device, location = _mapping(content.get("device")), _mapping(content.get("user_location"))
    for name, value in (
        ("language", device.get("language", content.get("language"))),
        ("screen_resolution", device.get("screen_resolution")),
    ):
        if value is not None:
            yield WIRE_NAMES[name], written(value)
    if not device.keys().isdisjoint(DEVICE):
        yield "mp.device", orjson.dumps(device).decode()
    if location:
        yield "mp.user_location", orjson.dumps(location).decode()


def _event(event_name: str, params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    is_about_campaign = event_name == "campaign_details" or not _ABOUT_CAMPAIGNS.isdisjoint(params)
    wire_names = {**CAMPAIGN, **WIRE_NAMES} if is_about_campaign else WIRE_NAMES
    for name, value in params.items():
        if value is None:
            continue
        if name == "items" and isinstance(value, list):
            for number, item in enumerate(value[:MAX_ITEMS], 1):
                yield f"pr{number}", item_text(_mapping(item))
        elif name == "session_id":
            yield from _session(written(value), params)
        else:
            yield wire_names.get(name) or _prefixed("ep", name, value), written(value)
        if name in _ALSO_PARAMETERS:
            yield _prefixed("ep", name, value), written(value)


def _session(said: str, params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The session's id; out of a cookie also what the event does not say in other parameters."""
    session = session_of(said)
    yield "sid", session.id
    for name, value in (("session_number", session.number), ("session_engaged", session.is_engaged)):
        if value is not None and params.get(name) is None:
            yield WIRE_NAMES[name], value


def _user_properties(properties: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, said in properties.items():
        value = said.get("value") if isinstance(said, dict) else said
        if value is not None:
            yield _prefixed("up", name, value), written(value)


def _consent(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    consent = _mapping(content.get("consent"))
    for name in CONSENT:
        if consent.get(name) is not None:
            yield f"mp.{name}", written(consent[name])
    if content.get("non_personalized_ads") is not None:
        yield "npa", written(content["non_personalized_ads"])


def _prefixed(prefix: str, name: str, value: object) -> str:
    """`ep.NAME` for text, `epn.NAME` for numbers."""
    return f"{prefix}n.{name}" if is_number(value) else f"{prefix}.{name}"


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
