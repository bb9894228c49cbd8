"""Client hints: what a browser based on Chromium says of itself beyond its user agent (W3C User-Agent Client Hints).

Tags send them as parameters, browsers as `Sec-CH-UA` headers; naming the headers here makes the receiver keep them.
"""

import re
from collections.abc import Iterable

from tracker.columns import ops
from tracker.columns.types import Bool, String
from tracker.columns.words import declare, event, header

_BRAND = re.compile(r'"((?:[^"\\]|\\.)*)"\s*;\s*v\s*=\s*"([^"]*)"')
"""A member of a list of brands: `"Chromium";v="126"`."""

ch_ua = header("sec-ch-ua", doc="Brands and their versions.")
ch_ua_full_version_list = header("sec-ch-ua-full-version-list", doc="Brands and their full versions.")
ch_ua_mobile = header("sec-ch-ua-mobile", doc="?1 on a mobile device, ?0 elsewhere.")
ch_ua_model = header("sec-ch-ua-model", doc="The device's model, in quotes.")
ch_ua_platform = header("sec-ch-ua-platform", doc="The operating system, in quotes.")
ch_ua_platform_version = header("sec-ch-ua-platform-version", doc="The operating system's version, in quotes.")

sent_hint_brands = declare(String, stored=False, doc="client_hint_brands as the tag sends it.")
sent_hint_mobile = declare(Bool, stored=False, doc="client_hint_mobile as the tag sends it.")
sent_hint_model = declare(String, stored=False, doc="client_hint_model as the tag sends it.")
sent_hint_platform = declare(String, stored=False, doc="client_hint_platform as the tag sends it.")
sent_hint_platform_version = declare(String, stored=False, doc="client_hint_platform_version as the tag sends it.")


@event(stored=False)
def client_hint_brands(sent_hint_brands: String, ch_ua_full_version_list: String, ch_ua: String) -> String:
    """Brands with their versions, in the order sent: `Chromium;126.0.1|Not/A)Brand;8.0.0`. The last `;` of each ends
    the brand. Full versions where they are known.
    """
    full = ops.per_distinct(ch_ua_full_version_list, brands_of_header, String)
    return ops.coalesce(sent_hint_brands, full, ops.per_distinct(ch_ua, brands_of_header, String))


@event(stored=False)
def client_hint_mobile(sent_hint_mobile: Bool, ch_ua_mobile: String) -> Bool:
    """Whether the browser would like a page for mobile devices."""
    said = ops.only_where(ops.is_in(ch_ua_mobile, ["?0", "?1"]), ops.equal(ch_ua_mobile, "?1"))
    return ops.coalesce(sent_hint_mobile, said)


@event(stored=False)
def client_hint_model(sent_hint_model: String, ch_ua_model: String) -> String:
    """The device's model, as `Pixel 7`."""
    return ops.coalesce(sent_hint_model, ops.per_distinct(ch_ua_model, text_of_header, String))


@event(stored=False)
def client_hint_platform(sent_hint_platform: String, ch_ua_platform: String) -> String:
    """The operating system, as `Android` or `macOS`."""
    return ops.coalesce(sent_hint_platform, ops.per_distinct(ch_ua_platform, text_of_header, String))


@event(stored=False)
def client_hint_platform_version(sent_hint_platform_version: String, ch_ua_platform_version: String) -> String:
    """The operating system's version, as `14.5.0`; Windows has its own numbers here, 13 and more for Windows 11."""
    return ops.coalesce(sent_hint_platform_version, ops.per_distinct(ch_ua_platform_version, text_of_header, String))


def brands_of_header(value: str) -> str | None:
    """`Chromium;126|Not/A)Brand;8` of `"Chromium";v="126", "Not/A)Brand";v="8"`; None where there is none."""
    return brands_text((re.sub(r"\\(.)", r"\1", brand), version) for brand, version in _BRAND.findall(value))


def brands_text(brands: Iterable[tuple[str, str]]) -> str | None:
    """Pairs of brand and version as `client_hint_brands` has them; those without a brand are left out."""
    return "|".join(f"{brand};{version}" for brand, version in brands if brand.strip()).strip() or None


def text_of_header(value: str) -> str | None:
    """`Pixel 7` of `"Pixel 7"`; None for nothing in quotes."""
    return value.strip().removeprefix('"').removesuffix('"').strip() or None
