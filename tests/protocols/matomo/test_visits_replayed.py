"""Past visits, sent again as Matomo's own clients send them: by the PHP tracker, by importers of logs, in bulk.

Every request says when it was and has a token. Expected is what Matomo's own server makes of the same sequence.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from pydantic import SecretStr

from tracker.config import Properties
from tracker.model import Aside, Hit, RawRequest, Rejected
from tracker.protocols.matomo import MatomoProtocol
from tracker.protocols.matomo.auth import MatomoSettings
from tracker.testing import compute_batch, make_request

TOKEN = "feedfacefeedfacefeedfacefeedface"
TRUSTING = Properties({}, MatomoSettings(tokens=(SecretStr(TOKEN),)))
SITE = "https://garden.example"
MONDAY = datetime(2025, 9, 1, 10, tzinfo=UTC)
Parameters = dict[str, object]
Sent = tuple[float, Parameters]
"""Minutes after Monday at ten, and what the request says besides."""
Row = dict[str, Any]


def page(path: str = "/", **more: object) -> Parameters:
    """A page view."""
    return {"url": SITE + path, "action_name": f"Page {path}", **more}


def pieces(*sent: Sent, begin: datetime = MONDAY) -> Iterator[Hit | Rejected | Aside]:
    """What the requests become; each third is sent in another way."""
    for n, (minutes, said) in enumerate(sent):
        when = f"{begin + timedelta(minutes=minutes):%Y-%m-%d %H:%M:%S}"
        query = urlencode({"idsite": 1, "rec": 1, "_id": "5eed5eed5eed5eed", "cdt": when, **said})
        yield from MatomoProtocol().hits(_requests(query)[n % 3], TRUSTING)


def _requests(query: str) -> tuple[RawRequest, RawRequest, RawRequest]:
    """With the token in the body, all in the body, and in bulk as a whole URL."""
    entry = f"https://stats.example/piwik.php?{query}"
    return (
        make_request(f"/piwik.php?{query}", f"token_auth={TOKEN}"),
        make_request("/matomo.php", f"{query}&token_auth={TOKEN}"),
        make_request("/matomo.php", json.dumps({"requests": [entry], "token_auth": TOKEN})),
    )


def rows(*sent: Sent, begin: datetime = MONDAY, settings: Row | None = None) -> list[Row]:
    """The rows of all requests, by their own time."""
    hits = [piece for piece in pieces(*sent, begin=begin) if isinstance(piece, Hit)]
    assert len(hits) == len(sent)
    found: list[Row] = compute_batch(hits, {"properties": {"1": settings or {}}}).events.to_pylist()
    return sorted(found, key=lambda row: (row["timestamp_utc"], row["log_offset"]))


def visits(found: list[Row]) -> list[list[str]]:
    """The names of the events of each visit."""
    groups: dict[str | None, list[str]] = {}
    for row in found:
        groups.setdefault(row["session_id"], []).append(row["name"])
    groups.pop(None, None)
    return list(groups.values())


def test_a_visitor_comes_twice() -> None:
    """Pages, links, a file, a goal reached twice; then, an hour after the first page, a page from a search engine."""
    link: Parameters = {"link": "https://seeds.example/", "url": "https://seeds.example/"}
    goal: Parameters = {"idgoal": 3, "revenue": 12, "url": f"{SITE}/roses"}
    again = page("/buy", urlref="https://search.yahoo.com/search?p=roses")
    found = rows(
        (0, page()), (3, page("/roses")), (6, link), (13, {"download": f"{SITE}/list.zip"}), (14, link), (19, goal),
        (25, goal), (28, page("/roses#top")), (60, again),
    )  # fmt: skip
    first = ["page_view", "page_view", "outlink", "download", "outlink", "goal_conversion", "goal_conversion"]
    assert visits(found) == [[*first, "page_view"], ["page_view"]]
    assert (found[0]["session_total_page_views"], found[0]["session_duration"]) == (3, 28 * 60)
    assert (found[0]["session_unique_outbound_clicks"], found[0]["session_total_outbound_clicks"]) == (1, 2)
    assert found[0]["session_exit_page_title"] == "Page /roses#top"
    assert (found[-1]["session_split_cause"], found[-1]["session_date_utc"]) == ("timeout", MONDAY.date())


@pytest.mark.parametrize(("minutes", "count"), [(29 + 59 / 60, 1), (30, 2)])
def test_half_an_hour(minutes: float, count: int) -> None:
    """Times on whole seconds, as importers send them: after exactly half an hour the visit is over."""
    assert len(visits(rows((0, page()), (minutes, page("/late"))))) == count


def test_requests_in_any_order() -> None:
    """What is sent late lies where its own time is."""
    found = rows((0, page("/1")), (41, page("/4")), (27, page("/3")), (14, page("/2")))
    assert visits(found) == [["page_view"] * 4]
    assert [row["page_path"] for row in found] == ["/1", "/2", "/3", "/4"]
    assert found[0]["session_exit_page_path"] == "/4"


@pytest.mark.parametrize(("zone", "count"), [("UTC", 1), ("America/New_York", 2)])
def test_midnight_long_ago(zone: str, count: int) -> None:
    """The one where the site lives, on the day of the visit."""
    before = datetime(2013, 7, 9, 3, 55, tzinfo=UTC)
    assert len(visits(rows((0, page()), (10, page("/b")), begin=before, settings={"time_zone": zone}))) == count


def test_heartbeats() -> None:
    """They extend a visit, reach no goal and begin no visit."""
    found = rows((0, page()), (20, {"ping": 1, "idgoal": 3}), (45, page("/b")), (90, {"ping": 1}))
    assert visits(found) == [["page_view", "ping", "page_view"]]
    assert (found[0]["session_total_goal_conversions"], found[0]["session_duration"]) == (0, 45 * 60)
    assert found[-1]["session_id"] is None


def test_a_shop() -> None:
    """Products, carts and orders, one of them sent again with other amounts, and one without items."""
    cart: Parameters = {"idgoal": 0, "revenue": 60, "ec_items": '[["R1","Rose","Shrubs",20,3]]'}
    order: Parameters = {
        "idgoal": 0,
        "ec_id": "G 17",
        "revenue": 66.5,
        "ec_st": 60,
        "ec_tx": 5,
        "ec_sh": 1.5,
        "ec_dt": 4,
    }
    items = json.dumps([["R1", "Rose", ["Shrubs", "", 0, "Red"], "20.00", 2], ["B7", "Bulb", "", 0.5, 40]])
    found = rows(
        (0, page("/rose", _pks="R1", _pkn="Rose", _pkc="Shrubs", _pkp=20)), (2, page("/shrubs", _pkc="Shrubs")),
        (5, cart), (9, {**order, "ec_items": items}), (12, {**order, "revenue": 9_999, "ec_items": "[]"}),
        (15, {"idgoal": 0, "ec_id": "G 18", "revenue": 8}), (16, {**order, "ec_id": "G 19", "ec_items": "[[broken"}),
        settings={"currency": "EUR"},
    )  # fmt: skip
    assert visits(found) == [["page_view"] * 2 + ["ecommerce_cart_update"] + ["ecommerce_order"] * 3]
    assert [row["ecommerce_purchase_revenue"] for row in found] == [None, None, None, 66.5, 8.0, 66.5]
    assert (found[0]["session_revenue"], found[0]["session_total_purchases"]) == (141.0, 3)
    assert [row["ecommerce_items_total_quantity"] for row in found] == [0, 0, 3, 42, 0, 0]
    assert [row["is_product_view"] for row in found[:2]] == [True, False]
    rose, bulb = found[3]["ecommerce_items"]
    assert (rose["item_category"], rose["item_category2"], rose["price"]) == ("Shrubs", "Red", 20.0)
    assert (bulb["item_category"], bulb["item_revenue"], found[3]["ecommerce_currency"]) == (None, 20.0, "EUR")


SEARCHES = [
    ("/find?q=red+rose++", {}, "red rose", None, None),
    ("/find?plain=1&topic=&x", {}, None, None, None),
    ("/find?a=1#top&q=fern&search_count=12", {}, "fern", None, 12),
    ("/find?TOPIC[]=moss&shelf= Wet soil &search_count=none", {}, "moss", "Wet soil", None),
    ("/find?topic=ivy&shelf=%20Walls&search_count=0", {}, "ivy", "Walls", 0),
    ("/find?words=oak", {}, None, None, None),
    ("/find?q=url", {"search": "said", "search_cat": "Trees", "search_count": 2}, "said", "Trees", 2),
    ("/find?q=gr%FCner%20Tee&search_count=1", {"cs": "iso-8859-15"}, "grüner Tee", None, 1),
]
"""Path, more parameters; what was searched for, in which category, with how many results."""


@pytest.mark.parametrize(("path", "more", "term", "category", "count"), SEARCHES)
def test_searches(path: str, more: Parameters, term: str | None, category: str | None, count: int | None) -> None:
    """What the tag says, else what the page's URL does; a search is no page view."""
    own = {"site_search_parameters": ["q", "topic"], "site_search_category_parameters": ["shelf"]}
    (row,) = rows((0, page(path, **more)), settings=own)
    assert row["name"] == ("site_search" if term else "page_view")
    assert (row["params_search_term"], row["params_search_category"], row["params_search_count"]) == (
        term,
        category,
        count,
    )


CAMPAIGNS: list[tuple[list[Parameters], int]] = [
    ([page("/?utm_campaign=Spring&piwik_kwd=fern&utm_term=no#pk_campaign=NO"), {"idgoal": 3}], 1),
    ([{"idgoal": 3, "url": f"{SITE}/#pk_campaign=May"}, {"idgoal": 3, "url": f"{SITE}/#pk_campaign=June"}], 2),
    ([page(), page("/?mtm_campaign=Spring"), page("/c", urlref="https://blog.example/")], 1),
    ([page(urlref="https://blog.example/"), page("/?mtm_campaign=Spring")], 2),
    ([page(), page(urlref="https://blog.example/"), page(urlref="https://news.example/")], 1),
    ([page("/?pk_cpn=A", urlref="https://blog.example/"), page("/?pk_cpn=a", urlref=f"{SITE}/x"), page("/y")], 1),
    ([page("/?pk_cpn=A&pk_kwd=x"), page("/?pk_cpn=A&pk_kwd=y"), page("/z")], 2),
]
"""Requests a minute apart, and how many visits they are."""


@pytest.mark.parametrize(("said", "count"), CAMPAIGNS)
def test_campaigns(said: list[Parameters], count: int) -> None:
    """The first joins a visit that began directly; another, or another keyword, begins a visit."""
    assert len(visits(rows(*enumerate(said)))) == count


ENTRIES: dict[str, tuple[Parameters, Parameters]] = {
    "direct": ({}, {}),
    "website": ({"urlref": "https://blog.example/a"}, {"urlref": "https://pay.example/done"}),
    "search": ({"urlref": "https://www.google.com/search?q=rose"}, {"urlref": "https://www.bing.com/search?q=rose"}),
    "social": ({"urlref": "https://twitter.com/garden"}, {"urlref": "https://l.instagram.com/?u=x"}),
    "campaign": (
        {"url": f"{SITE}/?pk_campaign=Spring&pk_kwd=Rose", "urlref": "https://blog.example/a"},
        {"url": f"{SITE}/?pk_campaign=Autumn&pk_kwd=Bulb", "urlref": "https://pay.example/done"},
    ),
}
"""How a visitor comes the first time, and the second."""


@pytest.mark.parametrize("second", ENTRIES)
@pytest.mark.parametrize("first", ENTRIES)
def test_a_visitor_who_comes_back(first: str, second: str) -> None:
    """Within minutes: only a campaign begins another visit, unless the first began directly. The order is in it."""
    came, back = ENTRIES[first][0], ENTRIES[second][1]
    order: Parameters = {"idgoal": 0, "ec_id": "R 1", "revenue": 124.5, "url": f"{SITE}/paid"}
    found = rows((0, {**page(), **came}), (4, {**page("/paid"), **back}), (5, order))
    is_split = second == "campaign" and first != "direct"
    whole = ["page_view", "page_view", "ecommerce_order"]
    assert visits(found) == ([whole[:1], whole[1:]] if is_split else [whole])


def test_custom_data_of_a_visit() -> None:
    """What is sent with each event stays with it; of the visit the last of each slot or name counts."""
    found = rows(
        (0, page(dimension1="guest", dimension12="a", _cvar='{"1":["Plan","free"]}', cvar='{"2":["Bed","sun"]}')),
        (1, page(dimension1="member", dimension12="", _cvar='{"1":["Plan","paid"],"2":["Since",2019]}')),
        (2, {"e_c": "Tool", "e_a": "zoom", "e_cvar": '{"1":["Level","3"]}', "cvar": "{'1': ('no', 'json')}"}),
    )
    slots = [{"slot": 1, "value": "member"}, {"slot": 12, "value": "a"}]
    assert found[0]["session_custom_dimensions"] == slots
    variables = [{"name": "Plan", "value": "paid"}, {"name": "Since", "value": "2019"}]
    assert found[0]["session_custom_variables"] == variables
    assert [row["custom_variables"] for row in found] == [
        [{"name": "Bed", "value": "sun"}],
        [],
        [{"name": "Level", "value": "3"}],
    ]


def test_blocks_and_events() -> None:
    """Events without a page, numbers in other forms, blocks shown twice in one second."""
    block: Parameters = {"c_n": "Spring sale", "url": f"{SITE}/"}
    play: Parameters = {"e_c": "Film", "e_a": "play", "e_n": "L'été", "url": ""}
    found = rows(
        (0, page()), (0, block), (0, block), (1, {**block, "c_p": "/a.png", "c_i": "click"}), (2, {**play, "e_v": "9"}),
        (3, {**play, "e_v": "0"}), (4, {**play, "e_v": "1,5"}), (5, {"c_i": "click", "url": f"{SITE}/b"}),
    )  # fmt: skip
    assert visits(found) == [
        [
            "page_view",
            "content_impression",
            "content_impression",
            "content_interaction",
            *["custom_event"] * 3,
            "page_view",
        ]
    ]
    assert [row["params_value"] for row in found[4:7]] == [9.0, 0.0, None]
    assert (found[0]["session_total_content_impressions"], found[0]["session_total_content_interactions"]) == (2, 1)


def test_people() -> None:
    """A login, and a moment without one, split nothing; another person does. The device stays itself."""
    found = rows((0, page()), (1, page(uid="ann")), (2, page()), (3, page(uid="bob")), (4, page(uid="bob")))
    assert visits(found) == [["page_view"] * 3, ["page_view"] * 2]
    assert {row["client_id"] for row in found} == {"5eed5eed5eed5eed"}
    assert [row["session_user_id"] for row in found] == ["ann"] * 3 + ["bob"] * 2


def test_an_import_without_ids() -> None:
    """Address and browser tell visitors apart; a day later the same ones come again."""
    ann, bob = {"_id": "", "cip": "198.51.100.4", "ua": "Mozilla/5.0 A"}, {"_id": "", "cip": "198.51.100.5", "ua": "B"}
    found = rows((0, page(**ann)), (1, page(**bob)), (7, page(**ann)), (9, page(**bob)), (26 * 60, page(**ann)))
    assert sorted(map(len, visits(found))) == [1, 2, 2]
    assert {row["ip_address"] for row in found} == {"198.51.100.4", "198.51.100.5"}
    assert all(row["is_cookieless"] for row in found)


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        ("idsite=1&rec=1&urlref=&url=https%3A%2F%2Fa.example%2F&urlref=https%3A%2F%2Fb.example%2F%", None),
        ("idsite=1&rec=1&url=https://a.example/?x=1|2 3&_idvc=5&gt_ms=58&forceLargeWindowLookBackForVisitor=1", None),
        ("idsite=1&rec=0&url=https%3A%2F%2Fa.example%2F", "no_rec"),
        ("idsite=1", "no_rec"),
        ("idsite=none&rec=1", "no_property"),
        ("idsite=1&rec=1&cid=abc", "bad_client"),
        ("idsite=1&rec=1&pf_srv=-20", "bad_timing"),
    ],
)  # fmt: skip
def test_lines_of_a_log(line: str, outcome: str | None) -> None:
    """As they stand in the log of a web server, with what importers add to them."""
    request = make_request("/piwik.php?" + line, f"token_auth={TOKEN}&cdt=2012-08-17 00:34:15&cip=198.51.100.9")
    (piece,) = MatomoProtocol().hits(request, TRUSTING)
    assert getattr(piece, "reason", None) == outcome


def test_the_last_of_a_parameter_counts() -> None:
    """Also where it is damaged: a lone percent sign is itself."""
    line = "idsite=1&rec=1&url=https%3A%2F%2Fa.example%2F&urlref=&urlref=https%3A%2F%2Fb.example%2Fpath%"
    (hit,) = MatomoProtocol().hits(make_request(f"/piwik.php?{line}"), TRUSTING)
    assert isinstance(hit, Hit)
    (row,) = compute_batch([hit]).events.to_pylist()
    assert row["page_referrer"] == "https://b.example/path%"


def test_bots_are_asked_for() -> None:
    """A known bot is left out, one that the request asks for is kept; libraries that servers use are none."""
    bot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    said = page(ua=bot), page(ua=bot, bots=1), page(ua="python-requests/2.31"), page(ua="curl/8.0")
    batch = compute_batch([piece for piece in pieces(*enumerate(said)) if isinstance(piece, Hit)])
    assert (len(batch.events), batch.ledger) == (3, {("1", "filtered", "bot"): 1})
