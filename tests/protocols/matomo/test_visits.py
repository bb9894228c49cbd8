"""Matomo's visit rules: sequences of requests whose number of visits Matomo's own tests or source settle.

Each sequence is sent in order and with its requests permuted in the log: receive times decide, not the log.
"""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from tracker.clock import SECOND
from tracker.config import Properties
from tracker.model import Closed, Hit
from tracker.protocols.matomo import MatomoProtocol
from tracker.protocols.matomo.auth import MatomoSettings
from tracker.protocols.matomo.visits import max_actions_reached
from tracker.testing import compute_rows, make_request
from tracker.testing.hits import NOW

Row = dict[str, Any]
MINUTE = 60
PAGE = "url=https%3A%2F%2Fa.example%2F"
ELSEWHERE = "&urlref=https%3A%2F%2Fnews.example%2Fstory"
WITHIN = "&urlref=https%3A%2F%2FA.example%2Fstart"
PING = "ping=1"


def campaign(query: str) -> str:
    """A page view of a campaign's link."""
    return "url=" + quote(f"https://a.example/?{query}", safe="")


def hits(*sent: tuple[float, str], site: int = 1) -> list[Hit]:
    """What requests become that are sent so many seconds after NOW."""
    requests = [
        make_request(
            f"/matomo.php?idsite={site}&rec=1&_id=0123456789abcdef&{query}", received_at=NOW + round(seconds * SECOND)
        )
        for seconds, query in sent
    ]
    properties = Properties({}, MatomoSettings())
    return [piece for r in requests for piece in MatomoProtocol().hits(r, properties) if isinstance(piece, Hit)]


def visits(*sent: tuple[float, str], settings: dict[str, Any] | None = None) -> list[list[int]]:
    """The requests of each visit by number, the same however the log is ordered."""
    made = hits(*sent)
    found = _visits(made, range(len(made)), settings)
    order = random.Random(3).sample(range(len(made)), len(made))
    assert _visits([made[n] for n in order], order, settings) == found
    return found


def _visits(made: list[Hit], numbers: Any, settings: dict[str, Any] | None) -> list[list[int]]:
    groups: dict[str, list[int]] = {}
    for number, row in zip(numbers, compute_rows(made, settings), strict=True):
        groups.setdefault(str(row["session_id"]), []).append(number)
    return sorted(sorted(group) for group in groups.values())


def causes(*sent: tuple[float, str], settings: dict[str, Any] | None = None) -> list[str | None]:
    """Why the visit of each request was begun."""
    return [row["session_split_cause"] for row in compute_rows(hits(*sent), settings)]


def off(boundary: str) -> dict[str, Any]:
    return {"properties": {"1": {"boundaries": {boundary: False}}}}


def seconds_until(moment: str, zone: str) -> float:
    """Seconds from NOW until a local time."""
    local = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(zone))
    return (local.astimezone(UTC) - datetime.fromtimestamp(NOW / SECOND, UTC)) / timedelta(seconds=1)


def test_half_an_hour_without_action_ends_a_visit() -> None:
    """One visitor, two visits: a second less than thirty minutes apart is one, thirty is two."""
    sent = (0, PAGE), (6 * MINUTE, PAGE), (36 * MINUTE - 1, PAGE), (66 * MINUTE - 1, PAGE)
    assert visits(*sent) == [[0, 1, 2], [3]]
    assert causes(*sent)[3] == "timeout"


def test_a_ping_keeps_a_visit_alive() -> None:
    """Sent 29 minutes after the page: an action 29 minutes later still belongs to it, and the visit is that long."""
    sent = (0, PAGE), (29 * MINUTE, PING), (58 * MINUTE, PAGE)
    assert visits(*sent) == [[0, 1, 2]]
    assert compute_rows(hits(*sent))[0]["session_duration"] == 58 * MINUTE


def test_a_late_ping_belongs_to_no_visit() -> None:
    """It is dropped by Matomo; here its row has no session."""
    rows = compute_rows(hits((0, PAGE), (31 * MINUTE, PING)))
    assert [row["session_id"] is None for row in rows] == [False, True]


def test_new_visit_forces_one() -> None:
    """Only the value 1."""
    sent = (0, PAGE), (1, f"{PAGE}&new_visit=1"), (2, f"{PAGE}&new_visit=0"), (3, PAGE)
    assert visits(*sent) == [[0], [1, 2, 3]]
    assert causes(*sent)[1] == "new_visit"
    assert visits(*sent, settings=off("new_visit")) == [[0, 1, 2, 3]]


@pytest.mark.parametrize(
    ("zone", "midnight"),
    [
        ("UTC", "2025-10-10 00:00"),
        ("Asia/Kolkata", "2025-10-10 00:00"),
        ("America/New_York", "2025-10-10 00:00"),
        ("Europe/Berlin", "2025-10-26 00:00"),
        ("Europe/Berlin", "2025-10-27 00:00"),
        ("Europe/Berlin", "2026-03-29 00:00"),
        ("Europe/Berlin", "2026-03-30 00:00"),
        ("America/Santiago", "2026-09-06 01:00"),
    ],
)
def test_midnight_of_the_site_ends_a_visit(zone: str, midnight: str) -> None:
    """In its own time zone, on both sides of a change of the clocks; the last zone's day begins at one o'clock."""
    at = seconds_until(midnight, zone)
    sent = (at - MINUTE, PAGE), (at - 0.000_001, PAGE), (at, PAGE), (at + MINUTE, PAGE)
    settings = {"properties": {"1": {"time_zone": zone}}}
    assert visits(*sent, settings=settings) == [[0, 1], [2, 3]]
    assert causes(*sent, settings=settings)[2:] == ["midnight", "midnight"]


def test_midnight_elsewhere_ends_nothing() -> None:
    """UTC's for a site in Berlin, an hour that comes twice, and midnight where the rule is off."""
    berlin = {"properties": {"1": {"time_zone": "Europe/Berlin"}}}
    for moment in "2025-10-10 02:00", "2025-10-26 02:00", "2025-10-26 03:00":
        at = seconds_until(moment, "Europe/Berlin")
        assert visits((at - MINUTE, PAGE), (at, PAGE), settings=berlin) == [[0, 1]]
    at = seconds_until("2025-10-10 00:00", "UTC")
    assert visits((at - MINUTE, PAGE), (at, PAGE), settings=off("midnight")) == [[0, 1]]


def test_the_first_campaign_joins_a_direct_visit() -> None:
    """The next one does not: by then the visit is the first one's."""
    sent = (0, PAGE), (1, campaign("mtm_campaign=a")), (2, PAGE), (3, campaign("mtm_campaign=b"))
    assert visits(*sent) == [[0, 1, 2], [3]]
    assert causes(*sent)[3] == "campaign_changed"


@pytest.mark.parametrize(
    ("first", "second", "count"),
    [
        ("mtm_campaign=a", "mtm_campaign=b", 2),
        ("mtm_campaign=Sale", "utm_campaign=SALE", 1),
        ("mtm_campaign=a&mtm_kwd=x", "mtm_campaign=a&mtm_kwd=y", 2),
        ("mtm_campaign=a&mtm_kwd=x", "mtm_campaign=a&mtm_kwd=X", 1),
        ("mtm_campaign=a&mtm_kwd=x", "mtm_campaign=a", 1),
        ("mtm_campaign=a", "mtm_campaign=a&mtm_kwd=x", 2),
        ("utm_source=a", "utm_source=b", 2),
        ("utm_source=a&utm_content=1", "utm_source=a&utm_content=2", 1),
        ("mtm_campaign=a", "x=1", 1),
    ],
)
def test_another_campaign_is_another_visit(first: str, second: str, count: int) -> None:
    """Name or keyword, in any case of the letters; a page without a campaign, or a keyword, changes nothing."""
    sent = (0, campaign(first)), (1, campaign(second)), (2, PAGE)
    assert len(visits(*sent)) == count
    assert len(visits(*sent, settings=off("campaign_changed"))) == 1


def test_each_return_to_a_campaign_is_a_visit() -> None:
    """A, then B, then A; the keyword of A says nothing of B."""
    sent = [(n, campaign(f"pk_campaign={c}")) for n, c in enumerate(["a&pk_kwd=x", "b", "b", "a&pk_kwd=x", "a"])]
    assert visits(*sent) == [[0], [1, 2], [3, 4]]
    sent = [(n, campaign(f"pk_campaign={c}")) for n, c in enumerate(["a&pk_kwd=x", "b", "b&pk_kwd=x"])]
    assert visits(*sent) == [[0], [1], [2]]


def test_a_campaign_after_another_site_is_a_visit() -> None:
    """The visit was that site's; also where it began as a direct entry and the site came in between."""
    assert visits((0, PAGE + ELSEWHERE), (1, campaign("mtm_campaign=a"))) == [[0], [1]]
    assert visits((0, PAGE), (1, PAGE + ELSEWHERE), (2, PAGE), (3, campaign("mtm_campaign=a"))) == [[0, 1, 2], [3]]


@pytest.mark.parametrize(
    ("query", "settings"),
    [
        (PAGE, None),
        (PAGE + WITHIN, None),
        (f"{PAGE}&urlref=https%3A%2F%2Fwww.a.example%2Fstart", None),
        (f"{PAGE}&urlref=nonsense", None),
        (campaign("ignore_referrer=1") + ELSEWHERE, None),
        (PAGE + ELSEWHERE, {"properties": {"1": {"domains": ["a.example", "www.News.example"]}}}),
    ],
)
def test_what_is_a_direct_entry(query: str, settings: dict[str, Any] | None) -> None:
    """No referrer, one of the site itself or of its other domains, none that can be read, or one to be ignored."""
    assert visits((0, query), (1, campaign("mtm_campaign=a")), settings=settings) == [[0, 1]]


def test_another_site_alone_is_no_visit() -> None:
    """Neither a first one nor a second one, nor one after a campaign."""
    other = "&urlref=https%3A%2F%2Fsearch.example%2F%3Fq%3Dx"
    assert visits((0, PAGE), (1, PAGE + ELSEWHERE), (2, PAGE + other)) == [[0, 1, 2]]
    assert visits((0, campaign("mtm_campaign=a")), (1, PAGE + ELSEWHERE)) == [[0, 1]]


def test_a_campaign_that_the_tag_remembers_is_no_visit() -> None:
    """It says to what a conversion is owed, not where the visitor comes from now."""
    assert visits((0, campaign("mtm_campaign=a")), (1, f"{PAGE}&idgoal=1&_rcn=old&_rck=x")) == [[0, 1]]


def test_another_user_is_another_visit_and_a_login_is_none() -> None:
    """The device's id stays that of the device."""
    sent = (0, PAGE), (1, f"{PAGE}&uid=ann"), (2, PAGE), (3, f"{PAGE}&uid=bob")
    assert visits(*sent) == [[0, 1, 2], [3]]


def test_a_visit_may_hold_more_than_a_thousand_events() -> None:
    """The limit of other protocols is off, and a property may switch it on."""
    sent = [(n / 10, PAGE) for n in range(1_001)]
    on = {"properties": {"1": {"boundaries": {"max_events_reached": True}}}}
    assert set(causes(*sent)) == {None}
    assert causes(*sent, settings=on)[-1] == "max_events_reached"


def test_a_full_visit_ends() -> None:
    """At 10,000 actions, here at two; heartbeats do not count, and belong to the visit before."""
    assert max_actions_reached.settings == {"actions": 10_000}
    two = {"columns": {"max_actions_reached": {"actions": 2}}}
    sent = (0, PAGE), (1, PING), (2, PAGE), (3, PING), (4, PAGE), (5, PAGE), (6, PAGE)
    assert visits(*sent, settings=two) == [[0, 1, 2, 3], [4, 5], [6]]
    assert causes(*sent, settings=two)[4:] == ["max_actions_reached"] * 3


def test_a_property_sets_its_own_limit_of_actions() -> None:
    """A boundary's own setting, as that of any column: for one property of a batch, or for all."""
    five = [(n, PAGE) for n in range(5)]
    made = hits(*five) + hits(*five, site=2)
    closed = [Closed(np.arange(5), "timeout"), Closed(np.arange(5, 10), "timeout")]
    settings = {
        "columns": {"max_actions_reached": {"actions": 4}},
        "properties": {"2": {"columns": {"max_actions_reached": {"actions": 2}}}},
    }
    rows = compute_rows(made, settings, protosessions=closed)
    assert [len({row["session_id"] for row in rows if row["property_id"] == p}) for p in "12"] == [2, 3]


def test_time_on_a_page_never_exceeds_the_timeout() -> None:
    """A longer gap is between two visits, so it is nobody's time."""
    sent = (0, PAGE), (29 * MINUTE, PAGE), (61 * MINUTE, PAGE), (62 * MINUTE, PING), (63 * MINUTE, PAGE)
    assert [row["time_on_page"] for row in compute_rows(hits(*sent))] == [29 * MINUTE, 0, 2 * MINUTE, 2 * MINUTE, 0]
