"""What real GA4 tags and servers sent, read plainly here and compared with the rows it becomes."""

import json
import math
from collections.abc import Mapping
from typing import Any

import pytest

from tests.protocols import reference
from tracker.config import Properties
from tracker.model import Hit
from tracker.protocols.ga4 import GA4Protocol
from tracker.protocols.ga4.mp import MeasurementProtocol
from tracker.protocols.ga4.mp.auth import MeasurementSettings
from tracker.testing import compute_rows

PLAIN = {
    "name": "en",
    "measurement_id": "tid",
    "property_id": "tid",
    "client_id": "cid",
    "user_id": "uid",
    "client_session_id": "sid",
    "page_title": "dt",
    "page_referrer": "dr",
    "device_screen_resolution": "sr",
    "device_language": "ul",
    "client_page_load": "_p",
    "params_currency": "cu",
    "params_coupon": "ep.coupon",
    "params_transaction_id": "ep.transaction_id",
    "params_search_term": "ep.search_term",
}
"""Columns that are the text of one parameter; empty is null."""
ITEM_TEXTS = {
    "item_id": "id", "item_name": "nm", "affiliation": "af", "coupon": "cp", "item_brand": "br", "item_category": "ca",
    "item_category2": "c2", "item_category3": "c3", "item_category4": "c4", "item_category5": "c5",
    "item_variant": "va", "location_id": "lo",
}  # fmt: skip
ITEM_OR_EVENT = {"item_list_id": "li", "item_list_name": "ln", "promotion_id": "pi", "promotion_name": "pn"}
ITEM_NUMBERS = {"price": "pr", "discount": "ds", "index": "lp"}

Event = dict[str, str]
Row = dict[str, Any]


def hits_of(protocol: Any, sent: list[dict[str, Any]]) -> list[Hit]:
    pieces = [
        piece
        for one in sent
        for piece in protocol.hits(reference.request_of(one), Properties({}, MeasurementSettings()))
    ]
    return [piece for piece in pieces if isinstance(piece, Hit)]


@pytest.fixture(scope="module")
def read() -> list[tuple[Row, Event]]:
    """Each captured event's row, all computed in one batch, and its parameters."""
    sent = reference.captured("ga4-gtag")
    rows = compute_rows(hits_of(GA4Protocol(), sent))
    events = [event for one in sent for event in reference.ga4_events(reference.query_of(one), one["body"].encode())]
    return list(zip(rows, events, strict=True))


@pytest.fixture(scope="module")
def told() -> list[tuple[Row, Mapping[str, Any], Mapping[str, Any]]]:
    """Each event's row, what it says itself, and what its request says, of the Measurement Protocol."""
    sent = [one for one in reference.captured("ga4-mp") if "/debug/" not in one["url"]]
    rows = compute_rows(hits_of(MeasurementProtocol(), sent))
    bodies = [json.loads(one["body"]) for one in sent]
    said = [(event, body) for body in bodies for event in body["events"]]
    return [(row, event, body) for row, (event, body) in zip(rows, said, strict=True)]


def number(text: str | None) -> float | None:
    """What a finite number says; None for anything else."""
    try:
        return float(text) if text and math.isfinite(float(text)) else None
    except ValueError:
        return None


def member(name: str, value: str, *, is_number: bool) -> dict[str, Any]:
    """One value of a list."""
    read = number(value) if is_number else None
    return {"name": name, "value_string": value if read is None else None, "value_number": read}


@pytest.mark.parametrize("column", PLAIN)
def test_texts(read: list[tuple[Row, Event]], column: str) -> None:
    """A column of plain text is the parameter's text, on every event."""
    assert [row[column] for row, _ in read] == [event.get(PLAIN[column]) or None for _, event in read]


def test_every_name_is_there(read: list[tuple[Row, Event]]) -> None:
    """The requests are those that are meant: fifty events of twenty names and more."""
    assert len(read) >= 50
    assert len({row["name"] for row, _ in read}) > 20


def test_parameters(read: list[tuple[Row, Event]]) -> None:
    """Every ep. and epn., in the order on the wire, as text or as a number."""
    wanted = [[member(n, v, is_number=f"epn.{n}" in event) for n, v in named(event, "ep")] for _, event in read]
    assert [row["params"] for row, _ in read] == wanted


def test_user_properties(read: list[tuple[Row, Event]]) -> None:
    """Every up. and upn., likewise."""
    wanted = [[member(n, v, is_number=f"upn.{n}" in event) for n, v in named(event, "up")] for _, event in read]
    assert [row["user_properties"] for row, _ in read] == wanted
    assert any(wanted)


def test_numbers(read: list[tuple[Row, Event]]) -> None:
    """Amounts, engagement and counters; a tag's `NaN` is null."""
    for column, key in (("params_value", "epn.value"), ("params_engagement_time_ms", "_et"), ("params_tax", "epn.tax")):
        assert [row[column] for row, _ in read] == [number(event.get(key)) for _, event in read]
    assert [row["client_session_number"] for row, _ in read] == [
        int(event["sct"]) if "sct" in event else None for _, event in read
    ]


def test_flags(read: list[tuple[Row, Event]]) -> None:
    """What a consent change sent again, and the tag's own page views."""
    assert [row["is_consent_update"] for row, _ in read] == [event.get("gcu") == "1" for _, event in read]
    assert [row["is_page_view"] for row, _ in read] == [
        event["en"] == "page_view" and "gcu" not in event for _, event in read
    ]


def test_items(read: list[tuple[Row, Event]]) -> None:
    """Every pr1, pr2 and so on: ids, names, prices, quantities and all else an item tells."""
    found = [
        [{field: item[field] for field in (*ITEM_TEXTS, *ITEM_OR_EVENT, *ITEM_NUMBERS, "quantity")} for item in items]
        for items in (row["ecommerce_items"] for row, _ in read)
    ]
    wanted = [[item_of(text, event) for text in sent_items(event)] for _, event in read]
    assert found == wanted
    assert sum(map(len, wanted)) >= 15


def test_custom_fields_of_items(read: list[tuple[Row, Event]]) -> None:
    """`kX` names what `vX` holds."""
    wanted = [
        [{"name": name, "value": fields.get("v" + key[1])} for key, name in fields.items() if key[0] == "k"]
        for _, event in read
        for fields in map(reference.item_fields, sent_items(event))
    ]
    assert [item["custom"] for row, _ in read for item in row["ecommerce_items"]] == wanted
    assert any(wanted)


def test_measurement_protocol_events(told: list[tuple[Row, Mapping[str, Any], Mapping[str, Any]]]) -> None:
    """Name and client of every event, whatever library or example it came from."""
    assert [(row["name"], row["client_id"]) for row, _, _ in told] == [
        (event["name"], body.get("client_id") or body["app_instance_id"]) for _, event, body in told
    ]
    assert len(told) == 31


def test_measurement_protocol_parameters(told: list[tuple[Row, Mapping[str, Any], Mapping[str, Any]]]) -> None:
    """Session and engagement have columns; every other parameter stands in the list under its name."""
    own = {"session_id": "client_session_id", "engagement_time_msec": "params_engagement_time_ms"}
    for row, event, _ in told:
        params = event.get("params", {})
        assert [(one["name"], one["value_string"]) for one in row["params"]] == [
            (name, value) for name, value in params.items() if name not in own
        ]
        assert row["client_session_id"] == (str(params["session_id"]) if "session_id" in params else None)
        assert row["params_engagement_time_ms"] == params.get("engagement_time_msec")


def test_measurement_protocol_user_properties(told: list[tuple[Row, Mapping[str, Any], Mapping[str, Any]]]) -> None:
    """Those of the request, on each of its events."""
    assert [{one["name"]: one["value_string"] for one in row["user_properties"]} for row, _, _ in told] == [
        {name: said["value"] for name, said in body.get("user_properties", {}).items()} for _, _, body in told
    ]


def named(event: Event, prefix: str) -> list[tuple[str, str]]:
    return reference.named_values(event, prefix)


def sent_items(event: Event) -> list[str]:
    return [event[f"pr{number}"] for number in range(1, 201) if f"pr{number}" in event]


def item_of(text: str, event: Event) -> dict[str, Any]:
    fields = reference.item_fields(text)
    return {
        **{field: fields.get(key) for field, key in ITEM_TEXTS.items()},
        **{field: fields.get(key) or event.get(f"ep.{field}") for field, key in ITEM_OR_EVENT.items()},
        **{field: float(fields[key]) if key in fields else None for field, key in ITEM_NUMBERS.items()},
        "quantity": float(fields.get("qt", "1")),
    }
