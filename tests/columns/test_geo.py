"""Columns of the place."""

import pyarrow as pa
import pytest

from tracker.columns.core import geo
from tracker.columns.types import arrow_type
from tracker.testing import compute_rows, make_hit

KIND = arrow_type(geo.Place)
STATED = {"city": "Bern", "country_code": "CH", "latitude": 46.9}
LOCATED = {"city": "Ashburn", "region": "Virginia", "country_code": "US", "longitude": -77.5}


def places(*members: dict[str, object] | None) -> pa.StructArray:
    return pa.array(members, KIND)


def test_a_place_comes_from_one_source() -> None:
    """What is stated goes first, as a whole: nothing of the address is mixed in."""
    place = geo.place(places(STATED, None, None), places(LOCATED, LOCATED, None))
    assert place.to_pylist() == places(STATED, LOCATED, None).to_pylist()


@pytest.mark.parametrize(
    ("column", "member", "value"),
    [
        (geo.geo_city, "city", "Bern"),
        (geo.geo_region, "region", "Bern"),
        (geo.geo_country, "country", "Switzerland"),
        (geo.geo_country_code, "country_code", "CH"),
        (geo.geo_continent, "continent", "Europe"),
        (geo.geo_sub_continent, "sub_continent", "Western Europe"),
        (geo.geo_metro, "metro", "501"),
        (geo.geo_latitude, "latitude", 46.9),
        (geo.geo_longitude, "longitude", 7.4),
    ],
)
def test_each_column_takes_its_member(column: object, member: str, value: object) -> None:
    """Null where the member is not known, and where there is no place."""
    assert column(places({member: value}, {}, None)).to_pylist() == [value, None, None]  # type: ignore[operator]


def test_null_without_any_source() -> None:
    """A tag states no place, and nobody looks its address up."""
    row = compute_rows([make_hit("v=2&tid=G-1&cid=1.1&en=a", ip="8.8.8.8")])[0]
    assert {row[f"geo_{member.name}"] for member in KIND} == {None}
