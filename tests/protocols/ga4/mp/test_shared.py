"""What the hits of one request share, and what becomes of it when it is large."""

import json
from typing import Any

import pytest

from tracker.clock import HOUR
from tracker.config import Properties
from tracker.model import Hit, Rejected
from tracker.protocols.ga4.mp import MeasurementProtocol
from tracker.protocols.ga4.mp.auth import MeasurementSettings
from tracker.protocols.ga4.mp.shared import MAX_PROPERTIES, MAX_TEXT
from tracker.testing import compute_rows
from tracker.testing.hits import NOW, make_request


def pieces(*events: object, target: str = "/mp/collect?measurement_id=G-1", **body: Any) -> list[Hit | Rejected]:
    """What a request of client `1.1` becomes."""
    request = make_request(target, json.dumps({"client_id": "1.1", "events": list(events), **body}))
    return list(MeasurementProtocol().hits(request, Properties({}, MeasurementSettings())))


def bodies(*events: object, **body: Any) -> list[Any]:
    """The bodies of the hits."""
    return [json.loads(piece.body) for piece in pieces(*events, **body) if isinstance(piece, Hit)]


def reasons(*events: object, **body: Any) -> list[str | None]:
    """Why pieces were rejected; None for a hit."""
    return [piece.reason if isinstance(piece, Rejected) else None for piece in pieces(*events, **body)]


def test_every_hit_keeps_what_all_share() -> None:
    """So that each is a request of its own."""
    shared: dict[str, Any] = {
        "consent": {"ad_user_data": "DENIED"},
        "user_location": {"city": "Bern"},
        "device": {"brand": "Acme"},
        "user_properties": {"plan": {"value": "gold"}},
        "language": "de",
        "non_personalized_ads": True,
    }
    assert bodies({"name": "a"}, {"name": "b"}, **shared) == [
        {**shared, "events": [{"name": "a"}]},
        {**shared, "events": [{"name": "b"}]},
    ]


def test_only_known_members_are_kept() -> None:
    """Of objects with known members nothing else, nor anything that is no single value; texts are cut."""
    kept = bodies(
        {"name": "a"},
        consent={"ad_user_data": "DENIED", "x": "y"},
        user_location={"city": "c" * 1_000, "country_id": ["CH"]},
        device={"x": "y"},
        user_data={"sha256_email_address": "h4sh"},
        extra="z",
        language={},
    )
    assert kept == [
        {"consent": {"ad_user_data": "DENIED"}, "user_location": {"city": "c" * MAX_TEXT}, "events": [{"name": "a"}]}
    ]


def test_large_user_properties_stand_on_the_first_hit() -> None:
    """Whatever their number and length, one copy is kept; what is no hit holds none."""
    large = {f"p{n}": {"value": "x" * 36} for n in range(100)}
    kept = bodies({}, {"name": "a"}, {"name": "b"}, {"name": "c"}, user_properties=large)
    assert [body.get("user_properties") for body in kept] == [large, None, None]


def test_as_many_user_properties_as_ga4_takes_stand_on_every_hit() -> None:
    """25 with the longest names and values."""
    many = {f"{n:024}": {"value": "x" * 36, "timestamp_micros": NOW} for n in range(25)}
    assert len(json.dumps(many)) <= MAX_PROPERTIES
    kept = bodies({"name": "a"}, {"name": "b"}, user_properties=many)
    assert [body.get("user_properties") for body in kept] == [many, many]


def test_a_request_of_25_events_does_not_multiply() -> None:
    """With a full body of shared parts, and a long query, its hits take little more than it did itself."""
    shared = {
        "user_properties": {f"p{n}": {"value": "x" * 100} for n in range(800)},
        "consent": {"ad_user_data": "x" * 9_000},
        "user_location": {"city": "x" * 9_000},
        "device": {"browser": "x" * 9_000},
    }
    sent = len(json.dumps(shared))
    assert sent > 120_000
    found = pieces(
        *({"name": "a"} for _ in range(25)), target=f"/mp/collect?measurement_id=G-1&x={'y' * 8_000}", **shared
    )
    stored = sum(len(piece.query) + len(piece.body) for piece in found if isinstance(piece, Hit))
    assert len(found) == 25
    assert stored < sent + 25 * 1_000


def test_large_user_properties_reach_every_event_of_the_session() -> None:
    """The session knows them all, though only one event was sent with them."""
    large = {f"p{n}": {"value": "x" * 36} for n in range(99)}
    found = [piece for piece in pieces({"name": "a"}, {"name": "b"}, user_properties=large) if isinstance(piece, Hit)]
    rows = compute_rows(found)
    assert [len(row["user_properties"]) for row in rows] == [99, 0]
    assert [len(row["session_user_properties"]) for row in rows] == [99, 99]


@pytest.mark.parametrize("shape", [[], "text", 7, None])
def test_user_properties_of_another_shape_are_none(shape: object) -> None:
    """They cost no event."""
    assert bodies({"name": "a"}, user_properties=shape) == [{"events": [{"name": "a"}]}]


def test_user_properties_that_are_too_deep_cost_no_event() -> None:
    """They are left out, and that is counted."""
    deep = json.loads('{"x":' * 300 + "1" + "}" * 300)
    assert reasons({"name": "a"}, {"name": "b"}, user_properties=deep) == [None, None, "unreadable"]


OLD, NEW = {"value": 1, "timestamp_micros": NOW - 73 * HOUR}, {"value": 2}


def test_strict_senders_lose_old_user_properties() -> None:
    """With ENFORCE_RECOMMENDATIONS a property of more than 72 hours ago is left out and counted; others stay."""
    sent = {"user_properties": {"old": OLD, "new": NEW}, "validation_behavior": "ENFORCE_RECOMMENDATIONS"}
    assert bodies({"name": "a"}, **sent)[0]["user_properties"] == {"new": NEW}
    assert reasons({"name": "a"}, **sent) == [None, "user_property_too_old"]


def test_others_keep_old_user_properties() -> None:
    """Their time only moves, and no column shows it."""
    assert bodies({"name": "a"}, user_properties={"old": OLD})[0]["user_properties"] == {"old": OLD}


def test_a_user_property_without_a_time_has_the_request_s() -> None:
    """An event may be of today, and the property of last week all the same."""
    sent = {"timestamp_micros": NOW - 73 * HOUR, "validation_behavior": "ENFORCE_RECOMMENDATIONS"}
    found = reasons({"name": "a", "timestamp_micros": NOW}, {"name": "b"}, user_properties={"p": NEW}, **sent)
    assert found == [None, "too_old", "user_property_too_old"]
