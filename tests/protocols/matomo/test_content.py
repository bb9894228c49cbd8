"""Content blocks."""

from collections.abc import Callable
from typing import Any

Row = dict[str, Any]
NAMES = ("params_content_name", "params_content_piece", "params_content_target", "params_content_interaction")


def test_content(row: Callable[..., Row]) -> None:
    """Name, piece, target and interaction, trimmed."""
    sent = row("c_n=Ad+&c_p=img.png&c_t=https://t.example/&c_i=click")
    assert [sent[name] for name in NAMES] == ["Ad", "img.png", "https://t.example/", "click"]


def test_none(row: Callable[..., Row]) -> None:
    """Null where nothing, or only blanks, were sent."""
    assert [row("")[name] for name in NAMES] == [None] * 4
    assert [row("c_n=+&c_p=&c_t=undefined&c_i=%09")[name] for name in NAMES] == [None] * 4


def test_captured(captured: list[Row]) -> None:
    """A real tag's block."""
    shown = [row for row in captured if row["name"] == "content_impression"]
    assert [row["params_content_piece"] for row in shown] == ["piece", "/img.png", "img.png"]
    assert [row["params_content_interaction"] for row in shown] == [None] * 3
