"""JSON inside parameters."""

import pytest

from tracker.protocols.matomo.json_values import decoded, text_of


@pytest.mark.parametrize("text", ["", "undefined", "{'a': 1}", "[1,]", "[" * 100_000, '{"a":' * 100_000, '["a', "\x00"])
def test_what_is_no_json(text: str) -> None:
    """None; nothing raises, however deep."""
    assert decoded(text) is None


def test_what_strict_readers_refuse() -> None:
    """Half a surrogate pair, a line break inside a text, a number beyond all floats."""
    assert decoded(f'["\\ud800","a\nb",1{"0" * 400}]') == ["\ud800", "a\nb", 10**400]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *(("a", "a"), ("", ""), ("\ud800a", "?a"), (7, "7"), (-1.5, "-1.5"), (True, "true"), (False, "false")),
        *((None, None), ([], None), ({}, None), (float("nan"), None), (float("inf"), None), (10**400, f"1{'0' * 400}")),
    ],
)
def test_texts(value: object, text: str | None) -> None:
    """Of what has one."""
    assert text_of(value) == text
