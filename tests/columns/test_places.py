"""Records of addresses, in the shapes that publishers give them."""

from typing import Any

import pytest

from tracker.columns.places import Addresses


def place(record: Any) -> dict[str, Any]:
    """What is known of the place of a record."""
    found = Addresses.of({"203.0.113.0/24": record}).place("203.0.113.7") or {}
    return {name: value for name, value in found.items() if value is not None}


@pytest.mark.parametrize(
    ("record", "known"),
    [
        (
            {"country": {"iso_code": "US", "names": {"en": "United States"}}, "continent": {"code": "NA"}},
            {"country": "United States", "country_code": "US", "continent": "North America"},
        ),
        (
            {"country": "United States", "country_code": "US", "continent": "North America", "continent_code": "NA"},
            {"country": "United States", "country_code": "US", "continent": "North America"},
        ),
        (
            {"city": "Ulm", "region": "Baden-W\u00fcrttemberg", "country": "DE", "lat": "48.4", "lng": "9.98"},
            {
                "city": "Ulm", "region": "Baden-W\u00fcrttemberg", "country": "Germany", "country_code": "DE",
                "latitude": 48.4, "longitude": 9.98,
            },
        ),
        (
            {"city": "Ulm", "state1": "BW", "country_code": "DE", "latitude": 48.4, "longitude": 9.98},
            {
                "city": "Ulm", "region": "BW", "country": "Germany", "country_code": "DE", "latitude": 48.4,
                "longitude": 9.98,
            },
        ),
        ({"location": {"metro_code": 501}}, {"metro": "501"}),
        ({"location": {"latitude": 91.0, "longitude": 0.0}}, {"longitude": 0.0}),
        ({"country_code": "XX"}, {"country_code": "XX"}),
        ({"registered_country": {"iso_code": "AU"}}, {}),
        ({"city": {"names": {"de": "Ulm"}}, "subdivisions": [], "country": 7, "continent": None}, {}),
        ({"location": {"latitude": "north", "longitude": True}}, {}),
        ("a text", {}),
    ],
)  # fmt: skip
def test_what_a_record_tells(record: Any, known: dict[str, Any]) -> None:
    """Nested or flat; what is no such thing is not known."""
    assert place(record) == known


@pytest.mark.parametrize(
    ("record", "number"),
    [
        ({"autonomous_system_number": 64500, "autonomous_system_organization": "Acme"}, 64500),
        ({"asn": "AS64500", "as_name": "Acme"}, 64500),
        ({"traits": {"autonomous_system_number": 64500}}, 64500),
        ({"asn": "unknown"}, None),
        ({}, None),
    ],
)
def test_the_number_of_a_network(record: Any, number: int | None) -> None:
    """A whole number, however it is written."""
    assert Addresses.of({"203.0.113.0/24": record}).network("203.0.113.7") == number
