"""What real Matomo tags, importers and libraries sent, read plainly here and compared with the rows it becomes."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from pydantic import SecretStr

from tests.protocols import reference
from tracker.config import Properties
from tracker.model import Hit
from tracker.protocols.matomo import MatomoProtocol
from tracker.protocols.matomo.auth import MatomoSettings
from tracker.testing import compute_rows, make_hits

PLAIN = {
    "property_id": "idsite",
    "page_title": "action_name",
    "page_referrer": "urlref",
    "params_action": "e_a",
    "params_category": "e_c",
    "params_event_name": "e_n",
    "params_content_name": "c_n",
    "params_content_piece": "c_p",
    "params_download_url": "download",
    "params_link_url": "link",
    "params_search_keyword": "search",
    "params_page_view_id": "pv_id",
    "params_transaction_id": "ec_id",
}
"""Columns that are the text of one parameter; empty and the text `undefined` are null."""

Row = dict[str, Any]
Event = dict[str, str]


def requests_of(sent: dict[str, Any]) -> list[tuple[bytes, bytes]]:
    """Query and form of every tracking request that a captured request holds."""
    if not sent["body"].startswith("{"):
        return [(reference.query_of(sent), sent["body"].encode())]
    entries = json.loads(sent["body"])["requests"]
    return [
        (urlencode(entry).encode() if isinstance(entry, dict) else entry.partition("?")[2].encode(), b"")
        for entry in entries
    ]


@pytest.fixture(scope="module")
def stored() -> list[Hit]:
    """The hits of all captured requests whose senders may send them."""
    trusting = Properties({}, MatomoSettings(tokens=(SecretStr("t" * 32),)))
    pieces = [
        piece
        for one in reference.captured("matomo")
        for piece in MatomoProtocol().hits(reference.request_of(one), trusting)
    ]
    return [piece for piece in pieces if isinstance(piece, Hit)]


@pytest.fixture(scope="module")
def events() -> list[Event]:
    """The parameters of all captured tracking requests that ask to be recorded."""
    sent = [request for one in reference.captured("matomo") for request in requests_of(one)]
    return [event for event in (reference.matomo_event(*one) for one in sent) if event.get("rec")]


@pytest.fixture(scope="module")
def read(stored: list[Hit], events: list[Event]) -> list[tuple[Row, Event]]:
    """Each event's row, all computed in one batch, and its parameters. Orders that are sent twice are one row."""
    assert len(stored) == len(events)
    return [(row, events[row["log_offset"]]) for row in compute_rows(stored)]


def test_every_parameter(stored: list[Hit], events: list[Event]) -> None:
    """All names and values in order, whether query, form, bulk text or bulk object held them."""
    lists = MatomoProtocol().parameters(make_hits(stored)).prefixed("").to_pylist()
    assert [[(pair["name"], pair["value"]) for pair in row] for row in lists] == [
        list(event.items()) for event in events
    ]
    assert len(events) > 60


def test_names(read: list[tuple[Row, Event]]) -> None:
    """What happened, by the tracker's precedence of actions."""
    assert [row["name"] for row, _ in read] == [reference.matomo_name(event) for _, event in read]
    assert len({row["name"] for row, _ in read}) >= 8


def test_screens(read: list[tuple[Row, Event]]) -> None:
    """A screen is written with an x, also where a client sends a multiplication sign."""
    screens = [event.get("res", "unknown").replace("×", "x") for _, event in read]
    assert [row["device_screen_resolution"] for row, _ in read] == [
        None if screen == "unknown" else screen for screen in screens
    ]


@pytest.mark.parametrize("column", PLAIN)
def test_texts(read: list[tuple[Row, Event]], column: str) -> None:
    """A column of plain text is the parameter's text, on every event."""
    texts = [event.get(PLAIN[column], "") for _, event in read]
    assert [row[column] for row, _ in read] == [None if text in ("", "undefined") else text for text in texts]


def test_people(read: list[tuple[Row, Event]]) -> None:
    """The user is who `uid` names; a cookie's id is the client's."""
    assert [row["user_id"] for row, _ in read] == [event.get("uid") or None for _, event in read]
    for row, event in read:
        if "cid" not in event and len(event.get("_id", "")) >= 16:
            assert row["client_id"] == event["_id"][:16].lower()


def test_items(read: list[tuple[Row, Event]]) -> None:
    """Stock-keeping unit, name, price and quantity of everything in an order or a cart."""
    wanted = [
        [
            (str(item[0]), item[1] or None, float(item[3]), float(item[4]))
            for item in json.loads(event.get("ec_items", "[]"))
            if event.get("idgoal") == "0"
        ]
        for _, event in read
    ]
    found = [
        [(item["item_id"], item["item_name"], item["price"], item["quantity"]) for item in row["ecommerce_items"]]
        for row, event in read
        if "_pks" not in event
    ]
    assert found == [items for items, (_, event) in zip(wanted, read, strict=True) if "_pks" not in event]
    assert sum(map(len, found)) >= 4


def test_amounts(read: list[tuple[Row, Event]]) -> None:
    """What orders come to: total, tax and delivery; what is no number is nothing."""
    orders = [(row, event) for row, event in read if row["name"] == "ecommerce_order"]
    for column, key in (
        ("ecommerce_purchase_revenue", "revenue"),
        ("ecommerce_tax_value", "ec_tx"),
        ("ecommerce_shipping_value", "ec_sh"),
    ):
        assert [row[column] for row, _ in orders] == [
            float(event[key]) if event.get(key) else None for _, event in orders
        ]
    assert len(orders) >= 3


def test_dimensions(read: list[tuple[Row, Event]]) -> None:
    """Every dimensionN of an event, by its number."""
    wanted = [{name[9:]: value for name, value in event.items() if name.startswith("dimension")} for _, event in read]
    found = [{str(one["slot"]): one["value"] for one in row["custom_dimensions"]} for row, _ in read]
    assert found == wanted
    assert any(wanted)
