"""Places and networks by the client's address, as stored: of a masked address the place of what is left of it.

Without a file there is nothing to look up, and the columns are null.
"""

from typing import Any

import pyarrow as pa

from tracker.columns import ops
from tracker.columns.core import geo
from tracker.columns.core.geo import Place
from tracker.columns.places import Addresses
from tracker.columns.types import Int64, String, arrow_type
from tracker.columns.words import event, resource

places = resource("places", doc="Places of addresses, of the file that the settings name.")
networks = resource("networks", doc="Networks of addresses, of the file that the settings name.")


@event(implements=geo.located_place, provider="mmdb")
def place_of_address(ip_address: String, places: Addresses) -> Place:
    """Where the client's address is."""
    return _looked_up(ip_address, places, places.place, Place)


@event
def geo_asn(ip_address: String, networks: Addresses, places: Addresses) -> Int64:
    """Number of the autonomous system (ASN) that the client's address belongs to: its provider, company or data
    centre.
    """
    found = _looked_up(ip_address, networks, networks.network, Int64)
    return ops.coalesce(found, _looked_up(ip_address, places, places.network, Int64))


def _looked_up(addresses: Any, data: Addresses, function: Any, kind: Any) -> Any:
    if not data.version or addresses.null_count == len(addresses):
        return pa.nulls(len(addresses), arrow_type(kind))
    return ops.per_distinct(addresses, function, kind, version=data.version)
