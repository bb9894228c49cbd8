"""Traps of the wire that no single column or step stands for, all the way to rows."""

from typing import Any

import pytest

from tests.protocols import reference
from tracker.clock import SECOND
from tracker.config import Properties, PropertySettings
from tracker.model import Hit
from tracker.protocols.ga4 import GA4Protocol
from tracker.testing import compute_rows, make_request
from tracker.testing.hits import NOW

SHARED = "/g/collect?v=2&tid=G-1&_p=7"


def rows(*targets: str) -> list[dict[str, Any]]:
    """The rows of requests that come a second apart."""
    hits: list[Hit] = []
    for n, target in enumerate(targets):
        for piece in GA4Protocol().hits(
            make_request(target, received_at=NOW + n * SECOND), Properties({}, PropertySettings())
        ):
            assert isinstance(piece, Hit)
            hits.append(piece)
    return compute_rows(hits)


@pytest.mark.parametrize(
    "identifier",
    ["8973865428251586", "1234567890123456789012", "f2d5b7d3-75ef-41f8-84fa-5ebebe4c0822", "00017", "1e5"],
)
def test_ids_are_never_numbers(identifier: str) -> None:
    """Sixteen digits, more than any integer holds, UUIDs, leading zeros: client and session are what was sent."""
    (row,) = rows(f"{SHARED}&cid={identifier}&sid={identifier}&_s=1&en=page_view")
    assert (row["client_id"], row["client_session_id"]) == (identifier, identifier)


def test_a_consent_change_counts_nothing_twice() -> None:
    """One order and one page, each sent again for two kinds of consent: six rows, one order, one page, one amount."""
    order = "&en=purchase&cu=EUR&epn.value=5&ep.transaction_id=T1&pr1=idA~pr5&_c=1"
    events = ("&en=page_view", order)
    sent = [f"{SHARED}&cid=1.1&sid=1&_s={n}{event}" for n, event in enumerate(events, 1)]
    again = [f"{SHARED}&cid=1.1&sid=1&_s={n}&gcu=1{event}" for n, event in enumerate(events * 2, 3)]
    found = rows(*sent, *again)
    assert [row["is_consent_update"] for row in found] == [False] * 2 + [True] * 4
    totals = ("session_total_page_views", "session_total_purchases", "session_total_key_events", "session_revenue")
    assert {tuple(row[name] for name in totals) for row in found} == {(1, 1, 1, 5.0)}
    assert [row["is_purchase"] for row in found].count(True) == 1


VISIT = (
    "en=page_view&dl=https%3A%2F%2Fa.example%2F1%3Futm_campaign%3Dc1&dt=One&_ss=1&_fv=1&sct=1",
    "en=scroll&epn.percent_scrolled=90&_et=3000",
    "en=page_view&dl=https%3A%2F%2Fa.example%2F2&dt=Two&dr=https%3A%2F%2Fa.example%2F1&_et=2000",
    "en=screen_view&ep.firebase_screen=Home",
    "en=click&ep.link_url=https%3A%2F%2Fb.example%2F&ep.outbound=true",
    "en=file_download&ep.link_url=https%3A%2F%2Fa.example%2Ff.pdf",
    "en=form_start&ep.form_id=f",
    "en=form_submit&ep.form_id=f",
    "en=view_search_results&ep.search_term=shoes",
    "en=video_start&ep.video_title=v",
    "en=add_to_cart&pr1=idA~pr5&cu=EUR",
    "en=purchase&pr1=idA~pr5~qt2&cu=EUR&epn.value=10&epn.tax=1&epn.shipping=2&ep.transaction_id=T1&_c=1",
    "en=refund&pr1=idA~pr5&cu=EUR&ep.transaction_id=T1",
    "en=page_view&dl=https%3A%2F%2Fa.example%2F3&dt=Three",
)
PLACES = {"id", "log_offset", "event_number", "session_hit_number", "client_request_number"}
FACTS = {"ecommerce_items", "ecommerce_currency"}
"""What was sent, whoever counts it."""


@pytest.fixture(scope="module")
def visits() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The same visit without and with a consent change before its last event, which sends all before it again."""
    hits = [(query, n) for n, query in enumerate(VISIT)]
    again = [(f"{query}&gcu=1&gcs=G111", len(VISIT) - 2) for query in VISIT[:-1]]

    def found(sent: list[tuple[str, int]]) -> list[dict[str, Any]]:
        requests = [
            make_request(f"{SHARED}&cid=1.1&sid=1&_s={n}&{query}", received_at=NOW + second * SECOND)
            for n, (query, second) in enumerate(sent, 1)
        ]
        pieces = [piece for request in requests for piece in GA4Protocol().hits(request, _anyone())]
        return compute_rows([piece for piece in pieces if isinstance(piece, Hit)])

    return found(hits), found([*hits[:-1], *again, hits[-1]])


def test_a_consent_change_moves_no_column(visits: tuple[list[dict[str, Any]], list[dict[str, Any]]]) -> None:
    """Every column of the visit and of its events is what it was without the events that were sent again."""
    without, both = visits
    first = [row for row in both if not row["is_consent_update"]]
    assert [row["name"] for row in first] == [row["name"] for row in without]
    moved = {
        name: (row["name"], value, other[name])
        for row, other in zip(without, first, strict=True)
        for name, value in row.items()
        if name not in PLACES and value != other[name]
    }
    assert moved == {}


def test_what_a_consent_change_sends_adds_up_to_nothing(
    visits: tuple[list[dict[str, Any]], list[dict[str, Any]]],
) -> None:
    """Its rows are in the same session, no claim about what happened is true of them, and they carry no amount."""
    again = [row for row in visits[1] if row["is_consent_update"]]
    assert len(again) == len(VISIT) - 1
    assert {row["session_id"] for row in again} == {visits[1][0]["session_id"]}
    claims = ("is_page_view", "is_screen_view", "is_purchase", "is_key_event", "session_is_entry_page")
    assert [name for row in again for name in claims if row[name]] == []
    counted = [name for name in again[0] if name.startswith("ecommerce_") and name not in FACTS]
    assert [(row["name"], name) for row in again for name in counted if row[name]] == []
    earned = ("item_revenue", "item_revenue_in_usd", "item_refund", "item_refund_in_usd")
    assert [item[name] for row in again for item in row["ecommerce_items"] for name in earned if item[name]] == []


def test_captured_consent_changes() -> None:
    """The captured visitor who agreed saw as many pages as without what the tag sent again, which is marked."""
    sent = [one for one in reference.captured("ga4-gtag") if "tid=G-0GDZ6S3NNK" in one["url"]]
    pieces = [p for one in sent for p in GA4Protocol().hits(reference.request_of(one), _anyone())]
    found = compute_rows([piece for piece in pieces if isinstance(piece, Hit)])
    updates = [row for row in found if row["is_consent_update"]]
    assert [row["name"] for row in updates if row["is_page_view"] or row["is_purchase"]] == []
    assert {row["name"] for row in updates} == {"page_view", "user_engagement"}


def test_limits_of_google_are_not_ours() -> None:
    """Names of more than 40 characters, and more than 25 parameters, are kept."""
    name, many = "n" * 100, "".join(f"&ep.{'k' * 60}{n}=v" for n in range(40))
    (row,) = rows(f"{SHARED}&cid=1.1&_s=1&en={name}{many}")
    assert (row["name"], len(row["params"])) == (name, 40)
    assert row["params"][39]["name"] == "k" * 60 + "39"


def test_odd_items_cost_only_fields() -> None:
    """No quantity, no price, a price of text, more custom fields than a tag can write: the item stays."""
    letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZab"
    custom = "~".join(f"k{letter}name{letter}~v{letter}{n}" for n, letter in enumerate(letters))
    (row,) = rows(f"{SHARED}&cid=1.1&_s=1&en=purchase&pr1=idA&pr2=idB~pr1%2C99&pr3=idC~pr2~{custom}")
    items = row["ecommerce_items"]
    assert [(item["item_id"], item["price"], item["quantity"]) for item in items] == [
        ("A", None, 1.0), ("B", None, 1.0), ("C", 2.0, 1.0),
    ]  # fmt: skip
    assert len(items[2]["custom"]) == len(letters)


def test_empty_is_not_absent() -> None:
    """An empty parameter stands in the list as an empty text, and is null as a column; an absent one is in no list."""
    empty, absent = rows(
        f"{SHARED}&cid=1.1&_s=1&en=x&ep.form_id=&uam=&ur=&dr=", f"{SHARED}&cid=1.1&_s=2&en=x&uap=Linux"
    )
    assert [(one["name"], one["value_string"]) for one in empty["params"]] == [("form_id", "")]
    assert (empty["params_form_id"], empty["page_referrer"], absent["params"]) == (None, None, [])


def test_what_a_proxy_adds_wins() -> None:
    """Of version, property and name that come twice the last counts, at receipt and in the row."""
    (row,) = rows(f"{SHARED}&cid=1.1&_s=1&en=first&v=1&tid=G-2&en=last&v=2")
    assert (row["property_id"], row["measurement_id"], row["name"]) == ("G-2", "G-2", "last")


def _anyone() -> Properties[PropertySettings]:
    return Properties({}, PropertySettings())
