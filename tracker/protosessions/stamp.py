"""The session stamp: a keyed hash of where a request came from, which joins hits that have no stable client id.

It lives for one UTC day and one property, so it cannot follow anybody over days or sites. Where an address does not
stand for one visitor there is no stamp.
"""

from collections.abc import Callable, Mapping
from hashlib import blake2b
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from tracker.clock import DAY
from tracker.model import RawRequest
from tracker.protosessions.limits import StampJoin

BROWSER_HEADERS = ("user-agent", "accept-language", "sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform")
"""Headers that describe the browser and are the same on its beacons, fetches and images."""
MOST_MASKED = 1
"""An address masked beyond this level is shared by too many to mean one of them."""

_NETWORKS: tuple[IPv4Network | IPv6Network, ...] = tuple(
    map(
        ip_network,
        (
            "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "100.64.0.0/10",
            "::1/128", "fc00::/7", "fe80::/10",
        ),
    )
)  # fmt: skip


def session_stamp(secret: bytes, address: str, property_id: str, day: int, headers: Mapping[str, str]) -> bytes:
    """16 bytes. `day` counts UTC days since 1970; header names are lower-case; `secret` has at most 64 bytes."""
    hasher = blake2b(key=secret, digest_size=16, person=b"session stamp")
    for part in (address, property_id, str(day), *(headers.get(name, "") for name in BROWSER_HEADERS)):
        encoded = part.encode("utf-8", "surrogateescape")
        hasher.update(len(encoded).to_bytes(8, "big") + encoded)
    return hasher.digest()


def stamper(
    secret: bytes, mode_of: Callable[[str], StampJoin], mask_of: Callable[[str], int], proxies_trusted: bool
) -> Callable[[RawRequest, str], bytes | None]:
    """What `RawRequest.stamp` calls. `mode_of` and `mask_of` give `join_by_stamp` and `mask_address` of a property.

    There is no stamp where stamps join nothing, where the address is masked beyond level 1, and where it is private
    although no proxy is trusted: all visitors of a reverse proxy that nobody told us about would be one.
    """

    def stamp(request: RawRequest, property_id: str) -> bytes | None:
        level = mask_of(property_id)
        if mode_of(property_id) == "off" or level > MOST_MASKED:
            return None
        if not proxies_trusted and is_private(request.address):
            return None
        address = request.mask(request.address, level)
        return session_stamp(secret, address, property_id, request.received_at // DAY, request.headers)

    return stamp


def is_private(address: str) -> bool:
    """True for an address of a private, shared, link-local or loopback network, and for what is no address at all."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return True
    if isinstance(parsed, IPv6Address):
        parsed = parsed.ipv4_mapped or parsed
    return any(parsed in network for network in _NETWORKS)
