"""What only the Measurement Protocol says in one piece: where the visitor is, and with what."""

from typing import Any

import orjson

from tracker.columns import String, event, ops, param
from tracker.columns.core import device, geo
from tracker.columns.core.device import Device
from tracker.columns.core.geo import Place
from tracker.protocols.ga4.columns import GA4
from tracker.protocols.ga4.mp.written import written
from tracker.protocols.place_names import place_of

PLACE = {
    "city": "city",
    "region_id": "region",
    "country_id": "country",
    "subcontinent_id": "sub_continent",
    "continent_id": "continent",
}
"""Members of `user_location`, and what they are called here."""
DEVICE = ("category", "brand", "model", "operating_system", "operating_system_version", "browser", "browser_version")
"""Members of `device` that tell the device; its others have parameters of their own."""

ga4_user_location = param("mp.user_location", type=String, protocol=GA4, doc="The request's user_location, as JSON.")
ga4_sent_device = param("mp.device", type=String, protocol=GA4, doc="The request's device, as JSON.")


@event(protocol=GA4, implements=geo.sent_place)
def ga4_place(ga4_user_location: String) -> Place:
    """The place of user_location, names put in the place of codes."""
    return ops.per_distinct(ga4_user_location, place_in, Place)


@event(protocol=GA4, implements=device.sent_device)
def ga4_device(ga4_sent_device: String) -> Device:
    """The device as the request names it."""
    return ops.per_distinct(ga4_sent_device, device_in, Device)


def place_in(user_location: str) -> dict[str, str | float | None] | None:
    """The place of the JSON of a `user_location`."""
    said = _texts(user_location)
    return place_of(**{ours: said[theirs] for theirs, ours in PLACE.items() if theirs in said})


def device_in(sent: str) -> dict[str, str] | None:
    """The members of a device, of its JSON; None where none is told."""
    said = _texts(sent)
    return {name: said[name] for name in DEVICE if name in said} or None


def _texts(sent: str) -> dict[str, Any]:
    return {name: text for name, value in orjson.loads(sent).items() if (text := written(value).strip())}
