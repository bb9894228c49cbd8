"""Bots are flagged with a score and its reasons, and left out only where a property asks."""

from typing import Any

import pytest

from tracker.columns.core.bot_score import session_is_too_fast
from tracker.columns.core.bot_signs import SIGNS, hosting_networks, marks_of, reasons_of, score_of
from tracker.columns.places import Addresses
from tracker.columns.types import Bool, Timestamp
from tracker.testing import compute_batch, compute_rows, events, make_hit
from tracker.testing.hits import NOW

GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
LINUX = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = f"{LINUX} Chrome/126.0.0.0 Safari/537.36"
PAGE = "v=2&tid=G-1&cid=1.1&en=page_view&dl=https%3A%2F%2Fa.example%2F"
HINTS = {"sec-ch-ua": '"Chromium";v="126", "Google Chrome";v="126"'}


def flagged(query: str = PAGE, settings: dict[str, Any] | None = None, **fields: Any) -> tuple[int, list[str]]:
    """Score and reasons of one event."""
    row = compute_rows([make_hit(query, **fields)], settings)[0]
    return row["bot_score"], row["bot_reasons"]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"user-agent": FIREFOX}, (0, [])),
        ({"user-agent": CHROME, **HINTS}, (0, [])),
        ({"user-agent": CHROME}, (20, ["no_client_hints"])),
        ({"user-agent": CHROME.replace("126", "89")}, (0, [])),
        ({"user-agent": CHROME.replace("X11; Linux x86_64", "Linux; Android 10; K")}, (0, [])),
        ({"user-agent": GOOGLEBOT}, (100, ["declared_bot"])),
        ({"user-agent": CHROME.replace("Chrome/", "HeadlessChrome/"), **HINTS}, (90, ["headless"])),
        ({"user-agent": CHROME, "sec-ch-ua": '"HeadlessChrome";v="126"'}, (90, ["headless"])),
        ({"user-agent": "curl/8.5.0"}, (60, ["http_library"])),
        ({"user-agent": "python-requests/2.31.0"}, (60, ["http_library"])),
        ({}, (60, ["no_user_agent"])),
        ({"user-agent": ""}, (60, ["no_user_agent"])),
        ({"user-agent": FIREFOX, "x-moz": "prefetch"}, (40, ["prefetch"])),
        ({"user-agent": FIREFOX, "sec-purpose": "prefetch;prerender"}, (40, ["prefetch"])),
        ({"user-agent": FIREFOX, "purpose": "preview"}, (40, ["prefetch"])),
        ({"user-agent": FIREFOX, "sec-purpose": "other"}, (0, [])),
    ],
)
def test_what_an_event_shows(headers: dict[str, str], expected: tuple[int, list[str]]) -> None:
    """Each sign by itself, and what looks like one and is none."""
    assert flagged(headers=headers) == expected


def test_hints_of_the_tag_count_too() -> None:
    """A browser whose headers a proxy has cut sends them as parameters."""
    assert flagged(f"{PAGE}&uap=Linux", headers={"user-agent": CHROME}) == (0, [])


def test_hints_are_sent_over_https_only() -> None:
    """A page without it cannot be blamed."""
    assert flagged(PAGE.replace("https", "http"), headers={"user-agent": CHROME}) == (0, [])


@pytest.mark.parametrize("agent", [None, "python-requests/2.31.0", CHROME])
@pytest.mark.parametrize(
    ("protocol", "family", "query"),
    [("ga4_mp", "ga4", "measurement_id=G-1"), ("matomo", "matomo", "idsite=1&rec=1&url=https%3A%2F%2Fa.example%2F")],
)
def test_servers_may_be_programs(agent: str | None, protocol: str, family: str, query: str) -> None:
    """What comes from a server, or may come from one, is not blamed for it."""
    body = b'{"client_id":"1.1","events":[{"name":"page_view"}]}' if protocol == "ga4_mp" else b""
    headers = {"user-agent": agent} if agent else {}
    assert flagged(query, protocol=protocol, family=family, body=body, headers=headers) == (0, [])


def test_signs_add_up() -> None:
    """To a hundred at most; the reasons stand by weight."""
    headers = {"user-agent": CHROME.replace("Chrome/", "HeadlessChrome/"), "purpose": "prefetch"}
    assert flagged(headers=headers) == (100, ["headless", "prefetch"])
    assert [score_of(0), score_of(0b1100_0000), score_of(0b1111_1111)] == [0, 50, 100]
    assert reasons_of(0b1111_1111) == list(SIGNS)


def test_an_event_in_a_session_like_a_machines() -> None:
    """All events of the session are flagged, and the session."""
    hits = [make_hit(PAGE, headers={"user-agent": FIREFOX}, received_at=NOW + n * 100_000) for n in range(6)]
    rows = compute_rows(hits)
    assert [row["bot_reasons"] for row in rows] == [["impossible_speed"]] * 6
    assert [row["session_bot_score"] for row in rows] == [60] * 6


def test_a_session_has_the_highest_score() -> None:
    """Of its events."""
    hits = [make_hit(PAGE, headers={"user-agent": agent}) for agent in (FIREFOX, CHROME)]
    assert [(row["bot_score"], row["session_bot_score"]) for row in compute_rows(hits)] == [(0, 20), (20, 20)]


def views(*seconds: float) -> Any:
    return events([[int(second * 1_000_000) for second in seconds]], Timestamp)


@pytest.mark.parametrize(
    ("seconds", "is_too_fast"),
    [
        ([0, 0.1, 0.2, 0.3, 0.4], False),
        ([0, 0.1, 0.2, 0.3, 0.4, 0.5], True),
        ([0, 0.1, 0.2, 0.3, 0.4, 1.0], False),
        ([n * 0.9 for n in range(29)], False),
        ([n * 0.9 for n in range(30)], True),
        ([n * 1.0 for n in range(60)], False),
        ([], False),
    ],
)
def test_how_fast_is_too_fast(seconds: list[float], is_too_fast: bool) -> None:
    """More than five pages in a second, or thirty at more than one a second."""
    true = events([[True] * len(seconds)], Bool)
    assert session_is_too_fast(views(*seconds), true, true).to_pylist() == [is_too_fast]


def test_only_page_views_of_browsers_are_too_fast() -> None:
    """Other events come in heaps, and servers send visits at once; who sent is not always known."""
    times = views(*[0] * 6)
    true, false, unknown = (events([[one] * 6], Bool) for one in (True, False, None))
    cases = ((false, true), (true, false), (true, unknown))
    assert [session_is_too_fast(times, *flags).to_pylist() for flags in cases] == [[False], [False], [True]]


def test_each_session_has_a_speed_of_its_own() -> None:
    """Page views of two sessions are not counted together."""
    times, true = events([[0] * 3, [0] * 3], Timestamp), events([[True] * 3, [True] * 3])
    assert session_is_too_fast(times, true, true).to_pylist() == [False, False]
    assert session_is_too_fast(times, true, true, page_views_per_second=2).to_pylist() == [True, True]


def test_data_centres(tmp_path: Any) -> None:
    """Where a file tells the network of an address."""
    from tests.resources.test_places import write

    file = write(tmp_path / "asn.mmdb", {"203.0.113.0/24": {"autonomous_system_number": 24940}})
    settings = {"geo": {"asn_file": str(file)}}
    found = [flagged(settings=settings, ip=ip, headers={"user-agent": FIREFOX}) for ip in ("203.0.113.7", "192.0.2.1")]
    assert found == [(30, ["data_centre"]), (0, [])]


def test_the_list_of_data_centres() -> None:
    """Numbers, none twice; people's own networks and those of Apple's Private Relay are not among them."""
    assert len(hosting_networks()) > 100
    assert hosting_networks().isdisjoint({13335, 36183, 54113, 20940, 7922, 3320, 7018})
    assert Addresses.of({"192.0.2.0/24": {"asn": "AS16509"}}).network("192.0.2.1") in hosting_networks()


@pytest.mark.parametrize(
    ("limit", "outcomes"),
    [
        (None, {}),
        (100, {("G-1", "filtered", "bot_score"): 1}),
        (60, {("G-1", "filtered", "bot_score"): 2}),
        (20, {("G-1", "filtered", "bot_score"): 3}),
    ],
)
def test_a_property_may_leave_bots_out(limit: int | None, outcomes: dict[Any, int]) -> None:
    """Those at or above its limit; the ledger counts them."""
    agents = (GOOGLEBOT, "curl/8.5.0", CHROME, FIREFOX)
    hits = [make_hit(PAGE, headers={"user-agent": agent}) for agent in agents]
    batch = compute_batch(hits, {"properties": {"G-1": {"exclude_bot_score": limit} if limit else {}}})
    assert (batch.ledger, batch.events.num_rows) == (outcomes, 4 - sum(outcomes.values()))


def test_each_property_leaves_out_its_own() -> None:
    """A limit is one property's."""
    hits = [make_hit(PAGE.replace("G-1", name), property_id=name, client_id=name) for name in ("G-1", "G-2")]
    batch = compute_batch(hits, {"properties": {"G-2": {"exclude_bot_score": 50}}})
    assert batch.ledger == {("G-2", "filtered", "bot_score"): 1}


def test_speed_leaves_nothing_out() -> None:
    """There are no sessions yet where events are left out."""
    hits = [make_hit(PAGE, headers={"user-agent": FIREFOX}, received_at=NOW + n) for n in range(6)]
    rows = compute_rows(hits, {"properties": {"G-1": {"exclude_bot_score": 10}}})
    assert [row["bot_score"] for row in rows] == [60] * 6


@pytest.mark.parametrize("agent", ["", "x", "\x00", "Chrome/", f"{LINUX} Chrome/{'9' * 400}.0", "(" * 5_000])
def test_no_agent_does_harm(agent: str) -> None:
    """Whatever is sent, something is answered."""
    assert marks_of(agent) >= 0
