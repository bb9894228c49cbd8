"""Places from codes."""

from typing import Any

import pytest

from tracker.protocols.place_names import m49, place_of


def known(**said: Any) -> dict[str, Any]:
    """The members of a place that are not null."""
    return {name: member for name, member in (place_of(**said) or {}).items() if member is not None}


@pytest.mark.parametrize(
    ("said", "country", "code"),
    [
        ("US", "United States", "US"),
        (" de ", "Germany", "DE"),
        ("kr", "South Korea", "KR"),
        ("TR", "Türkiye", "TR"),
        ("ZZ", None, "ZZ"),
        ("Germany", None, None),
        ("D1", None, None),
        ("", None, None),
    ],
)
def test_country(said: str, country: str | None, code: str | None) -> None:
    """By its usual name; two letters that name no country are kept as they are, and nothing else is."""
    place = place_of(country=said, city="x") or {}
    assert (place["country"], place["country_code"]) == (country, code)


@pytest.mark.parametrize(
    ("said", "country", "region"),
    [
        ("US-CA", "US", "California"),
        ("us-ca", "US", "California"),
        ("CA", "us", "California"),
        ("13", "JP", "Tokyo"),
        ("ES-CT", "ES", "Catalunya"),
        ("CA", None, "CA"),
        ("US-ZZ", "US", "US-ZZ"),
        ("US-CA", "DE", "US-CA"),
        ("Upper Bavaria", "DE", "Upper Bavaria"),
    ],
)
def test_region(said: str, country: str | None, region: str) -> None:
    """By its code, whole or beside the country's; text that is none of that country is kept."""
    assert known(region=said, country=country)["region"] == region


def test_a_region_tells_its_country() -> None:
    """A code of ISO 3166-2 begins with the country's."""
    assert known(region="CH-ZH") == {"region": "Zürich", "country": "Switzerland", "country_code": "CH"}


def test_continents() -> None:
    """By their numbers in UN M49; other text is nothing."""
    assert known(continent="150", sub_continent="155") == {"continent": "Europe", "sub_continent": "Western Europe"}
    assert known(continent="Europe", sub_continent="999") == {}


def test_degrees() -> None:
    """Zero is a place like any other; what lies beyond the poles is none."""
    assert known(latitude=0.0, longitude=-180.0) == {"latitude": 0.0, "longitude": -180.0}
    assert known(latitude=90.1, longitude=7.5) == {"longitude": 7.5}


@pytest.mark.parametrize("said", [{}, {"city": "", "region": "", "country": ""}, {"latitude": 91.0}])
def test_nothing_stated(said: dict[str, Any]) -> None:
    """No place at all, so that another source may know one."""
    assert place_of(**said) is None


def test_table_of_continents() -> None:
    """Three digits each, and no name twice."""
    assert {len(code) for code in m49() if code.isdigit()} == {3}
    assert len(set(m49().values())) == len(m49())
