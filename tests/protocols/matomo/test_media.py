"""Videos and sounds."""

from collections.abc import Callable
from typing import Any

import pytest

from tracker.protocols.matomo import media

Row = dict[str, Any]
SENT = {
    "asset_id": ("ma_id", "8C1gOQ9CPOiQfzft", "8C1gOQ9CPOiQfzft"),
    "type": ("ma_mt", "video", "video"),
    "title": ("ma_ti", "A+film", "A film"),
    "url": ("ma_re", "https://player.example/1", "https://player.example/1"),
    "player": ("ma_pn", "html5", "html5"),
    "seconds_played": ("ma_st", "5", 5),
    "length": ("ma_le", "100", 100),
    "position": ("ma_ps", "34.9", 34),
    "seconds_to_play": ("ma_ttp", "12", 12),
    "width": ("ma_w", "500", 500),
    "height": ("ma_h", "300", 300),
    "fullscreen": ("ma_fs", "1", True),
    "positions": ("ma_se", "0%2C5%2C10", "0,5,10"),
}
"""Column without `params_media_`: its key, what is sent, what is stored."""


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("ma_mt=video&ma_st=5", "video_play"),
        ("ma_mt=video", "video_play"),
        ("ma_mt=audio&ma_st=5", "audio_play"),
        ("ma_mt=slides&ma_st=5", "media_play"),
        ("ma_st=5", "media_play"),
        ("ma_mt=video&ma_st=0", "media_impression"),
        ("ma_mt=audio&ma_st=0&ca=1", "media_impression"),
    ],
)
def test_names(row: Callable[..., Row], query: str, name: str) -> None:
    """A medium that was seen and never played is no play."""
    assert row(f"ma_id=x&{query}")["name"] == name


def test_without_an_id_it_is_no_medium(row: Callable[..., Row]) -> None:
    """The id is what makes it one."""
    assert row("ma_mt=video&ma_st=5")["name"] == "page_view"


def test_parameters(row: Callable[..., Row]) -> None:
    """What a player reports."""
    sent = row("&".join(f"{key}={value}" for key, value, _ in SENT.values()))
    assert {name: sent[f"params_media_{name}"] for name in SENT} == {name: want for name, (_, _, want) in SENT.items()}


def test_parameters_without_a_value(row: Callable[..., Row]) -> None:
    """Null where nothing, or nothing readable, was sent."""
    bad = row("&".join(f"{key}={'' if isinstance(want, str) else 'x'}" for key, _, want in SENT.values()))
    assert [bad[f"params_media_{name}"] for name in SENT] == [None] * len(SENT)
    assert [row("")[f"params_media_{name}"] for name in SENT] == [None] * len(SENT)


def test_all_are_tested() -> None:
    """No column of the module is missing in the list above."""
    assert {name for name in vars(media) if name.startswith("params_")} == {f"params_media_{name}" for name in SENT}


def test_video_engagements_of_a_session(rows: Callable[..., list[Row]]) -> None:
    """Each report of a video that is being played; not one that was only seen, and no sound."""
    reports = ("ma_mt=video&ma_st=0", "ma_mt=video&ma_st=5", "ma_mt=video&ma_st=10", "ma_mt=audio&ma_st=5")
    assert rows(*(f"ma_id=x&{report}" for report in reports))[0]["session_total_video_engagements"] == 2
