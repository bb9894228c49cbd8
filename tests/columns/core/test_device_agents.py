"""Devices told by user agents and client hints."""

import importlib.util
import json
from dataclasses import asdict
from typing import Any

import pyarrow as pa
import pytest

from bench.user_agents import READERS, judge, labelled
from tracker.columns.core.agent_hints import Found, Hints
from tracker.columns.core.bots import is_bot
from tracker.columns.core.device_agents import device_by_ua_parser, device_of, read_with_ua_parser
from tracker.errors import Problems
from tracker.testing import compute_rows, make_hit

WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
)
PHONE = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36"
)
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
HINTS = ("brands", "mobile", "model", "platform", "platform_version")
NAMES = (
    "category", "mobile_brand_name", "mobile_model_name", "operating_system", "operating_system_version",
    "web_browser", "web_browser_version",
)  # fmt: skip
needs_device_detector = pytest.mark.skipif(
    importlib.util.find_spec("device_detector") is None, reason="device-detector is not installed"
)


def row_of(query: str = "", settings: dict[str, Any] | None = None, **headers: str) -> dict[str, Any]:
    """The row of one page view of the GA4 tag, sent with these headers."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return compute_rows([make_hit(f"v=2&tid=G-1&cid=1.1&en=page_view&{query}", headers=sent)], settings)[0]


def device_in(row: dict[str, Any], prefix: str = "device_") -> list[str | None]:
    return [row[prefix + name] for name in NAMES]


def test_there_are_enough_agents() -> None:
    """Of every kind, and with client hints too."""
    agents = list(labelled())
    assert len(agents) >= 200
    assert {labels["category"] for _, _, labels in agents} == {
        "desktop", "smartphone", "tablet", "tv", "console", "wearable", "bot", "other",
    }  # fmt: skip
    assert sum(hints != Hints() for _, hints, _ in agents) >= 25


def test_most_agents_are_read_right() -> None:
    """Of each field at least 95 of 100 of the labelled agents."""
    agents = list(labelled())
    found = [device_of(READERS["ua-parser"], agent, hints, is_bot=is_bot(agent)) for agent, hints, _ in agents]
    right, asked = judge(agents, found)
    assert {field: right[field] / asked[field] for field in asked if right[field] < 0.95 * asked[field]} == {}


def test_columns_tell_what_their_parts_do() -> None:
    """Of every labelled agent, with brands for all rows at once."""
    agents = list(labelled())
    said = {name: pa.array([getattr(hints, name) for _, hints, _ in agents]) for name in HINTS}
    inputs: list[Any] = [pa.array([agent for agent, _, _ in agents]), *(said[name] for name in HINTS)]
    inputs.append(pa.array([is_bot(agent) for agent, _, _ in agents]))
    read = device_by_ua_parser(*inputs)
    found = [device_of(read_with_ua_parser, agent, hints, is_bot=is_bot(agent)) for agent, hints, _ in agents]
    assert read.to_pylist() == [asdict(one) for one in found if one]


def test_hints_of_headers_go_first() -> None:
    """Windows 11 calls itself Windows 10 in its agent, and Chrome's version is cut there."""
    row = row_of(
        user_agent=WINDOWS,
        sec_ch_ua_platform='"Windows"',
        sec_ch_ua_platform_version='"15.0.0"',
        sec_ch_ua_full_version_list='"Chromium";v="126.0.6478.127", "Google Chrome";v="126.0.6478.127"',
    )
    assert device_in(row) == ["desktop", None, None, "Windows", "11", "Chrome", "126.0.6478.127"]


def test_hints_of_parameters_go_first() -> None:
    """The GA4 tag sends model and versions of the hints that pages have to ask for."""
    row = row_of("uam=Pixel%207&uap=Android&uapv=14.0.0&uamb=1", user_agent=PHONE)
    assert device_in(row) == ["smartphone", "Google", "Pixel 7", "Android", "14", "Chrome", "126.0.0.0"]


def test_an_agent_without_hints() -> None:
    """A frozen one tells no model; what it pretends is taken as it is."""
    assert device_in(row_of(user_agent=PHONE)) == ["smartphone", None, None, "Android", "10", "Chrome", "126.0.0.0"]


def test_a_bot_is_a_bot() -> None:
    """By its kind; it has neither brand nor model."""
    assert device_in(row_of(user_agent=GOOGLEBOT)) == ["bot", None, None, None, None, "Googlebot", "2.1"]


def test_null_without_agent_and_hints() -> None:
    """In the session too."""
    row = row_of()
    assert {*device_in(row), *device_in(row, "session_device_")} == {None}


def test_the_sender_goes_first() -> None:
    """What the Measurement Protocol states is not mixed with what the agent tells."""
    content = {"client_id": "1.1", "user_agent": PHONE, "device": {"category": "tablet"}, "events": [{"name": "a"}]}
    body = json.dumps(content)
    hit = make_hit("measurement_id=G-1", protocol="ga4_mp", body=body.encode(), headers={"user-agent": PHONE})
    assert device_in(compute_rows([hit])[0])[:4] == ["tablet", None, None, None]


def test_a_session_takes_what_is_known_first() -> None:
    """An event that tells nothing hides nothing."""
    hits = [make_hit(f"v=2&tid=G-1&cid=1.1&en={n}", headers={"user-agent": a} if a else {}) for n, a in AGENTS]
    rows = compute_rows(hits)
    assert [device_in(row, "session_device_")[3] for row in rows] == ["Windows"] * 3


AGENTS = (("a", ""), ("b", WINDOWS), ("c", PHONE))


@pytest.mark.parametrize(
    ("hints", "system", "version"),
    [
        (Hints(platform="Windows", platform_version="13.0.0"), "Windows", "11"),
        (Hints(platform="Windows", platform_version="10.0.0"), "Windows", "10"),
        (Hints(platform="Windows", platform_version="0.1.0"), "Windows", "7"),
        (Hints(platform="Windows", platform_version="0.3.0"), "Windows", "8.1"),
        (Hints(platform="Windows"), "Windows", "10"),
        (Hints(platform="macOS", platform_version="14.5.0"), "macOS", "14.5"),
        (Hints(platform="Chromium OS", platform_version="15886.44.0"), "Chrome OS", "15886.44"),
        (Hints(platform="Linux", platform_version=""), "Linux", None),
        (Hints(platform="Unknown", platform_version="1"), "Windows", "10"),
    ],
)
def test_what_a_platform_is_called(hints: Hints, system: str, version: str | None) -> None:
    """As people call it, not as browsers number it."""
    found = device_of(read_with_ua_parser, WINDOWS, hints, is_bot=False)
    assert found is not None
    assert (found.operating_system, found.operating_system_version) == (system, version)


@pytest.mark.parametrize(
    ("brands", "browser", "version"),
    [
        ("Chromium;126.0.6478.127|Google Chrome;126.0.6478.127|Not/A)Brand;8", "Chrome", "126.0.6478.127"),
        ("Not(A:Brand;8|Brave;126|Chromium;126", "Brave", "126"),
        ("Google Chrome;126", "Chrome", "126.0.0.0"),
        ("Google Chrome;127", "Chrome", "127"),
        ("Not;A Brand;99", "Chrome", "126.0.0.0"),
        ("Chromium;126", "Chrome", "126.0.0.0"),
        ("nonsense", "Chrome", "126.0.0.0"),
        ("", "Chrome", "126.0.0.0"),
    ],
)
def test_which_browser_is_named(brands: str, browser: str, version: str) -> None:
    """The one that is neither Chromium nor there to confuse; a bare major version takes nothing away."""
    found = device_of(read_with_ua_parser, WINDOWS, Hints(brands=brands), is_bot=False)
    assert found is not None
    assert (found.browser, found.browser_version) == (browser, version)


def test_an_app_stays_an_app() -> None:
    """Facebook's browser is built on a WebView, and says so in its hints; the agent knows more."""
    agent = PHONE.replace("K)", "SM-S901E; wv)") + " [FB_IAB/FB4A;FBAV/470.0.0.41.88;]"
    found = device_of(read_with_ua_parser, agent, Hints(brands="Android WebView;126.0.6478.71"), is_bot=False)
    assert found is not None
    assert (found.browser, found.browser_version) == ("Facebook", "470.0.0")


@pytest.mark.parametrize("agent", ["", " ", "x", "\x00\ud800"[:1], "Mozilla/5.0", "(" * 9_000, "é" * 500])
def test_no_agent_does_harm(agent: str) -> None:
    """Whatever is sent, something is answered."""
    found = device_of(read_with_ua_parser, agent, Hints(), is_bot=None)
    assert found is None or isinstance(found, Found)


@needs_device_detector
def test_the_other_library_may_be_chosen() -> None:
    """It knows models by their names."""
    chosen = {"columns": {"detected_device": "device-detector"}}
    row = row_of("uam=SM-S918B&uap=Android&uapv=14.0.0&uamb=1", chosen, user_agent=PHONE)
    assert device_in(row)[:5] == ["smartphone", "Samsung", "Galaxy S23 Ultra", "Android", "14"]


def test_a_library_that_is_not_there_is_told_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(Problems, match=r"tracker\[device-detector\]"):
        row_of("x=1", {"columns": {"detected_device": "device-detector"}, "sql": {"max_rows": 7}})
