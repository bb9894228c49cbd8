"""What `/debug/mp/collect` says."""

import json
from typing import Any, get_args

import pytest

from tracker.clock import HOUR
from tracker.config import Properties
from tracker.model import Result
from tracker.protocols.ga4.mp import MeasurementProtocol, reserved
from tracker.protocols.ga4.mp.auth import MeasurementSettings
from tracker.protocols.ga4.mp.messages import Code
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
        {"events": event(**{f"p{n}": n for n in range(25)}, session_id="9" * 200, session_number=1)},
        {"events": event(session_id="GS2.1.s1760000000$o3$g1", engagement_time_msec="100")},
        {"events": event(engagement_time_msec=1.5, session_number="3")},
        {"client_id": "GA1.1.123.456"},
        {"user_location": {"city": "B", "region_id": "US-CA", "country_id": "US", "continent_id": "019"}},
        {"device": {"category": "mobile", "browser_version": "1"}, "ip_override": "2001:db8::1", "user_agent": "x"},
        {"user_data": {"sha256_email_address": "x"}, "non_personalized_ads": True, "consent": None, "device": None},
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
        ({"client_id": "371579df-c318-4272-b43c-ee0195dc1c58"}, "client_id", "VALUE_INVALID"),
        ({"client_id": "GA1.1.x"}, "client_id", "VALUE_INVALID"),
        ({"clientId": "1.1"}, "clientId", "NAME_INVALID"),
        ({"user_id": "u" * 257}, "user_id", "VALUE_OUT_OF_BOUNDS"),
        ({"user_id": 7}, "user_id", "VALUE_INVALID"),
        ({"user_agent": 7}, "user_agent", "VALUE_INVALID"),
        ({"ip_override": "somewhere"}, "ip_override", "VALUE_INVALID"),
        ({"ip_override": 7}, "ip_override", "VALUE_INVALID"),
        ({"user_data": "x"}, "user_data", "VALUE_INVALID"),
        ({"non_personalized_ads": "yes"}, "non_personalized_ads", "VALUE_INVALID"),
        ({"user_location": "Bern"}, "user_location", "VALUE_INVALID"),
        ({"user_location": {"city": 7}}, "user_location.city", "VALUE_INVALID"),
        ({"user_location": {"country_id": "us"}}, "user_location.country_id", "VALUE_INVALID"),
        ({"user_location": {"region_id": "CA"}}, "user_location.region_id", "VALUE_INVALID"),
        ({"user_location": {"continent_id": "Americas"}}, "user_location.continent_id", "VALUE_INVALID"),
        ({"user_location": {"subcontinent_id": 21}}, "user_location.subcontinent_id", "VALUE_INVALID"),
        ({"user_location": {"zip": "1"}}, "user_location.zip", "NAME_INVALID"),
        ({"device": []}, "device", "VALUE_INVALID"),
        ({"device": {"colour": "red"}}, "device.colour", "NAME_INVALID"),
        ({"device": {"browser_version": 1}}, "device.browser_version", "VALUE_INVALID"),
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
        ({"user_properties": {"a-b": {"value": "1"}}}, "user_properties.a-b", "NAME_INVALID"),
        ({"user_properties": {"a": {"value": [1]}}}, "user_properties.a.value", "VALUE_INVALID"),
        (
            {"user_properties": {"a": {"value": 1, "timestamp_micros": NOW - 73 * HOUR}}},
            "user_properties.a.timestamp_micros",
            "VALUE_OUT_OF_BOUNDS",
        ),
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
        ({"events": event(**{"n" * 41: 1})}, f"events[0].params.{'n' * 41}", "NAME_INVALID"),
        ({"events": event(page_title="x" * 301)}, "events[0].params.page_title", "VALUE_OUT_OF_BOUNDS"),
        ({"events": event(page_referrer="x" * 421)}, "events[0].params.page_referrer", "VALUE_OUT_OF_BOUNDS"),
        ({"events": event(page_location="x" * 1_001)}, "events[0].params.page_location", "VALUE_OUT_OF_BOUNDS"),
        ({"events": event(session_id="mine")}, "events[0].params.session_id", "VALUE_INVALID"),
        ({"events": event(session_id=0)}, "events[0].params.session_id", "VALUE_INVALID"),
        ({"events": event(session_number=-1)}, "events[0].params.session_number", "VALUE_INVALID"),
        ({"events": event(engagement_time_msec="long")}, "events[0].params.engagement_time_msec", "VALUE_INVALID"),
        ({"events": event(items=[{"item_id": "x" * 101}])}, "events[0].params.items[0].item_id", "VALUE_OUT_OF_BOUNDS"),
        ({"events": event(items=[{"a-b": 1}])}, "events[0].params.items[0].a-b", "NAME_INVALID"),
        ({"events": event(items=[{"price": {}}])}, "events[0].params.items[0].price", "VALUE_INVALID"),
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
    body = """{"client_id": "1.1", "client_id": "1.2", "events": [
        {"name": "a"}, {"name": "a", "params": {"x": 1, "x": 2, "x": 3}}]}"""
    assert [(one["fieldPath"], one["validationCode"]) for one in messages(body)] == [
        ("client_id", "NAME_DUPLICATED"),
        ("events[1].params.x", "NAME_DUPLICATED"),
    ]


@pytest.mark.parametrize("name", sorted(reserved.EVENTS))
def test_reserved_events(name: str) -> None:
    """No server may send what Google's own clients send."""
    assert found(events=event(name)) == [("events[0].name", "NAME_RESERVED")]


@pytest.mark.parametrize("prefix", reserved.PARAMETER_PREFIXES)
def test_reserved_parameters(prefix: str) -> None:
    """Nor names that begin as Google's own do."""
    assert found(events=event(**{f"{prefix}x": 1})) == [(f"events[0].params.{prefix}x", "NAME_RESERVED")]


@pytest.mark.parametrize("name", [*sorted(reserved.USER_PROPERTIES), "_x", "firebase_x", "ga_x", "google_x"])
def test_reserved_user_properties(name: str) -> None:
    """Nor such names of user properties."""
    assert found(user_properties={name: {"value": 1}}) == [(f"user_properties.{name}", "NAME_RESERVED")]


def test_every_code_is_used() -> None:
    """One request with a mistake of each kind, in the form of Google's answer."""
    body = {
        "client_id": "",
        "x": 1,
        "user_id": "u" * 257,
        "user_properties": {"ga_x": {"value": 1}},
        "events": [{"name": "a", "params": {f"p{n}": n for n in range(26)}}, 7],
    }
    sent = json.dumps(body)[:-1] + ', "consent": 1, "consent": {}}'
    answer = messages(sent)
    assert {message["validationCode"] for message in answer} == set(get_args(Code))
    assert {tuple(message) for message in answer} == {("fieldPath", "description", "validationCode")}


def test_a_stream_must_be_named() -> None:
    """Neither a site's nor an app's id; whether it is known here is not told."""
    assert found("/debug/mp/collect?api_secret=x") == [("measurement_id", "VALUE_REQUIRED")]


@pytest.mark.parametrize("body", ["{", "[]", "[" * 5_000])
def test_unreadable(body: str) -> None:
    """What is no JSON object is said to be none."""
    assert [message["validationCode"] for message in messages(body)] == ["VALUE_INVALID"]


def test_mended() -> None:
    """What is nearly JSON is taken, and objected to."""
    body = r'{"client_id":"1.1","events":[{"name":"login","params":{"session_id":1,"method":"cut \ud83d"}}]}'
    assert [(message["fieldPath"], message["validationCode"]) for message in messages(body)] == [("", "VALUE_INVALID")]


def test_large() -> None:
    """The size of the whole is limited."""
    assert found(user_data={"x": "x" * 130_000}) == [("", "VALUE_OUT_OF_BOUNDS")]


def test_many_names_that_stand_twice_take_no_time() -> None:
    """They are counted once, not once for each."""
    names = ",".join(f'"n{n}":1,"n{n}":2' for n in range(40_000))
    assert len(messages(f'{{"client_id":"1.1",{names}}}')) == MAX_MESSAGES


def test_answers_have_an_end() -> None:
    """However many mistakes there are, and however deep the body is."""
    assert len(found(events=[{}] * 1_000)) == MAX_MESSAGES
    assert messages('{"client_id":"1.1","events":[{"name":"a","params":{"x":' + "[" * 900 + "]" * 900 + "}}]}") != []
