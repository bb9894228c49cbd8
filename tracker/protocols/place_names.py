"""A place from the codes that senders state it in: countries and regions by ISO 3166, continents by UN M49."""

import csv
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from math import inf

_COUNTRY = re.compile(r"[A-Z]{2}")
_REGION = re.compile(r"([A-Z]{2}-)?[A-Z0-9]{1,3}")


def place_of(
    *,
    city: str | None = None,
    region: str | None = None,
    country: str | None = None,
    continent: str | None = None,
    sub_continent: str | None = None,
    latitude: float | None = None,
    longitude: float | None = None,
) -> dict[str, str | float | None] | None:
    """The members of a `Place` that can be told; None where nothing was stated.

    `country` is two letters in any case; `region` is `US-CA`, or `CA` beside the country, or a name, which is kept as
    it is; continents are three digits. A country, a continent and degrees that cannot be are null.
    """
    code = (country or "").strip().upper()
    code = code if _COUNTRY.fullmatch(code) else ""
    region_code, region_name = _region(region or "", code)
    code = code or region_code[:2]
    members: dict[str, str | float | None] = {
        "city": city or None,
        "region": region_name or None,
        "country": _country_name(code),
        "country_code": code or None,
        "continent": m49().get(continent or ""),
        "sub_continent": m49().get(sub_continent or ""),
        "latitude": _degrees(latitude, 90),
        "longitude": _degrees(longitude, 180),
    }
    return members if any(member is not None for member in members.values()) else None


@cache
def m49() -> Mapping[str, str]:
    """Names of the continents and their parts by their codes in UN M49."""
    text = resources.files(__package__).joinpath("m49.csv").read_text()
    return {row["code"]: row["name"] for row in csv.DictReader(text.splitlines())}


def _region(said: str, country: str) -> tuple[str, str]:
    """The code of ISO 3166-2 and the region's name; no code, and what was said, where it is no such code."""
    import pycountry  # not before: it takes long to load, and most events state no place

    written = said.strip().upper()
    if _REGION.fullmatch(written):
        code = written if "-" in written else f"{country}-{written}"
        found = pycountry.subdivisions.get(code=code)  # type: ignore[no-untyped-call]
        if found is not None and (not country or code.startswith(country)):
            return code, found.name.partition(" [")[0]
    return "", said


def _country_name(code: str) -> str | None:
    """The usual English name, such as `South Korea`, or else the formal one; None for an unknown code."""
    import pycountry

    found = pycountry.countries.get(alpha_2=code)
    return None if found is None else getattr(found, "common_name", found.name)


def _degrees(number: float | None, limit: int) -> float | None:
    return number if abs(inf if number is None else number) <= limit else None
