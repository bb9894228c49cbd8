"""Place and device as the Measurement Protocol states them."""

import json
from typing import Any

import pytest

from tracker.config import Properties
from tracker.model import Hit
from tracker.protocols.ga4.mp import MeasurementProtocol
from tracker.protocols.ga4.mp.auth import MeasurementSettings
from tracker.testing import compute_rows
from tracker.testing.hits import make_request

LOCATION = {
    "city": "Mountain View",
    "region_id": "US-CA",
    "country_id": "US",
    "subcontinent_id": "021",
    "continent_id": "019",
}
DEVICE = {
    "category": "mobile",
    "language": "en",
    "screen_resolution": "1280x2856",
    "operating_system": "Android",
    "operating_system_version": "14",
    "model": "Pixel 9 Pro",
    "brand": "Google",
    "browser": "Chrome",
    "browser_version": "136.0.7103.60",
}


def rows(*bodies: dict[str, Any]) -> list[dict[str, Any]]:
    """The row of one event for each body."""
    found: list[Hit] = []
    for body in bodies:
        request = make_request(
            "/mp/collect?measurement_id=G-1",
            json.dumps({"client_id": "1.1", "events": [{"name": "a"}], **body}),
            headers={"user-agent": "a server", "accept-language": "fr"},
        )
        pieces = MeasurementProtocol().hits(request, Properties({}, MeasurementSettings()))
        found += [piece for piece in pieces if isinstance(piece, Hit)]
    return compute_rows(found)


def known(row: dict[str, Any], prefix: str) -> dict[str, Any]:
    """The columns of that prefix that are not null."""
    return {name: value for name, value in row.items() if name.startswith(prefix) and value is not None}


def test_user_location() -> None:
    """Codes become names; the country's code is a column too."""
    assert known(rows({"user_location": LOCATION})[0], "geo_") == {
        "geo_city": "Mountain View",
        "geo_region": "California",
        "geo_country": "United States",
        "geo_country_code": "US",
        "geo_sub_continent": "Northern America",
        "geo_continent": "Americas",
    }


@pytest.mark.parametrize("location", [None, {}, {"city": ""}, {"country_id": 7}, [], "Bern"])
def test_no_user_location(location: object) -> None:
    """What says nothing, or nothing that can be read, is null, and no event is lost."""
    assert known(rows({"user_location": location})[0], "geo_") == {}


def test_device() -> None:
    """Each member in its column."""
    assert known(rows({"device": DEVICE})[0], "device_") == {
        "device_category": "mobile",
        "device_language": "en",
        "device_screen_resolution": "1280x2856",
        "device_operating_system": "Android",
        "device_operating_system_version": "14",
        "device_mobile_model_name": "Pixel 9 Pro",
        "device_mobile_brand_name": "Google",
        "device_web_browser": "Chrome",
        "device_web_browser_version": "136.0.7103.60",
    }


def test_numbers_in_a_device_are_text() -> None:
    """A version is often sent as a number."""
    row = rows({"device": {"operating_system_version": 14, "browser_version": 136.5}})[0]
    assert (row["device_operating_system_version"], row["device_web_browser_version"]) == ("14", "136.5")


def test_each_event_has_its_own_place_and_device() -> None:
    """Requests do not share what they state."""
    first, second, third = rows(
        {"user_location": {"country_id": "de"}, "device": {"browser": "A"}}, {}, {"user_location": {"city": "Oslo"}}
    )
    assert (known(first, "geo_"), first["device_web_browser"]) == (
        {"geo_country": "Germany", "geo_country_code": "DE"},
        "A",
    )
    assert known(second, "geo_") == {}
    assert known(third, "geo_") == {"geo_city": "Oslo"}


def test_what_is_stated_stands_alone() -> None:
    """The server's own address and browser add nothing to a place and a device that are stated."""
    row = rows({"user_location": {"city": "Oslo"}, "device": {"category": "tablet"}, "ip_override": "8.8.8.8"})[0]
    assert known(row, "geo_") == {"geo_city": "Oslo"}
    assert {**known(row, "device_"), "device_language": None} == {"device_category": "tablet", "device_language": None}
