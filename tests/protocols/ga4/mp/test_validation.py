"""What `/debug/mp/collect` says."""

import json
from typing import Any

import pytest

from tracker.clock import HOUR
from tracker.config import Properties
from tracker.model import Result
from tracker.protocols.ga4.mp import MeasurementProtocol
from tracker.protocols.ga4.mp.auth import MeasurementSettings
from tracker.protocols.ga4.mp.validation import MAX_MESSAGES
from tracker.testing.hits import NOW, make_request

WEB = "/metrics/debug/mp/collect?measurement_id=G-1&api_secret=x"
APP = "/debug/mp/collect?firebase_app_id=1:2:ios:f"


def messages(body: str, target: str = WEB) -> list[Any]:
    """The answer's messages; nothing may be stored."""
    request = make_request(target, body)
    assert list(MeasurementProtocol().hits(request, Properties({}, MeasurementSettings()))) == []
    reply = MeasurementProtocol().reply(request, Result(0))
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json")
    found: list[Any] = json.loads(reply.body)["validationMessages"]
    return found


def found(target: str = WEB, **body: Any) -> list[tuple[str, str]]:
    """Paths and codes for a body that is good but for `body`."""
    good = {"client_id": "1.1", "events": [{"name": "login", "params": {"session_id": 1}}]}
    answer = messages(json.dumps({**good, **body}), target)
    assert all(message["description"] for message in answer)
    return [(message["fieldPath"], message["validationCode"]) for message in answer]


def event(name: object = "login", **params: Any) -> list[Any]:
    return [{"name": name, "params": params}]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"events": event("page_view", page_location="https://a.example/" + "x" * 500)},
        {"events": event("screen_view")},
        {"events": event(items=[{"item_id": "a", **{f"c{n}": 1 for n in range(10)}}])},
        {"events": event(**{f"p{n}": n for n in range(25)}, session_id="x" * 200, session_number=1)},
        {"timestamp_micros": NOW, "consent": {"ad_user_data": "GRANTED"}, "user_properties": {"a": {"value": True}}},
        {"validation_behavior": "RELAXED", "user_id": "u" * 256},
    ],
)
def test_nothing_to_say(body: dict[str, Any]) -> None:
    """An empty list: GA4 would take all of it."""
    assert found(**body) == []


@pytest.mark.parametrize(
    ("body", "path", "code"),
    [
        ({"client_id": None}, "client_id", "VALUE_REQUIRED"),
        ({"client_id": 5}, "client_id", "VALUE_INVALID"),
        ({"user_id": "u" * 257}, "user_id", "VALUE_OUT_OF_BOUNDS"),
        ({"validation_behavior": "STRICT"}, "validation_behavior", "VALUE_INVALID"),
        ({"timestamp_micros": NOW // 1_000}, "timestamp_micros", "VALUE_INVALID"),
        ({"timestamp_micros": "x"}, "timestamp_micros", "VALUE_INVALID"),
        ({"timestamp_micros": NOW - 73 * HOUR}, "timestamp_micros", "VALUE_OUT_OF_BOUNDS"),
        ({"consent": {"ad_user_data": "YES"}}, "consent.ad_user_data", "VALUE_INVALID"),
        ({"consent": {"ad_storage": "GRANTED"}}, "consent.ad_storage", "NAME_INVALID"),
        ({"consent": 1}, "consent", "VALUE_INVALID"),
        ({"user_properties": []}, "user_properties", "VALUE_INVALID"),
        ({"user_properties": {f"p{n}": {"value": 1} for n in range(26)}}, "user_properties", "EXCEEDED_MAX_ENTITIES"),
        ({"user_properties": {"user_id": {"value": "1"}}}, "user_properties.user_id", "NAME_RESERVED"),
        ({"user_properties": {"ga_x": {"value": "1"}}}, "user_properties.ga_x", "NAME_RESERVED"),
        ({"user_properties": {"a" * 25: {"value": "1"}}}, f"user_properties.{'a' * 25}", "NAME_INVALID"),
        ({"user_properties": {"a": "bare"}}, "user_properties.a.value", "VALUE_REQUIRED"),
        ({"user_properties": {"a": {"value": "x" * 37}}}, "user_properties.a.value", "VALUE_OUT_OF_BOUNDS"),
        ({"events": []}, "events", "VALUE_REQUIRED"),
        ({"events": event() * 26}, "events", "EXCEEDED_MAX_ENTITIES"),
        ({"events": [7]}, "events[0]", "VALUE_INVALID"),
        ({"events": [{}]}, "events[0].name", "VALUE_REQUIRED"),
        ({"events": event(3)}, "events[0].name", "VALUE_INVALID"),
        ({"events": event("two words")}, "events[0].name", "NAME_INVALID"),
        ({"events": event("1st")}, "events[0].name", "NAME_INVALID"),
        ({"events": event("n" * 41)}, "events[0].name", "NAME_INVALID"),
        ({"events": event("session_start")}, "events[0].name", "NAME_RESERVED"),
        ({"events": [{"name": "a", "params": []}]}, "events[0].params", "VALUE_INVALID"),
        ({"events": [{"name": "a", "timestamp_micros": NOW * 2}]}, "events[0].timestamp_micros", "VALUE_OUT_OF_BOUNDS"),
        ({"events": event(**{f"p{n}": n for n in range(26)})}, "events[0].params", "EXCEEDED_MAX_ENTITIES"),
        ({"events": event(google_x=1)}, "events[0].params.google_x", "NAME_RESERVED"),
        ({"events": event(firebase_conversion=1)}, "events[0].params.firebase_conversion", "NAME_RESERVED"),
        ({"events": event(**{"a-b": 1})}, "events[0].params.a-b", "NAME_INVALID"),
        ({"events": event(a="x" * 101)}, "events[0].params.a", "VALUE_OUT_OF_BOUNDS"),
        ({"events": event(a={"b": 1})}, "events[0].params.a", "VALUE_INVALID"),
        ({"events": event(items={})}, "events[0].params.items", "VALUE_INVALID"),
        ({"events": event(items=[{}] * 201)}, "events[0].params.items", "EXCEEDED_MAX_ENTITIES"),
        ({"events": event(items=[3])}, "events[0].params.items[0]", "VALUE_INVALID"),
        (
            {"events": event(items=[{f"c{n}": 1 for n in range(11)}])},
            "events[0].params.items[0]",
            "EXCEEDED_MAX_ENTITIES",
        ),
    ],
)
def test_objections(body: dict[str, Any], path: str, code: str) -> None:
    """Each rule, where it is broken, in Google's words."""
    assert found(**body) == [(path, code)]


def test_apps() -> None:
    """The app's instance instead of the client; a few more names are reserved."""
    assert found(APP, app_instance_id="a" * 32) == []
    assert found(APP) == [("app_instance_id", "VALUE_REQUIRED")]
    assert found(APP, app_instance_id="a" * 31) == [("app_instance_id", "VALUE_INVALID")]
    assert found(APP, app_instance_id="a" * 32, events=event("screen_view")) == [("events[0].name", "NAME_RESERVED")]


def test_names_that_stand_twice() -> None:
    """JSON allows it, and only the last would count."""
    body = '{"client_id": "1.1", "events": [{"name": "a", "params": {"x": 1, "x": 2}}]}'
    assert [(one["fieldPath"], one["validationCode"]) for one in messages(body)] == [("x", "NAME_DUPLICATED")]


@pytest.mark.parametrize("body", ["{", "[]", "[" * 5_000])
def test_unreadable(body: str) -> None:
    """What is no JSON object is said to be none."""
    assert [message["validationCode"] for message in messages(body)] == ["VALUE_INVALID"]


def test_large() -> None:
    """The size of the whole is limited."""
    assert found(unknown="x" * 130_000) == [("", "VALUE_OUT_OF_BOUNDS")]


def test_answers_have_an_end() -> None:
    """However many mistakes there are, and however deep the body is."""
    assert len(found(events=[{}] * 1_000)) == MAX_MESSAGES
    assert messages('{"client_id":"1.1","events":[{"name":"a","params":{"x":' + "[" * 900 + "]" * 900 + "}}]}") != []
