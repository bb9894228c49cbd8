"""Databases of addresses: any file of the kind MMDB that the user brings. Nothing is fetched.

A file is copied before it is opened, so that whoever writes over it changes nothing for those who read; the copy has no
name and goes with its last reader.
"""

import hashlib
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import maxminddb
from maxminddb.const import MODE_AUTO

from tracker.columns.places import Address, Addresses
from tracker.errors import Misconfigured

_PIECE = 1 << 20
_SAMPLES = ("0.0.0.0", "1.1.1.1", "100.64.0.1", "203.0.113.7", "255.255.255.255")  # noqa: S104 looked up, never bound


class UnreadableAddresses(Misconfigured):
    """A file of addresses that is missing, or no MMDB."""

    def __init__(self, setting: str, file: Path, reason: str) -> None:
        super().__init__(setting, file, reason)
        self.setting, self.file, self.reason = setting, file, reason

    def __str__(self) -> str:
        return (
            f"cannot read the addresses in {self.file}: {self.reason}; expected is an MMDB file, such as GeoLite2,"
            f" DB-IP Lite or IPinfo publish ({self.setting})"
        )


def open_addresses(file: Path | None, setting: str) -> Addresses:
    """The database in `file`; without a file one that knows nothing. Raises `UnreadableAddresses`."""
    if file is None:
        return Addresses(lambda address: None)
    try:
        reader, digest = _copied(file)
        for sample in _SAMPLES:
            reader.get(sample)
    except OSError as error:
        raise UnreadableAddresses(setting, file, (error.strerror or str(error)).lower()) from None
    except (maxminddb.InvalidDatabaseError, ValueError, LookupError, TypeError) as error:
        raise UnreadableAddresses(setting, file, str(error)) from None
    about = reader.metadata()
    only_ipv4 = about.ip_version == 4
    built = datetime.fromtimestamp(about.build_epoch, UTC).date()

    def lookup(address: Address) -> object:
        return None if only_ipv4 and address.version != 4 else reader.get(address)

    return Addresses(lookup, f"{built}-{digest[:8]}")


def _copied(file: Path) -> tuple[maxminddb.Reader, str]:
    digest = hashlib.sha256()
    with file.open("rb") as original, tempfile.NamedTemporaryFile(suffix=".mmdb") as copy:
        while piece := original.read(_PIECE):
            digest.update(piece)
            copy.write(piece)
        copy.flush()
        return maxminddb.open_database(copy.name, MODE_AUTO), digest.hexdigest()
