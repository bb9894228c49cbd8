"""The JSON of an event under the names of the browser tag."""

from typing import Any

import pytest

from tracker.protocols.ga4.mp.flatten import parameters_of


def read(params: object = None, **shared: Any) -> dict[str, str]:
    """The parameters of one event, without its name."""
    found = parameters_of({"events": [{"name": "a", "params": params}], **shared})
    assert found.pop("en") == "a"
    return found


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"page_location": "https://a.example/", "page_title": "T", "page_referrer": ""}, {"dl", "dt", "dr"}),
        ({"session_id": 7, "engagement_time_msec": "100", "session_number": 2}, {"sid", "_et", "sct"}),
        ({"currency": "EUR", "page_path": "/a", "traffic_type": "internal"}, {"cu", "dp", "tt"}),
    ],
)
def test_known_names(params: dict[str, object], expected: set[str]) -> None:
    """What the tag has a name for has that name, whatever its type."""
    assert read(params) == dict(zip(read(params), map(str, params.values()), strict=True))
    assert set(read(params)) == expected


def test_language_and_screen_of_an_event() -> None:
    """They tell the device, and are parameters too."""
    assert read({"language": "de", "screen_resolution": "1x2"}) == {
        "ul": "de",
        "ep.language": "de",
        "sr": "1x2",
        "ep.screen_resolution": "1x2",
    }


def test_other_parameters() -> None:
    """Numbers are `epn.`, everything else `ep.`; null is absent, the empty text is not."""
    params = {"a": "x", "b": 1, "c": 1.5, "d": 2.0, "e": True, "f": {"g": [1]}, "h": None, "i": ""}
    assert read(params) == {
        "ep.a": "x",
        "epn.b": "1",
        "epn.c": "1.5",
        "epn.d": "2",
        "ep.e": "true",
        "ep.f": '{"g":[1]}',
        "ep.i": "",
    }


def test_user_properties() -> None:
    """With the object around the value that is documented, and without."""
    properties = {"a": {"value": "x", "timestamp_micros": 1}, "b": {"value": 2}, "c": "bare", "d": {}, "e": None}
    assert read(user_properties=properties) == {"up.a": "x", "upn.b": "2", "up.c": "bare"}


def test_device_gives_way_to_the_event() -> None:
    """The event's own language replaces that of the request."""
    device = {"language": "en", "screen_resolution": "1x2"}
    assert read({"language": "de"}, device=device) == {"ul": "de", "sr": "1x2", "ep.language": "de"}


def test_place_and_device_stay_in_one_piece() -> None:
    """No tag has names for them: each is one parameter."""
    device, location = {"brand": "Acme", "language": "en"}, {"city": "Bern"}
    assert read(device=device, user_location=location) == {
        "ul": "en",
        "mp.device": '{"brand":"Acme","language":"en"}',
        "mp.user_location": '{"city":"Bern"}',
    }


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"session_id": "GS1.1.17.3.1.18.0"}, {"sid": "17", "sct": "3", "seg": "1"}),
        ({"session_id": "GS2.1.s17$o3$g0$t18"}, {"sid": "17", "sct": "3", "seg": "0"}),
        ({"session_id": "GS2.1.s17$o3", "session_number": 9}, {"sid": "17", "sct": "9"}),
        ({"session_id": 17.0}, {"sid": "17"}),
    ],
)
def test_session_out_of_a_cookie(params: dict[str, object], expected: dict[str, str]) -> None:
    """The tag sends its session's id alone; what else the cookie tells gives way to the event's own word."""
    assert read(params) == expected


SHORT = {"campaign": "c", "source": "s", "medium": "m", "content": "t", "term": "k", "campaign_id": "i"}


def test_campaign_details() -> None:
    """The event's short names are those of the campaign."""
    found = parameters_of({"events": [{"name": "campaign_details", "params": {"source": "s", "content": "t"}}]})
    assert found == {"en": "campaign_details", "cs": "s", "cc": "t"}
    assert read(SHORT) == {"cn": "c", "cs": "s", "cm": "m", "cc": "t", "ck": "k", "ci": "i"}


def test_source_of_something_else() -> None:
    """Where no campaign is named, such words are parameters like others."""
    assert read({"source": "button", "content": "hello", "term": "x"}) == {
        "ep.source": "button",
        "ep.content": "hello",
        "ep.term": "x",
    }


def test_consent() -> None:
    """Only the two kinds that a server can set."""
    consent = {"ad_user_data": "GRANTED", "ad_personalization": "DENIED", "other": "GRANTED"}
    assert read(consent=consent) == {"mp.ad_user_data": "GRANTED", "mp.ad_personalization": "DENIED"}


def test_non_personalized_ads() -> None:
    """The older switch has the tag's name."""
    assert read(non_personalized_ads=True) == {"npa": "true"}


def test_items() -> None:
    """In their order, in the tag's form: tildes doubled, fields of one's own as a name and a value."""
    items = [
        {"item_id": "i1", "item_name": "a~b", "price": 9.5, "quantity": 2, "size": "L~", "fair": True, "index": None},
        {"item_category2": "c"},
        "no item",
    ]
    assert read({"items": items}) == {
        "pr1": "idi1~nma~~b~pr9.5~qt2~k0size~v0L~~~k1fair~v1true",
        "pr2": "c2c",
        "pr3": "",
    }


def test_an_item_has_room_for_27_fields_of_its_own() -> None:
    """The form has no more places; the fields that GA4 knows are kept wherever they stand."""
    item = {**{f"f{n}": n for n in range(30)}, "item_id": "i"}
    assert read({"items": [item]})["pr1"].endswith("~kQf26~vQ26~idi")


def test_items_with_older_names() -> None:
    """As the tag reads them; the new name goes first, and a category may be a path."""
    items = [
        {"id": "i", "name": "n", "brand": "b", "variant": "v", "list_name": "l", "list_position": 2, "creative": "c"},
        {"item_id": "new", "id": "old", "category": "a/b/c/d/e/f"},
        {"item_id": "i", "item_category2": "x", "category": "y"},
    ]
    assert read({"items": items}) == {
        "pr1": "idi~nmn~brb~vav~lnl~lp2~cnc",
        "pr2": "idnew~k0id~v0old~caa~c2b~c3c~c4d~c5e/f",
        "pr3": "idi~c2x~k0category~v0y",
    }


def test_an_event_has_room_for_200_items() -> None:
    """More have no place in the tag's form either."""
    assert list(read({"items": [{"item_id": "i"}] * 300})) == [f"pr{n}" for n in range(1, 201)]


@pytest.mark.parametrize("shape", [[], "text", 7, None])
def test_unexpected_shapes_are_left_out(shape: object) -> None:
    """A list where an object belongs costs only itself."""
    assert read(shape, user_properties=shape, consent=shape, device=shape) == {}


def test_items_that_are_no_list_are_a_parameter() -> None:
    """Nothing that was sent is lost."""
    assert read({"items": "3"}) == {"ep.items": "3"}
