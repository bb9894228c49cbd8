"""One name per Matomo hit, and what belongs to links, events and goals."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

Row = dict[str, Any]
EVERYTHING = {
    "ping": "ping=1",
    "ecommerce_order": "idgoal=0&ec_id=O1",
    "video_play": "ma_id=x&ma_mt=video&ma_st=1",
    "crash": "cra=boom",
    "download": "download=x",
    "outlink": "link=x",
    "custom_event": "e_c=a&e_a=b",
    "content_interaction": "c_n=x&c_i=click",
    "site_search": "search=x",
    "custom_action": "ca=1",
    "page_view": "url=https://shop.example/",
}
"""Actions by precedence, highest first, and what makes each."""


@pytest.mark.parametrize("place", range(len(EVERYTHING)), ids=list(EVERYTHING))
def test_precedence(row: Callable[..., Row], place: int) -> None:
    """A hit that could be several actions is the highest of them, in whatever order the parameters come."""
    said = list(EVERYTHING.values())[place:]
    assert row("&".join(reversed(said)))["name"] == list(EVERYTHING)[place]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("idgoal=0", "ecommerce_cart_update"),
        ("idgoal=0&ec_id=", "ecommerce_cart_update"),
        ("idgoal=3&download=x", "goal_conversion"),
        ("idgoal=&link=x", "outlink"),
        ("idgoal=none", "page_view"),
        ("idgoal=0.5", "page_view"),
        ("idgoal=2.0", "page_view"),
        ("ping=0", "page_view"),
        ("ping=1.5", "page_view"),
        ("ping=01", "page_view"),
        ("e_c=a&e_a=b&ca=1", "custom_event"),
        ("e_c=a", "page_view"),
        ("e_a=b", "page_view"),
        ("c_n=x", "content_impression"),
        ("c_i=click", "page_view"),
        ("c_n=+&c_i=click", "page_view"),
        ("search=+%09", "page_view"),
        ("link=undefined", "page_view"),
        ("cra=boom&ca=1&url=https://shop.example/?q=x", "crash"),
        ("ca=1&url=https://shop.example/?q=x", "custom_action"),
        ("ca=0", "page_view"),
    ],
)
def test_names(row: Callable[..., Row], query: str, name: str) -> None:
    """Goals and orders take the place of the action; half an action and a blank one are none."""
    assert row(query)["name"] == name


def test_parameters_of_actions(row: Callable[..., Row]) -> None:
    """They are columns on any hit that has them, whatever its name."""
    sent = row("idgoal=3&download=https://a.example/f.zip&link=https://b.example/&e_c=Films&e_a=Play&e_n=Up&e_v=-1.5")
    assert sent["params_goal_id"] == "3"
    assert sent["params_download_url"] == "https://a.example/f.zip"
    assert sent["params_link_url"] == "https://b.example/"
    assert (sent["params_category"], sent["params_action"], sent["params_event_name"]) == ("Films", "Play", "Up")
    assert sent["params_value"] == -1.5


@pytest.mark.parametrize("empty", ["", "undefined"])
def test_parameters_without_a_value(row: Callable[..., Row], empty: str) -> None:
    """Absent, empty and `undefined` are null."""
    names = ("goal_id", "download_url", "link_url", "category", "action", "event_name", "value")
    nothing = row("&".join(f"{key}={empty}" for key in ("idgoal", "download", "link", "e_n", "e_v")))
    assert [nothing[f"params_{name}"] for name in names] == [None] * 7
    assert [row("")[f"params_{name}"] for name in names] == [None] * 7


@pytest.mark.parametrize(("sent", "value"), [("2", 2.0), ("+1.5", 1.5), ("+2+", 2.0), ("1%2C5", None), ("x", None)])
def test_numbers_of_events(row: Callable[..., Row], sent: str, value: float | None) -> None:
    """A decimal comma is no number; blanks do not matter."""
    assert row(f"e_c=a&e_a=b&e_v={sent}")["params_value"] == value


def test_texts_are_trimmed(row: Callable[..., Row]) -> None:
    """As Matomo does."""
    sent = row("e_c=+a+&e_a=%09b&e_n=c+d+&action_name=+Home%0A")
    assert [sent[f"params_{name}"] for name in ("category", "action", "event_name")] == ["a", "b", "c d"]
    assert sent["page_title"] == "Home"


def test_a_ping_extends_the_visit_and_is_no_page_view(rows: Callable[..., list[Row]]) -> None:
    """One page and heartbeats are still a bounce, and last until the last heartbeat."""
    view, *pings = rows((0, "url=https://shop.example/"), (15, "ping=1"), (30, "ping=1&url=https://shop.example/"))
    assert [ping["name"] for ping in pings] == ["ping", "ping"]
    assert {ping["session_id"] for ping in pings} == {view["session_id"]}
    assert (view["session_is_bounced"], view["session_total_page_views"], view["session_duration"]) == (True, 1, 30)
    assert [ping["is_page_view"] for ping in pings] == [False, False]


def test_a_ping_without_a_visit_has_no_session(rows: Callable[..., list[Row]]) -> None:
    """Neither the only thing ever heard of a visitor nor one that comes after the timeout begins a visit."""
    (alone,) = rows("ping=1")
    view, late = rows((0, ""), (1862, "ping=1"))
    assert [ping["session_id"] for ping in (alone, late)] == [None, None]
    assert [ping["session_total_events"] for ping in (alone, late)] == [None, None]
    assert (view["session_total_events"], view["session_duration"]) == (1, 0)


def test_pings_keep_a_visit_open(rows: Callable[..., list[Row]]) -> None:
    """A page view more than half an hour after the one before belongs to the visit if a heartbeat came between."""
    assert len({row["session_id"] for row in rows((0, ""), (1500, "ping=1"), (3000, ""))}) == 1


def test_captured(captured: list[Row]) -> None:
    """What real tags sent is what it was."""
    names = Counter(row["name"] for row in captured)
    assert names["page_view"] > 20
    expected = {
        "ping": 1, "ecommerce_order": 3, "ecommerce_cart_update": 3, "goal_conversion": 2, "video_play": 1, "crash": 1,
        "download": 3, "outlink": 3, "custom_event": 7, "content_interaction": 3, "content_impression": 3,
        "site_search": 4,
    }  # fmt: skip
    assert {name: count for name, count in names.items() if name != "page_view"} == expected
