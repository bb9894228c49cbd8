"""Client hints of Matomo's tags."""

import json
from typing import Any

import pytest

from tracker.protocols.matomo.hints import hints_of

NOTHING = {"brands": None, "mobile": None, "model": None, "platform": None, "platform_version": None}
WHOLE = {
    "brands": [{"brand": "Chromium", "version": "126"}],
    "fullVersionList": [{"brand": " Not;A Brand", "version": "99.0"}, {"brand": "Chromium", "version": "126.0.1"}],
    "mobile": False,
    "model": "Pixel 7",
    "platform": "Android",
    "platformVersion": "14.0.0",
}


def test_all_hints() -> None:
    """Full versions go first."""
    assert hints_of(json.dumps(WHOLE)) == {
        "brands": "Not;A Brand;99.0|Chromium;126.0.1",
        "mobile": False,
        "model": "Pixel 7",
        "platform": "Android",
        "platform_version": "14.0.0",
    }


def test_brands_alone() -> None:
    """Browsers give full versions only to who asks for them."""
    found = hints_of(json.dumps({**WHOLE, "fullVersionList": []}))
    assert found is not None
    assert found["brands"] == "Chromium;126"


@pytest.mark.parametrize("sent", ["", "undefined", "[]", "7", '{"brands":', "[" * 100_000, '"{}"'])
def test_no_hints(sent: str) -> None:
    """What is no object is nothing."""
    assert hints_of(sent) is None


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"brands": "x", "mobile": "?1", "model": "", "platform": 7, "platformVersion": None},
        {"brands": [None, {}, {"brand": 7, "version": "1"}, {"brand": ""}], "fullVersionList": {"brand": "x"}},
    ],
)
def test_members_of_other_types(sent: Any) -> None:
    """Each is null, and costs no other."""
    assert hints_of(json.dumps(sent)) == NOTHING
