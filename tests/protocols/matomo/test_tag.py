"""What the tag says of itself, its page and its device."""

from collections.abc import Callable
from typing import Any

import pytest

Row = dict[str, Any]
NAMES = (
    "params_page_view_id",
    "params_custom_data",
    "device_cookies_enabled",
    "device_local_time",
    "device_screen_resolution",
)


def test_what_a_tag_says(row: Callable[..., Row]) -> None:
    """Page view, data of the site's own, cookies, local time and screen."""
    sent = row("pv_id=zxItC9&data=%7B%22a%22%3A1%7D&cookie=0&h=1&m=5&s=16&res=800x600")
    assert [sent[name] for name in NAMES] == ["zxItC9", '{"a":1}', False, "01:05:16", "800x600"]
    assert sent["params_site_id"] == "1"


def test_what_it_does_not_say(row: Callable[..., Row]) -> None:
    """Null, each of them."""
    assert [row("")[name] for name in NAMES] == [None] * 5


def test_page_view_ids_have_six_characters(row: Callable[..., Row]) -> None:
    """Longer ones are cut."""
    assert row("pv_id=zxItC9XYZ")["params_page_view_id"] == "zxItC9"


@pytest.mark.parametrize(
    ("sent", "time"),
    [
        ("h=0&m=0&s=0", "00:00:00"),
        ("h=23&m=59&s=59", "23:59:59"),
        ("h=24&m=0&s=0", None),
        ("h=1&m=60&s=0", None),
        ("h=1&m=0&s=-1", None),
        ("h=1&m=0", None),
        ("h=one&m=0&s=0", None),
    ],
)
def test_local_time(row: Callable[..., Row], sent: str, time: str | None) -> None:
    """Null where it is none of a day."""
    assert row(sent)["device_local_time"] == time


@pytest.mark.parametrize(
    ("sent", "resolution"),
    [("320%C3%97480", "320x480"), ("1280x1024", "1280x1024"), ("10000x10000", "10000x100"), ("unknown", None)],
)
def test_screen_resolution(row: Callable[..., Row], sent: str, resolution: str | None) -> None:
    """Some clients write a multiplication sign; Matomo keeps 9 characters."""
    assert row(f"res={sent}")["device_screen_resolution"] == resolution


def test_captured(captured: list[Row]) -> None:
    """Of real tags, with whatever they wrote."""
    assert {"320x480", "800x600", "2880x1800"} <= {row["device_screen_resolution"] for row in captured}
    assert {"18:13:03", "01:05:16", None} <= {row["device_local_time"] for row in captured}
    assert {row["params_page_view_id"] for row in captured} == {"zxItC9", "8cb643", "a8d5c4", None}
