"""Sequences of requests that are hard to cut into sessions, from the wire through fold and columns, with known answers.

Each has its answer as lists of requests, counted from 0: who was where, when, and what that must come to.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest

from tracker import app
from tracker.clock import DAY, HOUR, MINUTE, SECOND
from tracker.config import Settings
from tracker.metrics import new_metrics
from tracker.model import Batch, Closed, Hit, Plan
from tracker.protosessions.fold import Fold
from tracker.protosessions.stamp import stamper
from tracker.receiver.address import mask
from tracker.receiver.request import Ids
from tracker.testing import make_request
from tracker.testing.hits import NOW
from tracker.worker import codec

Row = dict[str, Any]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"
CRAWLER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
TO_MIDNIGHT = 15 * HOUR + 6 * MINUTE + 40 * SECOND
"""From NOW, 08:53:20 UTC, to the next day."""
DENIED = "&gcs=G100"


@dataclass(frozen=True)
class Sent:
    """A request, `when` microseconds after NOW."""

    when: int
    target: str
    body: str = ""
    agent: str = FIREFOX
    address: str = "203.0.113.7"


def ga4(
    minute: float,
    query: str = "",
    *,
    cid: str = "1.1",
    page: str = "https://a.example/",
    en: str = "page_view",
    **of: Any,
) -> Sent:
    """A GA4 event."""
    target = f"/g/collect?v=2&tid=G-1&cid={cid}&en={en}&dl={quote(page, safe='')}{query}"
    return Sent(round(minute * MINUTE), target, **of)


def matomo(minute: float, query: str = "", *, page: str = "https://a.example/", **of: Any) -> Sent:
    """A Matomo page view, or what `query` makes of it."""
    target = f"/matomo.php?idsite=1&rec=1&_id=0123456789abcdef&url={quote(page, safe='')}{query}"
    return Sent(round(minute * MINUTE), target, **of)


@dataclass(frozen=True)
class World:
    """What a tracker with these settings makes of requests."""

    settings: Mapping[str, Any] = field(default_factory=dict)

    def batch(self, *sent: Sent) -> Batch:
        """Everything in one plan, after days without a hit."""
        chosen = Settings.model_validate(self.settings)
        found = app.registry(chosen)
        known = app.properties(chosen, found)
        records = [codec.encode(hit) for hit in self._hits(chosen, known, found, sent)]
        fold, closed = Fold(lambda property_id: app.fold_limits(chosen, known, property_id)), list[Closed]()
        for offset, record in enumerate([*records, codec.tick(NOW + 5 * DAY)]):
            closed += fold.apply(offset, codec.decode_routing(record))
        plan = Plan(1, NOW + 5 * DAY, tuple(closed), 0)
        compute = app.computer(chosen, found, known, new_metrics())
        return compute(0, plan, [records[offset] for one in closed for offset in one.offsets.tolist()])

    def rows(self, *sent: Sent) -> list[Row]:
        """In the order they were sent."""
        rows: list[Row] = self.batch(*sent).events.to_pylist()
        return sorted(rows, key=lambda row: int(row["log_offset"]))

    def sessions(self, *sent: Sent) -> list[list[int]]:
        """The hits of each session, in order, and the sessions in the order of their first hits in the log."""
        return sessions(self.rows(*sent))

    def _hits(self, chosen: Settings, known: Any, found: Any, sent: tuple[Sent, ...]) -> list[Hit]:
        ids, hits = Ids(), list[Hit]()
        stamp = stamper(
            b"secret",
            lambda property_id: known.always(property_id).join_by_stamp or "off",
            lambda property_id: known.always(property_id).mask_address,
            bool(chosen.receiver.trusted_proxies),
        )
        protocols = {path: one for one in found.protocols for path in one.paths}
        for one in sent:
            at = NOW + one.when
            request = make_request(
                one.target, one.body, headers={"user-agent": one.agent}, address=one.address, received_at=at
            )
            request = replace(request, stamp=stamp, mask=mask, new_id=partial(ids.make, at))
            hits += [hit for hit in protocols[request.path].hits(request, known) if isinstance(hit, Hit)]
        return hits


def sessions(rows: list[Row]) -> list[list[int]]:
    """Offsets by session; what belongs to none is left out."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["session_id"] is not None:
            found[row["session_id"]].append(row)
    ordered = (sorted(some, key=lambda row: int(row["event_number"])) for some in found.values())
    return sorted([row["log_offset"] for row in some] for some in ordered)


WORLD = World()
BOB, EVE = "&uid=bob", "&uid=eve"
PEOPLE: Mapping[str, tuple[list[Sent], list[list[int]]]] = {
    "two people share a device": ([ga4(0, BOB), ga4(1, BOB), ga4(2, EVE), ga4(3, EVE)], [[0, 1], [2, 3]]),
    "a login in mid-session": ([ga4(0), ga4(1, BOB), ga4(2, BOB)], [[0, 1, 2]]),
    "a logout": ([ga4(0, BOB), ga4(1), ga4(2)], [[0, 1, 2]]),
    "logged out and in again": ([ga4(0, BOB), ga4(1), ga4(2, BOB)], [[0, 1, 2]]),
    "two devices of one person": (
        [ga4(0, BOB, cid="1.1"), ga4(1, BOB, cid="2.2"), ga4(2, cid="1.1"), ga4(3, cid="2.2")],
        [[0, 1, 2, 3]],
    ),
    "a shared tablet and a phone of each": (
        [
            ga4(0, BOB, cid="tablet.1"), ga4(1, BOB, cid="phone.1"), ga4(2, EVE, cid="phone.2"),
            ga4(3, BOB, cid="phone.1"), ga4(4, EVE, cid="tablet.1"), ga4(5, EVE, cid="phone.2"),
            ga4(6, BOB, cid="phone.1"), ga4(7, cid="tablet.1"),
        ],
        [[0, 1, 3, 6], [2, 4, 5, 7]],
    ),
    "a family that agreed": ([ga4(0, cid="1.1"), ga4(1, cid="2.2"), ga4(2, cid="1.1")], [[0, 2], [1]]),
    "a family that agreed, some logged in": ([ga4(0, BOB, cid="1.1"), ga4(1, EVE, cid="2.2")], [[0], [1]]),
    "pages without cookies": ([ga4(n, DENIED, cid=f"{n}.1") for n in range(3)], [[0, 1, 2]]),
    "no cookies, another browser": (
        [ga4(0, DENIED, cid="1.1"), ga4(1, DENIED, cid="2.2", agent=PHONE), ga4(2, DENIED, cid="3.3")],
        [[0, 2], [1]],
    ),
    "no cookies, two people logged in": (
        [ga4(0, DENIED + BOB, cid="1.1"), ga4(1, DENIED + EVE, cid="2.2"), ga4(2, DENIED, cid="3.3")],
        [[0], [1], [2]],
    ),
    "no cookies, one person logged in": (
        [ga4(0, DENIED, cid="1.1"), ga4(1, DENIED + BOB, cid="2.2"), ga4(2, DENIED, cid="3.3")],
        [[0, 1, 2]],
    ),
    "a proxy nobody told of": (
        [ga4(0, DENIED, cid="1.1", address="10.0.0.1"), ga4(1, DENIED, cid="2.2", address="10.0.0.1")],
        [[0], [1]],
    ),
    "consent, and beside it none": ([ga4(0, cid="1.1"), ga4(1, DENIED, cid="2.2")], [[0], [1]]),
}  # fmt: skip


@pytest.mark.parametrize("name", PEOPLE)
def test_who_is_who(name: str) -> None:
    """People, devices and addresses."""
    sent, answer = PEOPLE[name]
    assert WORLD.sessions(*sent) == answer


TIMES: Mapping[str, tuple[list[Sent], list[list[int]]]] = {
    "midnight, GA4": ([ga4(TO_MIDNIGHT / MINUTE - 1), ga4(TO_MIDNIGHT / MINUTE + 1)], [[0, 1]]),
    "midnight, Matomo": ([matomo(TO_MIDNIGHT / MINUTE - 1), matomo(TO_MIDNIGHT / MINUTE)], [[0], [1]]),
    "an old hour between live pages": (
        [matomo(0), matomo(20, f"&cdt={NOW // SECOND - 5 * 3600}"), matomo(40)],
        [[0], [1], [2]],
    ),
    "an old hour, out of order": (
        [matomo(n, f"&cdt={NOW // SECOND - 5 * 3600 + second}") for n, second in enumerate([20, 0, 10])],
        [[1, 2, 0]],
    ),
    "a new visit asked for": ([matomo(0), matomo(1, "&new_visit=1"), matomo(2)], [[0], [1, 2]]),
    "a tab asleep for three hours": (
        [ga4(0), ga4(180, en="user_engagement"), ga4(181), ga4(182, en="user_engagement")],
        [[0], [2, 3]],
    ),
    "a heartbeat after the visit": ([matomo(0), matomo(60, "&ping=1")], [[0]]),
    "a request overtook another": (
        [ga4(0, "&_p=7&_s=2", en="scroll"), ga4(0.1, "&_p=7&_s=1"), ga4(0.2, "&_p=7&_s=3", en="click")],
        [[1, 0, 2]],
    ),
    "a day without a pause": ([ga4(20 * n) for n in range(40)], [list(range(36)), list(range(36, 40))]),
    "both tags on one page": ([ga4(0), matomo(0), ga4(1), matomo(1)], [[0, 2], [1, 3]]),
    "one client on two properties": (
        [ga4(0), replace(ga4(0), target="/g/collect?v=2&tid=G-2&cid=1.1&en=page_view"), ga4(1)],
        [[0, 2], [1]],
    ),
    "a campaign after a direct entry": ([ga4(0), ga4(1, page="https://a.example/?utm_campaign=may")], [[0, 1]]),
    "a campaign after a direct visit": ([matomo(0), matomo(1, page="https://a.example/?utm_campaign=may")], [[0, 1]]),
    "a campaign after another": (
        [matomo(n, page=f"https://a.example/?utm_campaign={name}") for n, name in enumerate(["may", "may", "june"])],
        [[0, 1], [2]],
    ),
}


@pytest.mark.parametrize("name", TIMES)
def test_where_sessions_end(name: str) -> None:
    """Clocks, pauses, campaigns and tabs."""
    sent, answer = TIMES[name]
    assert WORLD.sessions(*sent) == answer


def test_a_shared_tablet_tells_who_joined_it() -> None:
    """Each person's devices are joined by the user id."""
    rows = WORLD.rows(*PEOPLE["a shared tablet and a phone of each"][0])
    assert {row["session_joined_by"] for row in rows} == {"user_id"}
    assert [row["session_user_id"] for row in rows] == ["bob", "bob", "eve", "bob", "eve", "eve", "bob", "eve"]


def test_stamps_never_join_people_where_user_ids_do_not() -> None:
    """With `join_by_user_id` off, and every hit stamped."""
    world = World({"sessions": {"join_by_user_id": False, "join_by_stamp": "always"}})
    assert world.sessions(ga4(0, BOB, cid="1.1"), ga4(1, EVE, cid="2.2"), ga4(2, cid="3.3")) == [[0], [1], [2]]
    assert world.sessions(ga4(0, BOB, cid="1.1"), ga4(1, cid="2.2")) == [[0, 1]]


def test_an_offline_hour_sent_twice_is_one_session() -> None:
    """Hours apart, between live pages: the same id both times, and the live session is another."""
    old = f"&cdt={NOW // SECOND - 7200}"
    rows = WORLD.rows(matomo(0, old), matomo(1), matomo(180, old), matomo(181))
    assert rows[0]["session_id"] == rows[2]["session_id"]
    assert len({row["session_id"] for row in rows}) == 3


def test_two_thousand_hits_go_on() -> None:
    """The cap closes a protosession early; what follows continues it and says so."""
    rows = WORLD.rows(*(ga4(n / 60, f"&_s={n}") for n in range(2_001)))
    assert [len(one) for one in sessions(rows)] == [1_000, 1_000, 1]
    assert [rows[n]["session_split_cause"] for n in (0, 1_000, 2_000)] == [None, "max_events_reached", "cap_hits"]


def test_lines_of_one_request_keep_their_order() -> None:
    """All have one time."""
    names = ["page_view", "zoom", "add", "scroll", "add", "click", *(f"e{n}" for n in range(20, 0, -1))]
    batch = Sent(0, "/g/collect?v=2&tid=G-1&cid=1.1&_p=1&_s=1", "\r\n".join(f"en={name}" for name in names))
    rows = sorted(WORLD.rows(batch), key=lambda row: int(row["event_number"]))
    assert [row["name"] for row in rows] == names


def test_a_crawler_among_people() -> None:
    """It has a row that says so, and a session of its own."""
    rows = WORLD.rows(ga4(0), ga4(0, cid="2.2", agent=CRAWLER), ga4(1))
    assert [row["bot_score"] == 100 for row in rows] == [False, True, False]
    assert sessions(rows) == [[0, 2], [1]]


def test_an_excluded_first_event_never_was() -> None:
    """The session begins with the next, also where that comes from elsewhere."""
    world = World({"filters": {"staff": {"exclude": "page_path = '/admin'"}}})
    sent = [
        ga4(0, page="https://a.example/admin?utm_source=staff"),
        ga4(1, "&dr=https%3A%2F%2Fwww.google.com%2F", page="https://a.example/b"),
    ]
    batch = world.batch(*sent)
    (row,) = batch.events.to_pylist()
    assert (row["session_entry_page_path"], row["session_source"], row["event_number"]) == ("/b", "google", 0)
    assert row["session_split_cause"] is None
    assert sum(batch.ledger.values()) == 1


def test_a_repeated_request_counts_once() -> None:
    """The tag sends it again when it heard no answer."""
    batch = WORLD.batch(ga4(0, "&_p=1&_s=1"), ga4(0.1, "&_p=1&_s=1"), ga4(0.2, "&_p=1&_s=2"))
    assert (batch.events.num_rows, list(batch.outcomes.duplicate)) == (2, [1])


def test_a_clock_that_is_refused() -> None:
    """The time of receipt is the time, and the row says why; the session is the live one."""
    rows = WORLD.rows(matomo(0), matomo(1, f"&cdt={NOW // SECOND + 3600}"))
    assert [row["timestamp_refused_reason"] for row in rows] == [None, "future"]
    assert rows[1]["timestamp_utc"] == rows[1]["received_at"]
    assert sessions(rows) == [[0, 1]]


def test_a_url_that_cannot_be_read() -> None:
    """Costs its own columns; pages around it keep their places."""
    rows = WORLD.rows(
        ga4(0, page="https://a.example/1"), ga4(1, page="http://[::bad/%zz"), ga4(2, page="https://a.example/3")
    )
    assert [row["page_path"] for row in rows[::2]] == ["/1", "/3"]
    assert (rows[1]["session_total_page_views"], rows[1]["session_exit_page_path"]) == (3, "/3")


def test_an_address_in_two_notations_is_one() -> None:
    """IPv4 within IPv6 is masked as IPv4, and stamps as it."""
    world = World({"defaults": {"mask_address": 1}})
    sent = [ga4(0, DENIED, cid="1.1", address="::ffff:203.0.113.7"), ga4(1, DENIED, cid="2.2")]
    assert [row["ip_address"] for row in world.rows(*sent)] == ["203.0.113.0"] * 2
    assert world.sessions(*sent) == [[0, 1]]


def test_pages_there_and_back() -> None:
    """Entry, second, exit, neighbours, numbers and times of A, B, A."""
    rows = WORLD.rows(*(ga4(n, page=f"https://a.example/{name}") for n, name in enumerate("aba")))
    first = rows[0]
    assert [first[f"session_{place}_page_location"][-1] for place in ("entry", "second", "exit")] == ["a", "b", "a"]
    assert [row["previous_page_location"] and row["previous_page_location"][-1] for row in rows] == [None, "a", "b"]
    assert [row["session_page_number"] for row in rows] == [0, 1, 2]
    assert [row["time_on_page"] for row in rows] == [60, 60, 0]
    assert (first["session_total_page_views"], first["session_unique_page_views"]) == (3, 2)
