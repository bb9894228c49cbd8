"""Client hints of every protocol, from the wire to the columns that other columns read."""

from pathlib import Path
from typing import Any

import pytest

from tracker.testing import compute_rows, make_hit

READER = '''"""Stores what is not stored."""
from tracker.columns import Bool, String, event

@event
def seen_brands(client_hint_brands: String) -> String:
    """Brands."""
    return client_hint_brands

@event
def seen_mobile(client_hint_mobile: Bool) -> Bool:
    """Mobile."""
    return client_hint_mobile

@event
def seen_model(client_hint_model: String) -> String:
    """Model."""
    return client_hint_model

@event
def seen_platform(client_hint_platform: String) -> String:
    """Platform."""
    return client_hint_platform

@event
def seen_version(client_hint_platform_version: String) -> String:
    """Platform's version."""
    return client_hint_platform_version
'''
HEADERS = {
    "sec-ch-ua": '"Chromium";v="126"',
    "sec-ch-ua-mobile": "?1",
    "sec-ch-ua-model": '"Pixel 7"',
    "sec-ch-ua-platform": '"Android"',
    "sec-ch-ua-platform-version": '"14.0"',
}
OF_HEADERS = ["Chromium;126", True, "Pixel 7", "Android", "14.0"]
OF_GA4 = "en=page_view&uafvl=Not%253AA-Brand%3B8%7CChromium%3B156.0&uamb=0&uam=&uap=Linux&uapv=6.1"
OF_MATOMO = (
    "uadata=%7B%22brands%22%3A%5B%7B%22brand%22%3A%22Not%3AA-Brand%22%2C%22version%22%3A%228%22%7D%2C%7B%22brand%22%3A%22"
    "Chromium%22%2C%22version%22%3A%22156.0%22%7D%5D%2C%22mobile%22%3Afalse%2C%22model%22%3A%22%22%2C%22platform%22%3A%22"
    "Linux%22%2C%22platformVersion%22%3A%226.1%22%7D"
)
FAMILIES: list[tuple[str, dict[str, Any]]] = [
    (OF_GA4, {}),
    (OF_MATOMO, {"protocol": "matomo", "family": "matomo", "property_id": "1"}),
]


@pytest.mark.parametrize(("query", "fields"), FAMILIES)
def test_parameters_go_before_headers(query: str, fields: dict[str, Any], tmp_path: Path) -> None:
    """Each hint for itself: a tag that does not know the model leaves it to the header."""
    (tmp_path / "reader.py").write_text(READER)
    nothing = "en=page_view"
    hits = [
        make_hit(query, client_id="1", **fields),
        make_hit(nothing, client_id="2", headers=HEADERS, **fields),
        make_hit(query, client_id="3", headers=HEADERS, **fields),
        make_hit(nothing, client_id="4", **fields),
    ]
    names = ("brands", "mobile", "model", "platform", "version")
    found = [[row[f"seen_{name}"] for name in names] for row in compute_rows(hits, {"plugins_dir": str(tmp_path)})]
    sent = ["Not:A-Brand;8|Chromium;156.0", False, None, "Linux", "6.1"]
    assert found == [sent, OF_HEADERS, [*sent[:2], "Pixel 7", *sent[3:]], [None] * 5]
