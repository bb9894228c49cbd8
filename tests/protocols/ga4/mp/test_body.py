"""Reading the JSON of a Measurement Protocol request."""

import pytest

from tracker.protocols.ga4.mp.body import read_body


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (rb'"caf\u00e9 \ud83d\ude00"', "café 😀"),
        (rb'"cut \ud83d"', "cut ?"),
        (rb'"\\ud83d \ude00!"', "\\ud83d ?!"),
        (b'"caf\xe9"', "caf�"),
        (b'"two\nlines"', "two\nlines"),
        (b"NaN", None),
        (b"-Infinity", None),
        (b"1e400", None),
        (b"12345678901234567890123", 12345678901234567890123.0),
    ],
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_one_bad_value_costs_itself(mark: bytes, written: bytes, value: object) -> None:
    """Half an emoji, a number that is none or a byte order mark leaves the events in the request."""
    body = read_body(mark + b'{"client_id":"1.1","events":[{"name":"a","params":{"x":' + written + b'}},{"name":"b"}]}')
    assert body is not None
    assert body.events == [{"name": "a", "params": {"x": value}}, {"name": "b"}]


@pytest.mark.parametrize(("value", "is_mended"), [(b'"x"', False), (b"NaN", True)])
def test_mending_is_known(value: bytes, is_mended: bool) -> None:
    """So that a sender who asks can be told."""
    body = read_body(b'{"events":[],"x":' + value + b"}")
    assert body is not None
    assert body.is_mended is is_mended


def test_what_is_too_large_for_google_is_not_mended() -> None:
    """Mending takes long; good JSON of any size is read."""
    large = b'{"events":[{"name":"a"}],"x":"' + b"x" * 130_000 + b'","y":'
    assert read_body(large + b"NaN}") is None
    assert read_body(large + b"1}") is not None


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"events", b"\xff\xfe", b"[" * 100_000, b'{"a":1}}'])
def test_what_is_no_object_is_nothing(raw: bytes) -> None:
    """It is not guessed at."""
    assert read_body(raw) is None


def test_one_event_may_stand_alone() -> None:
    """Some clients send an object in the place of the list."""
    body = read_body(b'{"events":{"name":"a"}}')
    assert body is not None
    assert body.events == [{"name": "a"}]
