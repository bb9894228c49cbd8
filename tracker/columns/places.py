"""What is known of addresses: a value that columns are handed and a test can write down.

Records come in the shapes that publishers give them: nested as in MaxMind's and DB-IP's files, or flat as in IPinfo's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

Address = IPv4Address | IPv6Address
_CONTINENTS = {
    "AF": "Africa",
    "AN": "Antarctica",
    "AS": "Asia",
    "EU": "Europe",
    "NA": "North America",
    "OC": "Oceania",
    "SA": "South America",
}


@dataclass(frozen=True, slots=True, eq=False)
class Addresses:
    """Looks addresses up in one database."""

    lookup: Callable[[Address], Any]
    """The record of an address, or None. An IPv6 address may be met by a database of IPv4 only: None, too."""
    version: str = ""
    """Of the file it was read from; another version may give other answers. Empty: there is no file."""

    @classmethod
    def of(cls, records: Mapping[str, Any], version: str = "test") -> "Addresses":
        """Records by network, written as `{"203.0.113.0/24": {"country_code": "DE"}}`; the first that fits."""
        networks = [(ip_network(network), record) for network, record in records.items()]
        return cls(lambda address: next((one for net, one in networks if address in net), None), version)

    def place(self, address: str) -> dict[str, str | float | None] | None:
        """The members of a `Place`; None where nothing is known of the address."""
        record = self._record(address)
        if record is None:
            return None
        code = _code(record)
        place = {
            "city": _name(record, "city"),
            "region": _region(record),
            "metro": _metro(record),
            "country": _country(record, code),
            "country_code": code,
            "continent": _continent(record),
            "sub_continent": None,
            "latitude": _degrees(record, 90, "latitude", "lat"),
            "longitude": _degrees(record, 180, "longitude", "lng", "lon"),
        }
        return place if any(member is not None for member in place.values()) else None

    def network(self, address: str) -> int | None:
        """Number of the autonomous system (ASN) that the address belongs to."""
        record = self._record(address) or {}
        parts = [part for part in (record, record.get("traits")) if isinstance(part, Mapping)]
        for part in parts:
            for name in ("autonomous_system_number", "asn", "as_number"):
                number = str(part.get(name) or "").upper().removeprefix("AS")
                if number.isdigit():
                    return int(number)
        return None

    def _record(self, text: str) -> Mapping[str, Any] | None:
        address = parsed(text)
        record = None if address is None else self.lookup(address)
        return record if isinstance(record, Mapping) else None


def parsed(text: str) -> Address | None:
    """The address in `text`; IPv4 in IPv6 clothes is IPv4. None where it is none."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _text(value: Any) -> str | None:
    return (value.strip() or None) if isinstance(value, str) else None


def _english(part: Any) -> str | None:
    names = part.get("names") if isinstance(part, Mapping) else None
    return _text(names.get("en")) if isinstance(names, Mapping) else None


def _name(record: Mapping[str, Any], key: str) -> str | None:
    value = record.get(key)
    return _english(value) if isinstance(value, Mapping) else _text(value)


def _region(record: Mapping[str, Any]) -> str | None:
    parts = record.get("subdivisions")
    if isinstance(parts, list):
        return _english(parts[0]) if parts else None
    return next((found for key in ("region", "region_name", "state1") if (found := _text(record.get(key)))), None)


def _metro(record: Mapping[str, Any]) -> str | None:
    location = record.get("location")
    code = location.get("metro_code") if isinstance(location, Mapping) else None
    return str(code) if code else None


def _code(record: Mapping[str, Any]) -> str | None:
    country = record.get("country")
    nested = country.get("iso_code") if isinstance(country, Mapping) else None
    for code in (nested, record.get("country_code"), country):
        if isinstance(code, str) and len(code.strip()) == 2:
            return code.strip().upper()
    return None


def _country(record: Mapping[str, Any], code: str | None) -> str | None:
    name = _name(record, "country") or _text(record.get("country_name"))
    return _name_of_country(code) if code and (name is None or len(name) == 2) else name


def _name_of_country(code: str) -> str | None:
    import pycountry  # takes long to load, and most files have names

    found = pycountry.countries.get(alpha_2=code)
    return None if found is None else getattr(found, "common_name", found.name)


def _continent(record: Mapping[str, Any]) -> str | None:
    continent = record.get("continent")
    code = continent.get("code") if isinstance(continent, Mapping) else record.get("continent_code")
    name = _name(record, "continent")
    return _CONTINENTS.get(str(code or name).upper()) if name is None or len(name) == 2 else name


def _degrees(record: Mapping[str, Any], limit: int, *keys: str) -> float | None:
    location = record.get("location")
    for key in keys:
        for part in (location, record):
            value = part.get(key) if isinstance(part, Mapping) else None
            if value is None or isinstance(value, bool):
                continue
            try:
                number = float(value)
            except (TypeError, ValueError):
                continue
            return number if abs(number) <= limit else None
    return None
