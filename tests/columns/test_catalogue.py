"""Every column that both protocols fill: that requests of each fill it, that it can be empty, and that it is as the
column catalogue says.
"""

import csv
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pyarrow as pa
import pytest

from tracker import app
from tracker.clock import MINUTE, SECOND
from tracker.columns.places import Addresses
from tracker.config import Settings
from tracker.metrics import new_metrics
from tracker.model import Closed, Hit, Plan
from tracker.testing import make_request
from tracker.testing.hits import NOW
from tracker.worker import codec

Row = dict[str, Any]
Sent = tuple[int, str]
"""How many seconds after NOW, and the target of a request."""
REFERENCE = Path(__file__).resolve().parents[2] / "../shared/reference"
FILES = [REFERENCE / "columns.csv", REFERENCE / "columns-added.csv"]
ROWS = [row for path in FILES if path.exists() for row in csv.DictReader(path.read_text("utf-8").splitlines())]
SHARED = {row["column"]: row for row in ROWS if row["protocols"] == "all"}
present = pytest.mark.skipif(not SHARED, reason="the column catalogue is not beside this repository")

NEVER_NULL = {
    "id", "property_id", "client_id", "name", "tracking_protocol", "timestamp_utc", "date_utc", "received_at",
    "ingested_at", "schema_epoch",
}  # fmt: skip
"""Columns that a table refuses to hold null in."""
STATED_ONLY = {"geo_sub_continent", "session_geo_sub_continent"}
"""No file of addresses has them: they are of senders that state a place, and tried with those."""
BARE = {
    "log_partition": 0, "platform": "web", "event_number": 0, "session_hit_number": 0,
    "is_cookieless": False, "is_key_event": False, "is_page_view": True, "is_purchase": False, "is_screen_view": False,
    "bot_score": 0, "bot_reasons": [], "session_bot_score": 0, "session_source": "(direct)", "session_medium": "(none)",
    "session_channel_group": "Direct", "session_source_rule": "direct", "session_duration": 0, "time_on_page": 0,
    "session_is_bounced": True, "page_is_bounce": True, "session_is_entry_page": True, "session_is_exit_page": True,
    "session_engagement_time_ms": 0, "session_total_events": 1, "session_total_page_views": 1, "session_page_number": 0,
    "session_unique_page_views": 0,
}  # fmt: skip
"""What stands where a page view says nothing; what counts other things is 0, and all else null."""
ALWAYS = {
    "log_offset", "date_local", "session_id", "session_client_id", "session_first_event_time",
    "session_last_event_time", "session_date_utc", "session_date_local", "property_name", "ip_address",
}  # fmt: skip
"""What every hit has, also one that says nothing; an event that belongs to no session has nothing of a session."""

UTM = (
    "source", "medium", "campaign", "term", "content", "id", "source_platform", "creative_format", "marketing_tactic",
)  # fmt: skip
CLICK_IDS = ["gclid", "dclid", "gbraid", "wbraid", "srsltid", "fbclid", "msclkid"]
LANDING = "https://shop.example/a?" + urlencode(
    {**{f"utm_{part}": part for part in UTM}, **{name: f"c-{name}" for name in CLICK_IDS}}
)
AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
HEADERS = {"user-agent": AGENT + "Mobile/15E148 Safari/604.1", "accept-language": "de"}
PLACE = {
    "city": {"names": {"en": "Bern"}}, "subdivisions": [{"names": {"en": "Bern"}}],
    "country": {"iso_code": "CH", "names": {"en": "Switzerland"}}, "continent": {"names": {"en": "Europe"}},
    "location": {"latitude": 46.9, "longitude": 7.4, "metro_code": 501}, "autonomous_system_number": 64500,
}  # fmt: skip
SETTINGS: dict[str, Any] = {
    "defaults": {"currency": "EUR", "name": "Shop"},
    "filters": {"seen": {"test": "page_path = '/a'"}},
}
PAGES = [LANDING, "https://shop.example/b"]


def ga4(seconds: int, en: str, page: str = PAGES[1], **more: Any) -> Sent:
    """A GA4 event of somebody who is logged in."""
    same = {
        "v": 2,
        "tid": "G-1",
        "cid": "1.1",
        "uid": "bob",
        "ul": "de",
        "sr": "1920x1080",
        "dt": page[-1:],
        "cu": "EUR",
    }
    return seconds, "/g/collect?" + urlencode({**same, "en": en, "dl": page, "dr": "https://other.example/", **more})


def matomo(seconds: int, page: str = PAGES[1], **more: Any) -> Sent:
    """A Matomo action of somebody who is logged in."""
    same = {"idsite": 1, "rec": 1, "_id": "0123456789abcdef", "uid": "bob", "lang": "de", "res": "1920x1080"}
    return seconds, "/matomo.php?" + urlencode({**same, "url": page, "urlref": "https://other.example/", **more})


GA4_VISITS: list[list[Sent]] = [
    [
        ga4(0, "page_view", LANDING, ir=1),
        ga4(10, "page_view", _et=5000),
        ga4(11, "view_search_results", **{"ep.search_term": "shoes"}),
        ga4(12, "file_download", **{"ep.link_url": "https://shop.example/list.pdf"}),
        ga4(13, "click", **{"ep.link_url": "https://else.example/", "ep.outbound": "true"}),
        ga4(14, "scroll"),
        ga4(15, "form_start", **{"ep.form_id": "f"}),
        ga4(16, "video_start"),
        ga4(17, "screen_view"),
        ga4(18, "purchase", **{"ep.transaction_id": "T", "epn.value": "10"}),
        ga4(19, "page_view", cid="2.2"),
        ga4(4000, "page_view"),
    ],
    [ga4(0, "page_view", gcs="G100")],
]
MATOMO_VISITS: list[list[Sent]] = [
    [
        matomo(0, LANDING, action_name="a", ignore_referrer=1, ignore_referer=1),
        matomo(10, action_name="b"),
        matomo(11, search="shoes"),
        matomo(12, download="https://shop.example/list.pdf"),
        matomo(13, link="https://else.example/"),
        matomo(14, ma_id="m", ma_mt="video", ma_st=5),
        matomo(18, idgoal=0, ec_id="T", revenue=10),
        matomo(19, _id="fedcba9876543210", action_name="c"),
        matomo(20, action_name="d", cdt=NOW // SECOND + 3600),
        matomo(4000),
    ],
    [(0, "/matomo.php?idsite=1&rec=1")],
]
CRAWLER = {"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}
NEVER_TOLD = {
    "ga4": {"timestamp_refused_reason"},
    "matomo": {"is_screen_view", "session_total_scrolls", "session_total_form_interactions",
               "session_unique_form_interactions"},
}  # fmt: skip
"""What a tag cannot tell: the GA4 tag sends no clock (the Measurement Protocol does), Matomo no screens or forms."""
NOTHING = {
    "ga4": "/g/collect?v=2&tid=G-1&cid=9.9&en=page_view",
    "matomo": "/matomo.php?idsite=1&rec=1&_id=1111111111111111",
}
LONE = {
    "ga4": "/g/collect?v=2&tid=G-1&cid=9.9&en=user_engagement",
    "matomo": "/matomo.php?idsite=1&rec=1&_id=1111111111111111&ping=1",
}
"""Events that open no session."""
VISITS = {"ga4": GA4_VISITS, "matomo": MATOMO_VISITS}
BOTH = pytest.mark.parametrize("protocol", ["ga4", "matomo"])


def table(visits: list[list[Sent]], *, headers: dict[str, str], located: bool, settings: dict[str, Any]) -> pa.Table:
    """Rows of visits, each a protosession, from their requests."""
    chosen = Settings.model_validate(settings)
    found = app.registry(chosen)
    known = app.properties(chosen, found)
    protocols = {path: one for one in found.protocols for path in one.paths}
    resources = dict(app.resources(chosen)())
    if located:
        resources["places"] = Addresses.of({"203.0.113.0/24": PLACE})
    hits: list[Hit] = []
    closed: list[Closed] = []
    for visit in visits:
        first = len(hits)
        for seconds, target in visit:
            request = make_request(target, headers=headers, received_at=NOW + seconds * SECOND)
            pieces = protocols[request.path].hits(request, known)
            hits += [replace(hit, id=len(hits).to_bytes(16, "big")) for hit in pieces if isinstance(hit, Hit)]
        closed.append(Closed(np.arange(first, len(hits)), "timeout"))
    compute = app.computer(chosen, found, known, new_metrics(), lambda: resources)
    return compute(0, Plan(1, NOW + 200 * MINUTE, tuple(closed), 0), [codec.encode(hit) for hit in hits]).events


@cache
def full(protocol: str) -> list[Row]:
    """Rows of visits in which everything happens, and of a crawler."""
    settings = {**SETTINGS, "properties": {"1": {"exclude_bots": False}}}
    one = table(VISITS[protocol], headers=HEADERS, located=True, settings=settings)
    other = table([[(0, NOTHING[protocol])]], headers=CRAWLER, located=True, settings=settings)
    return [*one.to_pylist(), *other.to_pylist()]


@cache
def bare(protocol: str) -> list[Row]:
    """Rows of page views that say nothing, from a browser and from a program without a name, then an event without a
    session.
    """
    agent = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
    lines = [(agent, NOTHING[protocol]), ({}, NOTHING[protocol]), (agent, LONE[protocol])]
    tables = [table([[(0, target)]], headers=headers, located=False, settings={}) for headers, target in lines]
    return [row for one in tables for row in one.to_pylist()]


@cache
def schema() -> pa.Schema:
    """Of the table of events."""
    return table([], headers={}, located=False, settings={}).schema


@present
def test_there_are_as_many_as_the_catalogue_says() -> None:
    """121 of the schema and 36 of ours, so that a file that was read wrongly cannot pass for a short one."""
    assert len(SHARED) == 121 + 36


@present
@pytest.mark.parametrize("name", SHARED)
def test_type_and_nullability(name: str) -> None:
    """As the catalogue says; times are microseconds, and only what identifies an event is required."""
    field = schema().field(name)
    wanted = SHARED[name]["arrow_type"].replace("timestamp[s,", "timestamp[us,").replace("float64", "double")
    assert re.sub(r"list<\w+: ", "list<", str(field.type)) == wanted
    assert field.nullable is (name not in NEVER_NULL)


@present
@BOTH
def test_each_is_filled(protocol: str) -> None:
    """By some request of some visit."""
    may_not = STATED_ONLY | NEVER_TOLD[protocol] | {"log_partition"}
    empty = {name for name in SHARED if not any(row[name] not in (None, [], 0, False) for row in full(protocol))}
    assert empty - may_not == set()


@present
@BOTH
def test_each_can_be_empty(protocol: str) -> None:
    """Null, or what stands for nothing in a count, a flag or a list."""
    *rows, _ = bare(protocol)
    nothing = {**{name: 0 for name in SHARED if name.startswith(("session_total_", "session_unique_"))}, **BARE}
    optional = SHARED.keys() - NEVER_NULL - ALWAYS
    always = {name for name in optional if not any(row[name] in (None, nothing.get(name)) for row in rows)}
    assert always == set()


@present
@BOTH
def test_what_belongs_to_no_session_says_nothing_of_one(protocol: str) -> None:
    """All that is of a session is null."""
    *_, lone = bare(protocol)
    names = [name for name, row in SHARED.items() if row["scope"] == "session"]
    assert {name: lone[name] for name in names if lone[name] is not None} == {}
