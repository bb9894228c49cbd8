"""Databases of addresses, in the files that publishers make of them."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from tracker.clock import MINUTE
from tracker.columns.places import Addresses
from tracker.config import Settings
from tracker.errors import Problems
from tracker.resources import Resources, openers
from tracker.resources.places import UnreadableAddresses, open_addresses
from tracker.testing import FakeClock, compute_rows, make_hit

BERN = {
    "city": {"geoname_id": 2661552, "names": {"de": "Bern", "en": "Bern", "fr": "Berne"}},
    "continent": {"code": "EU", "names": {"en": "Europe"}},
    "country": {"iso_code": "CH", "names": {"en": "Switzerland", "de": "Schweiz"}},
    "location": {"accuracy_radius": 20, "latitude": 46.9481, "longitude": 7.4474, "time_zone": "Europe/Zurich"},
    "subdivisions": [{"iso_code": "BE", "names": {"en": "Canton of Bern"}}],
}
"""As GeoLite2 City and DB-IP City Lite have it."""


def write(file: Path, records: Mapping[str, Any], ip_version: int = 6) -> Path:
    """An MMDB file of these records by network."""
    writer = MMDBWriter(ip_version, ipv4_compatible=ip_version == 6, float_type="f64")
    for network, record in records.items():
        writer.insert_network(IPSet([network]), record)
    writer.to_db_file(str(file))
    return file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Addresses of documentation, put into a city."""
    return write(tmp_path / "city.mmdb", {"203.0.113.0/24": BERN, "2001:db8::/32": BERN})


def opened(file: Path) -> Addresses:
    return open_addresses(file, "geo.file")


@pytest.mark.parametrize("address", ["203.0.113.7", "203.0.113.0", "::ffff:203.0.113.7", "2001:db8::1"])
def test_a_city(file: Path, address: str) -> None:
    """Names are English; a masked address and IPv4 in IPv6 clothes are found too."""
    assert opened(file).place(address) == {
        "city": "Bern", "region": "Canton of Bern", "metro": None, "country": "Switzerland", "country_code": "CH",
        "continent": "Europe", "sub_continent": None, "latitude": 46.9481, "longitude": 7.4474,
    }  # fmt: skip


@pytest.mark.parametrize("address", ["198.51.100.1", "", "unknown", "0.0.0.0", "::", "203.0.113.7:80"])
def test_what_is_not_found(file: Path, address: str) -> None:
    """No place, and no error."""
    assert (opened(file).place(address), opened(file).network(address)) == (None, None)


def test_a_database_of_ipv4_only(tmp_path: Path) -> None:
    """Knows nothing of IPv6 addresses."""
    places = opened(write(tmp_path / "v4.mmdb", {"203.0.113.0/24": BERN}, ip_version=4))
    assert places.place("2001:db8::1") is None
    assert (places.place("::ffff:203.0.113.1") or {})["country_code"] == "CH"


def test_the_version_is_of_the_content(file: Path, tmp_path: Path) -> None:
    """Day of the build, and a hash: other data are another version."""
    other = write(tmp_path / "other.mmdb", {"203.0.113.0/24": {"country": {"iso_code": "DE"}}})
    one, two = opened(file).version, opened(other).version
    assert one != two
    assert [len(part) for part in one.split("-")] == [4, 2, 2, 8]


def test_without_a_file() -> None:
    """Nothing is known, of no version."""
    nothing = open_addresses(None, "geo.file")
    assert (nothing.version, nothing.place("203.0.113.7")) == ("", None)


def test_whoever_writes_over_the_file_changes_nothing(file: Path) -> None:
    """What was opened stays as it was, even where the file is cut short."""
    places = opened(file)
    file.write_bytes(b"")
    assert (places.place("203.0.113.7") or {})["city"] == "Bern"


def test_a_missing_file(tmp_path: Path) -> None:
    """Named, with its setting."""
    with pytest.raises(UnreadableAddresses, match=r"none\.mmdb: no such file.*geo\.file"):
        opened(tmp_path / "none.mmdb")


def test_a_broken_file(file: Path) -> None:
    """Half a file, or one of another kind."""
    content = file.read_bytes()
    for broken in (b"", b"PK\x03\x04", content[: len(content) // 2], content[100:]):
        file.write_bytes(broken)
        with pytest.raises(UnreadableAddresses):
            opened(file)


def test_a_tracker_does_not_start_with_a_broken_file(tmp_path: Path) -> None:
    """Every file that cannot be read is told at once."""
    settings = Settings.model_validate({"geo": {"file": tmp_path / "a.mmdb", "asn_file": tmp_path / "b.mmdb"}})
    with pytest.raises(Problems) as caught:
        Resources(openers(settings), FakeClock())
    assert [problem.setting for problem in caught.value.problems] == ["geo.file", "geo.asn_file"]  # type: ignore[union-attr]


def test_a_new_file_is_taken(file: Path) -> None:
    """After a minute; one that is broken is not, and the old stays."""
    clock = FakeClock()
    resources = Resources(openers(Settings.model_validate({"geo": {"file": file}})), clock)
    content = write(file.with_name("new.mmdb"), {"203.0.113.0/24": {"country": {"iso_code": "DE"}}}).read_bytes()
    seen = []
    for modified, written in enumerate((content[:300], content), 1):
        file.write_bytes(written)
        os.utime(file, (modified, modified))
        clock.move(MINUTE)
        seen.append(resources()["places"].place("203.0.113.7")["country_code"])
    assert seen == ["CH", "DE"]


def test_only_what_there_is_is_told(file: Path) -> None:
    """Health names the files that were configured."""
    resources = Resources(openers(Settings.model_validate({"geo": {"file": file}})), FakeClock())
    assert [told["name"] for told in resources.describe()] == ["exchange_rates", "places"]


def test_a_request_gets_its_place(file: Path, tmp_path: Path) -> None:
    """All the way to the row, and the network from a file of its own."""
    networks = write(tmp_path / "asn.mmdb", {"203.0.113.0/24": {"autonomous_system_number": 64500}})
    settings = {"geo": {"file": str(file), "asn_file": str(networks)}}
    rows = compute_rows([make_hit("v=2&tid=G-1&cid=1.1&en=a", ip=ip) for ip in ("203.0.113.7", "8.8.8.8")], settings)
    assert [(row["geo_city"], row["geo_country_code"], row["geo_asn"]) for row in rows] == [
        ("Bern", "CH", 64500),
        (None, None, None),
    ]
    assert [(row["session_geo_city"], row["session_geo_continent"]) for row in rows] == [("Bern", "Europe")] * 2
