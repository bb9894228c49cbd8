"""The device: as the sender states it, else as its user agent and client hints tell.

What is stated stands alone: where a server names the visitor's device, the headers may be the server's own.
"""

from typing import Annotated

import pyarrow as pa

from tracker.columns import ops
from tracker.columns.types import Enumeration, String, struct_of
from tracker.columns.words import declare, event, header

Device = Annotated[
    pa.StructArray,
    struct_of(
        category=String,
        brand=String,
        model=String,
        operating_system=String,
        operating_system_version=String,
        browser=String,
        browser_version=String,
    ),
]
"""What is not known is null."""

accept_language = header("accept-language", doc="The browser's languages in order of preference.")
user_agent = header("user-agent", doc="What the browser calls itself.")
language_parameter = declare(String, stored=False, doc="Language as the tag sends it.")
device_screen_resolution = declare(String, doc="Screen size as the tag sends it, for example 1920x1080.")
sent_device = declare(Device, stored=False, doc="Device as the sender states it; null where it states none.")
detected_device = declare(Device, stored=False, doc="Device as user agent and client hints tell.")


@event
def device_language(language_parameter: String, accept_language: String) -> Enumeration:
    """Language that the tag sends; otherwise the one the browser asks for. The first where it is a list of several."""
    return ops.per_distinct(ops.coalesce(language_parameter, accept_language), first_language, String)


@event(stored=False)
def device(sent_device: Device, detected_device: Device) -> Device:
    """The device stated, or else the one detected."""
    return ops.coalesce(sent_device, detected_device)


@event
def device_category(device: Device) -> Enumeration:
    """Kind of device: desktop, smartphone, tablet, tv, console, wearable, bot or other. A word of the sender's own (the
    Measurement Protocol's `mobile`) stays as it is.
    """
    return ops.field(device, "category")


@event
def device_mobile_brand_name(device: Device) -> Enumeration:
    """Brand of the device, of any kind of device."""
    return ops.field(device, "brand")


@event
def device_mobile_model_name(device: Device) -> String:
    """Model of the device, of any kind of device."""
    return ops.field(device, "model")


@event
def device_operating_system(device: Device) -> Enumeration:
    """Operating system, for example Android."""
    return ops.field(device, "operating_system")


@event
def device_operating_system_version(device: Device) -> String:
    """Version of the operating system."""
    return ops.field(device, "operating_system_version")


@event
def device_web_browser(device: Device) -> Enumeration:
    """Browser, or the program in its place."""
    return ops.field(device, "browser")


@event
def device_web_browser_version(device: Device) -> String:
    """Version of the browser."""
    return ops.field(device, "browser_version")


def first_language(languages: str) -> str | None:
    """`de-DE` of `de-DE,de;q=0.9,en;q=0.8`; None for nothing, `*` and the text `undefined`."""
    language = languages.partition(",")[0].partition(";")[0].strip()
    return language if language not in ("", "*", "undefined") else None
