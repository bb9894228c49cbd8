"""Devices by user agent and client hints, read by a library: `ua-parser`, or `device-detector` where the settings ask
for it. docs/devices-and-places.md has what each gets right and what it costs.

Each distinct combination is read once. Libraries are loaded with the first one, so only where columns are computed.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any

import pyarrow as pa

from tracker.columns import lists, ops
from tracker.columns.core import device
from tracker.columns.core.agent_hints import GENERIC, Found, Hints, browser_of, corrected, major_of, restored
from tracker.columns.core.agent_words import BRANDS, BROWSERS, SYSTEMS, kind_of_agent, maker_of
from tracker.columns.core.device import Device
from tracker.columns.types import Bool, String, arrow_type, struct_of
from tracker.columns.words import event

DEVICE_DETECTOR = "device-detector"
"""The provider that needs a package of its own."""
MAX_AGENT = 1_024
"""Characters of an agent that are read: no browser's is longer, and regular expressions take time."""
_TOLD = struct_of(name=String, version=String)
REMEMBERED = 20_000
"""Agents whose reading is kept: client hints of many kinds come with the same one."""
_CATEGORIES = {
    "phablet": "smartphone",
    "feature phone": "smartphone",
    "portable media player": "smartphone",
    **{kind: kind for kind in ("desktop", "smartphone", "tablet", "tv", "console", "wearable")},
}
"""Kinds that device-detector knows; its others are `other`."""


@event(implements=device.detected_device, provider="ua-parser")
def device_by_ua_parser(
    user_agent: String,
    client_hint_brands: String,
    client_hint_mobile: Bool,
    client_hint_model: String,
    client_hint_platform: String,
    client_hint_platform_version: String,
    is_bot_agent: Bool,
) -> Device:
    """Device by ua-parser's patterns and client hints. The kind by marks that makers leave in agents."""
    hints = (client_hint_mobile, client_hint_model, client_hint_platform, client_hint_platform_version)
    return _with_brands(_per_agent(user_agent, hints, is_bot_agent, with_ua_parser), client_hint_brands)


@event(implements=device.detected_device, provider=DEVICE_DETECTOR, on_request=True)
def device_by_device_detector(
    user_agent: String,
    client_hint_brands: String,
    client_hint_mobile: Bool,
    client_hint_model: String,
    client_hint_platform: String,
    client_hint_platform_version: String,
    is_bot_agent: Bool,
) -> Device:
    """Device by device-detector, which knows more models by name and takes a thousand times as long."""
    hints = (client_hint_mobile, client_hint_model, client_hint_platform, client_hint_platform_version)
    return _with_brands(_per_agent(user_agent, hints, is_bot_agent, with_device_detector), client_hint_brands)


@lru_cache(REMEMBERED)
def read_with_ua_parser(agent: str) -> Found:
    """What ua-parser tells of an agent."""
    from ua_parser import Domain

    result = _ua_parser()(agent, Domain.ALL)
    browser, system, hardware = result.user_agent, result.os, result.device
    name = _known(system.family) if system else None
    found = Found(
        operating_system=SYSTEMS.get(name, name) if name else None,
        operating_system_version=_version(system.major, system.minor, system.patch) if name and system else None,
        browser=BROWSERS.get(browser.family, browser.family) if browser and _known(browser.family) else None,
        browser_version=_version(browser.major, browser.minor, browser.patch, browser.patch_minor) if browser else None,
    )
    found = replace(found, category=kind_of_agent(agent, found.operating_system))
    if hardware is None or hardware.brand == "Spider":
        return found
    generic = (hardware.brand or "Generic").startswith("Generic")
    brand = None if generic or hardware.brand is None else BRANDS.get(hardware.brand, hardware.brand)
    model = hardware.model if hardware.model not in (None, "K", "Smartphone", "Tablet", "Feature Phone") else None
    brand = maker_of(model, brand)
    return replace(found, brand=brand, model=model.removeprefix(f"{brand} ") if model else None)


@lru_cache(REMEMBERED)
def read_with_device_detector(agent: str) -> Found:
    """What device-detector tells of an agent."""
    from device_detector import DeviceDetector

    read = DeviceDetector(agent, skip_bot_detection=True, check_cache=False).parse()
    kind, name, browser = str(read.device_type()), read.os_name() or None, read.client_name() or None
    brand, system = read.device_brand(), SYSTEMS.get(name, name) if name else None
    return Found(
        category=_CATEGORIES.get(kind, "other") if kind else kind_of_agent(agent, system),
        brand=BRANDS.get(brand, brand) if brand and brand != "Unknown" else None,
        model=read.device_model() or None,
        operating_system=system,
        operating_system_version=read.os_version() or None,
        browser=BROWSERS.get(browser, browser) if browser else None,
        browser_version=read.client_version() or None,
    )


def device_of(read: Callable[[str], Found], agent: str | None, hints: Hints, *, is_bot: bool | None) -> Found | None:
    """What an agent and client hints tell, the agent read by `read`. None where there is neither."""
    if not agent and hints == Hints():
        return None
    text = restored((agent or "")[:MAX_AGENT], hints)
    found = corrected(read(text) if text else Found(category="other"), hints)
    return replace(found, category="bot", brand=None, model=None) if is_bot else found


def with_ua_parser(agent: str | None, is_bot: bool | None, *hints: Any) -> dict[str, str | None] | None:
    """A `Device` for the columns, by ua-parser; `hints` are all but brands."""
    return _members(device_of(read_with_ua_parser, agent, Hints(None, *hints), is_bot=is_bot))


def with_device_detector(agent: str | None, is_bot: bool | None, *hints: Any) -> dict[str, str | None] | None:
    """A `Device` for the columns, by device-detector; `hints` are all but brands."""
    return _members(device_of(read_with_device_detector, agent, Hints(None, *hints), is_bot=is_bot))


def _with_brands(devices: Any, brands: Any) -> Any:
    """The browser as brands tell it, as `corrected` does, for all rows at once: there are many full versions."""
    if brands.null_count == len(brands):
        return devices
    told = ops.per_distinct(brands, browser_of, _TOLD)
    name, version = ops.field(told, "name"), ops.field(told, "version")
    members = {member: ops.field(devices, member) for member in Found.__slots__}
    browser, known = members["browser"], members["browser_version"]
    is_same = ops.is_true(ops.equal(browser, name))
    is_generic = ops.either(ops.is_null(browser), ops.is_in(browser, GENERIC))
    knows_more = ops.either(is_same, ops.both(is_generic, ops.is_true(ops.not_equal(name, "Chromium"))))
    keeps = ops.both(is_same, ops.is_true(ops.equal(ops.per_distinct(known, major_of, String), version)))
    members["browser"] = ops.if_else(knows_more, name, browser)
    members["browser_version"] = ops.if_else(ops.both(knows_more, ops.negate(keeps)), version, known)
    return ops.only_where(ops.either(ops.is_known(devices), ops.is_known(name)), lists.struct(**members))


def _per_agent(agent: Any, hints: tuple[Any, ...], is_bot: Any, function: Callable[..., Any]) -> Any:
    inputs = (agent, is_bot, *hints)
    if all(values.null_count == len(values) for values in inputs):
        return pa.nulls(len(agent), arrow_type(Device))
    return ops.per_distinct(inputs, function, Device)


@cache
def _ua_parser() -> Any:
    from ua_parser.loaders import load_lazy_builtins  # takes a third of a second
    from ua_parser.regex import Resolver

    return Resolver(load_lazy_builtins())


def _members(found: Found | None) -> dict[str, str | None] | None:
    return None if found is None else {name: getattr(found, name) for name in Found.__slots__}


def _known(name: str | None) -> str | None:
    return None if name in (None, "", "Other") else name


def _version(*parts: str | None) -> str | None:
    return ".".join(part for part in parts if part) or None
