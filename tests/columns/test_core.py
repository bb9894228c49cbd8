"""The core columns, from GA4 and Matomo requests to rows."""

import datetime as dt
from typing import Any
from uuid import UUID

import pytest

from tracker.clock import SECOND
from tracker.columns.core.device import first_language
from tracker.columns.core.url import QUERY_KEYS, url_facts
from tracker.model import Hit
from tracker.testing import compute_batch, compute_rows, make_hit
from tracker.testing.hits import NOW


def ga4(when: int = 0, query: str = "", **fields: Any) -> Hit:
    """A GA4 hit `when` seconds after NOW."""
    return make_hit(f"v=2&tid=G-1&cid=1.1&{query}", received_at=NOW + when * SECOND, **fields)


def matomo(when: int = 0, query: str = "", **fields: Any) -> Hit:
    """A Matomo hit `when` seconds after NOW."""
    same = {"protocol": "matomo", "family": "matomo", "property_id": "1"}
    return make_hit(f"idsite=1&rec=1&{query}", received_at=NOW + when * SECOND, **{**same, **fields})


def column(name: str, hits: list[Hit], settings: dict[str, Any] | None = None) -> list[Any]:
    """One column of the rows of `hits`."""
    return [row[name] for row in compute_rows(hits, settings)]


def visit(protocol: Any, *pages: str) -> list[Hit]:
    """One page view every five seconds."""
    if protocol is ga4:
        return [ga4(5 * n, f"en=page_view&dl=https://shop.example{page}&dt=T{page}") for n, page in enumerate(pages)]
    return [matomo(5 * n, f"url=https://shop.example{page}&action_name=T{page}") for n, page in enumerate(pages)]


BOTH = pytest.mark.parametrize("protocol", [ga4, matomo], ids=["ga4", "matomo"])
URL = "https%3A%2F%2Fw.a.example%3A8443%2Fcaf%25C3%25A9%3Fa%3D1%26utm_source%3Dnews%2Bletter%26gclid%3DX%26b%3D2%23top"


@BOTH
def test_page_columns(protocol: Any) -> None:
    """Location loses the excluded parameters and nothing else; host has no port; path is decoded."""
    row = compute_rows([protocol(0, f"en=page_view&{'dl' if protocol is ga4 else 'url'}={URL}")])[0]
    assert row["page_location"] == "https://w.a.example:8443/caf%C3%A9?a=1&b=2#top"
    assert row["page_hostname"] == "w.a.example"
    assert row["page_path"] == "/café"
    assert row["utm_source"] == "news letter"
    assert row["click_id_gclid"] == "X"
    assert row["utm_medium"] is None


@BOTH
def test_identity_and_time(protocol: Any) -> None:
    """Ids and times of a row, as they were received."""
    row = compute_rows([protocol(3, "en=page_view", user_id="bob", ip="192.0.2.0")])[0]
    assert row["client_id"] == "1.1"
    assert row["user_id"] == "bob"
    assert row["ip_address"] == "192.0.2.0"
    assert row["tracking_protocol"] == ("ga4_gtag" if protocol is ga4 else "matomo")
    assert row["timestamp_utc"] == row["received_at"] == dt.datetime.fromtimestamp(NOW / 1e6 + 3, dt.UTC)
    assert row["date_utc"] == dt.date(2025, 10, 9)
    assert (row["log_partition"], row["log_offset"]) == (0, 0)
    assert row["id"] == str(UUID(bytes=protocol(3, "en=page_view").id))


@BOTH
def test_entry_second_and_exit_page(protocol: Any) -> None:
    """First, second and last page view; a reload is a second page."""
    row = compute_rows(visit(protocol, "/a", "/b", "/c"))[0]
    assert row["session_entry_page_location"] == "https://shop.example/a"
    assert row["session_second_page_location"] == "https://shop.example/b"
    assert row["session_exit_page_path"] == "/c"
    assert row["session_exit_page_title"] == "T/c"


@BOTH
def test_previous_and_next_page(protocol: Any) -> None:
    """The nearest different page each way; the same page twice is one."""
    hits = visit(protocol, "/a", "/a", "/b", "/a")
    assert [p and p[-2:] for p in column("previous_page_location", hits)] == [None, None, "/a", "/b"]
    assert [p and p[-2:] for p in column("next_page_location", hits)] == ["/b", "/b", "/a", None]
    assert column("session_page_number", hits) == [0, 0, 1, 2]


def test_events_before_the_first_page_have_a_next_one() -> None:
    """And no previous one."""
    hits = [ga4(0, "en=scroll"), *visit(ga4, "/a")]
    hits[1] = ga4(1, "en=page_view&dl=https://shop.example/a")
    assert column("next_page_location", hits) == ["https://shop.example/a", None]
    assert column("previous_page_location", hits) == [None, None]


def test_time_on_page_ends_with_the_next_page_or_the_session() -> None:
    """Whole seconds, the same on every event of the page."""
    hits = [ga4(0, "en=page_view"), ga4(4, "en=scroll"), ga4(10, "en=page_view"), ga4(13, "en=click")]
    assert column("time_on_page", hits) == [10, 10, 3, 3]


@BOTH
def test_counts_and_bounce(protocol: Any) -> None:
    """One page view is a bounce, two are not."""
    one, two = compute_rows(visit(protocol, "/a"))[0], compute_rows(visit(protocol, "/a", "/a"))[0]
    assert (one["session_is_bounced"], two["session_is_bounced"]) == (True, False)
    assert (two["session_total_page_views"], two["session_unique_page_views"], two["session_total_events"]) == (2, 1, 2)
    assert (two["session_duration"], two["session_hit_number"]) == (5, 0)
    assert column("page_is_bounce", visit(protocol, "/a")) == [True]


def test_entry_and_exit_are_marked_on_page_views_only() -> None:
    """An event on the entry page is not the entry page view."""
    hits = [
        ga4(0, "en=scroll"),
        ga4(1, "en=page_view"),
        ga4(2, "en=scroll"),
        ga4(3, "en=page_view"),
        ga4(4, "en=click"),
    ]
    assert column("session_is_entry_page", hits) == [False, True, False, False, False]
    assert column("session_is_exit_page", hits) == [False, False, False, True, False]


def test_consent_resends_are_kept_and_counted_nowhere() -> None:
    """The tag repeats page views and purchases when consent changes."""
    hits = [ga4(0, "en=page_view"), ga4(1, "en=page_view&gcu=1"), ga4(2, "en=purchase&epn.value=5&gcu=1")]
    rows = compute_rows(hits)
    assert [row["is_consent_update"] for row in rows] == [False, True, True]
    assert (rows[0]["session_total_events"], rows[0]["session_total_page_views"], rows[0]["session_revenue"]) == (
        1,
        1,
        None,
    )


def test_revenue_only_where_an_order_was_completed() -> None:
    """A cart has a value and brings nothing."""
    hits = [ga4(0, "en=add_to_cart&epn.value=9"), ga4(1, "en=purchase&ep.value=12.5&cu=EUR&ep.transaction_id=T1")]
    rows = compute_rows(hits)
    assert [row["ecommerce_purchase_revenue"] for row in rows] == [None, 12.5]
    assert (rows[1]["session_revenue"], rows[1]["ecommerce_currency"], rows[1]["params_transaction_id"]) == (
        12.5,
        "EUR",
        "T1",
    )


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("action_name=A", "page_view"),
        ("ping=1", "ping"),
        ("idgoal=0&ec_id=O1&revenue=5", "ecommerce_order"),
        ("idgoal=0&revenue=5", "ecommerce_cart_update"),
        ("idgoal=", "page_view"),
        ("idgoal=2&link=x", "goal_conversion"),
        ("download=x&link=y", "download"),
        ("link=y&e_c=a&e_a=b", "outlink"),
        ("e_c=a&e_a=b&c_n=x", "custom_event"),
        ("c_n=x&c_i=click", "content_interaction"),
        ("c_i=click", "page_view"),
        ("c_n=x&search=y", "content_impression"),
        ("search=y", "site_search"),
        ("search=", "page_view"),
        ("search=+", "page_view"),
        ("c_n=x&c_i=undefined", "content_impression"),
        ("ca=1", "custom_action"),
        ("ma_id=x", "media_play"),
    ],
)
def test_matomo_names(query: str, name: str) -> None:
    """The tag's own order of precedence."""
    assert column("name", [matomo(0, query)]) == [name]


def test_matomo_orders_are_in_the_propertys_currency() -> None:
    """Matomo sends no currency."""
    hits = [matomo(0, "idgoal=0&ec_id=O1&revenue=5"), matomo(1)]
    assert column("ecommerce_currency", hits, {"properties": {"1": {"currency": "CHF"}}}) == ["CHF", None]


def test_a_ping_opens_no_session_and_new_visit_does() -> None:
    """A heartbeat extends what is there."""
    assert column("session_id", [matomo(0, "ping=1")]) == [None]
    hits = [matomo(0), matomo(5, "ping=1"), matomo(6, "new_visit=1")]
    assert column("session_split_cause", hits) == [None, None, "new_visit"]
    assert column("session_duration", hits) == [5, 5, 0]


def test_days_are_those_of_the_property() -> None:
    """In the afternoon UTC it is the next day in Kiritimati."""
    zones = {"properties": {"G-1": {"time_zone": "Pacific/Kiritimati"}}}
    assert column("date_local", [ga4(6 * 3600, "en=page_view")], zones) == [dt.date(2025, 10, 10)]


def test_session_campaign_is_of_one_page_view() -> None:
    """The first page view that names a campaign gives all parameters, even those it lacks."""
    first = "en=page_view&dl=https%3A%2F%2Fa.example%2F%3Futm_source%3Dx"
    second = "en=page_view&dl=https%3A%2F%2Fa.example%2F%3Futm_source%3Dy%26utm_medium%3Dz"
    row = compute_rows([ga4(0, "en=page_view"), ga4(1, first), ga4(2, second)])[0]
    assert (row["session_utm_source"], row["session_utm_medium"]) == ("x", None)


@pytest.mark.parametrize(
    ("url", "source"),
    [("/#utm_source=x", "x"), ("/#/path?a=1&utm_source=x", "x"), ("/?utm_source=y#utm_source=x", "y"), ("/#x", None)],
)
def test_campaigns_of_the_fragment_come_after_those_of_the_query(url: str, source: str | None) -> None:
    """Links into single-page sites carry them there."""
    facts = url_facts(f"https://a.example{url}", None)
    assert facts is not None
    assert dict(zip(QUERY_KEYS, facts[3:], strict=True))["utm_source"] == source


def test_the_text_undefined_is_no_value_of_matomos() -> None:
    """Some clients send it for whatever they do not know."""
    row = compute_rows([matomo(0, "url=undefined&urlref=undefined&action_name=undefined&res=undefined")])[0]
    shown = ("page_location", "page_referrer", "page_title", "device_screen_resolution")
    assert [row[name] for name in shown] == [None] * 4


def test_device_language_prefers_the_tag() -> None:
    """Without it, the first language the browser asks for."""
    header = {"accept-language": "de-CH,de;q=0.9"}
    assert column("device_language", [ga4(0, "en=a&ul=en-us", headers=header), ga4(1, "en=a", headers=header)]) == [
        "en-us",
        "de-CH",
    ]


def test_a_tags_language_may_be_a_list() -> None:
    """Matomo's `lang` stands for the whole header."""
    assert column("device_language", [matomo(0, "lang=fr-FR%2Cfr%3Bq%3D0.8")]) == ["fr-FR"]


@pytest.mark.parametrize(
    ("header", "language"), [("*", None), ("", None), ("de;q=0.5", "de"), (" en-GB , en", "en-GB"), ("undefined", None)]
)
def test_first_language(header: str, language: str | None) -> None:
    """Quality values are not part of a language."""
    assert first_language(header) == language


@pytest.mark.parametrize(
    ("url", "location", "host", "path"),
    [
        ("https://a.example", "https://a.example", "a.example", None),
        ("https://user:pw@a.example:81/x", "https://user:pw@a.example:81/x", "a.example", "/x"),
        ("https://[2001:db8::1]:81/x", "https://[2001:db8::1]:81/x", "2001:db8::1", "/x"),
        ("/relative?gclid=1", "/relative", None, "/relative"),
        ("//a.example/x?gclid=1&y", "//a.example/x?y", "a.example", "/x"),
        ("https://a.example/%zz%41", "https://a.example/%zz%41", "a.example", "/%zzA"),
        ("https://a.example/?y=%2B+&flag&gclid=1&x=", "https://a.example/?y=%2B+&flag&x=", "a.example", "/"),
        ("undefined", "undefined", None, None),
    ],
)
def test_urls_of_all_shapes(url: str, location: str, host: str | None, path: str | None) -> None:
    """Nothing is re-encoded, and what cannot be told is null."""
    facts = url_facts(url, "gclid,utm_source")
    assert facts is not None
    assert facts[:3] == (location, host, path)


def test_ids_in_links_between_domains_make_no_new_page() -> None:
    """Tags add them; unless the property says otherwise they are removed with the campaign's parameters."""
    assert column("page_location", [matomo(0, "url=https://a.example/x?_gl=1*a*_ga*b%26y=1%26pk_vid=2")]) == [
        "https://a.example/x?y=1"
    ]


def test_an_unreadable_hit_is_a_dead_letter_and_harms_nobody() -> None:
    """A record nobody can decode, and an event without a name."""
    batch = compute_batch([ga4(0, "en=page_view"), ga4(1, "dt=nameless")])
    assert batch.events["log_offset"].to_pylist() == [0]
    assert [(letter.offset, letter.stage, letter.reason) for letter in batch.dead] == [(1, "columns", "no_name")]
    assert batch.ledger == {("G-1", "dead", "no_name"): 1}
    assert batch.record_of(1) == batch.dead[0].record


def test_hits_of_a_protocol_that_is_gone_are_dead_letters() -> None:
    """A plugin was removed while its hits were in the log."""
    batch = compute_batch(
        [ga4(0, "en=a"), make_hit("x=1", protocol="acme", family="acme"), make_hit(protocol="ga4_old")]
    )
    assert sorted(letter.offset for letter in batch.dead) == [1, 2]
    assert {letter.reason for letter in batch.dead} == {"unknown_protocol"}


def test_what_killed_the_program_is_put_aside() -> None:
    """Its offset is a dead letter, its neighbours are rows."""
    batch = compute_batch([ga4(0, "en=a"), ga4(1, "en=b")], killed=[0])
    assert batch.events["name"].to_pylist() == ["b"]
    assert batch.dead[0].reason == "killed_the_worker"
