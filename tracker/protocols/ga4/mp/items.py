"""Items of an order, written as the browser tag writes them, so that one column reads both."""

from collections.abc import Mapping
from typing import Any, Final

from tracker.protocols.ga4.mp.written import written

KEYS: Final = {
    "item_id": "id",
    "item_name": "nm",
    "item_brand": "br",
    "item_category": "ca",
    "item_category2": "c2",
    "item_category3": "c3",
    "item_category4": "c4",
    "item_category5": "c5",
    "item_variant": "va",
    "price": "pr",
    "quantity": "qt",
    "coupon": "cp",
    "discount": "ds",
    "item_list_name": "ln",
    "item_list_id": "li",
    "index": "lp",
    "affiliation": "af",
    "location_id": "lo",
    "promotion_id": "pi",
    "promotion_name": "pn",
    "creative_name": "cn",
    "creative_slot": "cs",
}
"""Two characters for each field that GA4 knows."""
OLD: Final = {
    "id": "id",
    "name": "nm",
    "brand": "br",
    "variant": "va",
    "list": "ln",
    "list_name": "ln",
    "list_position": "lp",
    "position": "lp",
    "creative": "cn",
}
"""Names of the years before GA4, which its tag still reads. They count where the new one is not there."""
_CATEGORIES: Final = ("ca", "c2", "c3", "c4", "c5")
_CUSTOM: Final = "0123456789ABCDEFGHIJKLMNOPQ"


def item_text(item: Mapping[str, Any]) -> str:
    """Parts joined by `~`: key and value, tildes doubled; a custom field as `kX` with its name and `vX` with its value.

    The form has room for 27 custom fields; a server is allowed 10.
    """
    parts: list[str] = []
    places = iter(_CUSTOM)
    known = {KEYS[name] for name, value in item.items() if name in KEYS and value is not None}
    for name, value in item.items():
        if value is None:
            continue
        key = KEYS.get(name) or OLD.get(name, "")
        if name in KEYS or (key and key not in known):
            parts.append(key + _doubled(written(value)))
        elif name == "category" and known.isdisjoint(_CATEGORIES):
            levels = written(value).split("/", len(_CATEGORIES) - 1)
            parts += [key + _doubled(level) for key, level in zip(_CATEGORIES, levels, strict=False)]
        elif place := next(places, ""):
            parts += [f"k{place}{_doubled(name)}", f"v{place}{_doubled(written(value))}"]
    return "~".join(parts)


def _doubled(text: str) -> str:
    return text.replace("~", "~~")
