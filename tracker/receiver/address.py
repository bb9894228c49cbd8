"""Whose address a request came from, and how much of it may be kept."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from tracker.errors import Misconfigured, Problems

_Address = IPv4Address | IPv6Address
_PREFIXES = {4: (32, 24, 16, 8, 0), 6: (128, 48, 32, 16, 0)}
_FORWARDED_FOR = re.compile(r'(?:^|;)\s*for\s*=\s*"?([^";]*)', re.IGNORECASE)
_REMEMBERED = 16_384


def parse_address(text: str) -> _Address | None:
    """The address in `text`, without port, brackets or zone; IPv4 in IPv6 clothes is IPv4. None: no address."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def mask(text: str, level: int) -> str:
    """`text` with its last bits cut: level 0 none, 1 /24 (IPv6 /48), 2 /16 (/32), 3 /8 (/16), 4 all.

    What cannot be read as an address becomes empty: it is never kept unmasked.
    """
    address = parse_address(text)
    if address is None:
        return ""
    prefix = _PREFIXES[address.version][min(max(level, 0), 4)]
    spare = address.max_prefixlen - prefix
    return str(type(address)(int(address) >> spare << spare))


def remembering_mask() -> Callable[[str, int], str]:
    """`mask` with a memory of the latest addresses: most requests come from an address seen just before."""
    return lru_cache(_REMEMBERED)(mask)


def is_private(text: str) -> bool:
    """True where `text` is no address of the public internet: such a peer is a proxy or a test, hardly a visitor."""
    address = parse_address(text)
    return address is None or not address.is_global


class BadNetwork(Misconfigured):
    """A trusted proxy that is no network."""

    def __init__(self, network: str, reason: str) -> None:
        super().__init__(network, reason)
        self.network, self.reason = network, reason

    def __str__(self) -> str:
        return (
            f"receiver.trusted_proxies: {self.network!r} is no network ({self.reason}); "
            "write for example '10.0.0.0/8' or '127.0.0.1'"
        )


class ClientAddresses:
    """Finds the client behind proxies. Headers are believed only as far as trusted proxies wrote them.

    `X-Forwarded-For` goes before `Forwarded` (RFC 7239): a proxy that writes only the latter must drop the former.
    """

    def __init__(self, trusted_proxies: Sequence[str]) -> None:
        self._trusted = _networks(trusted_proxies)
        self._walk = lru_cache(_REMEMBERED)(self._find)

    @property
    def trusts_any(self) -> bool:
        """True when some proxy is trusted."""
        return bool(self._trusted)

    def of(self, peer: str, x_forwarded_for: str, forwarded: str) -> str:
        """The client's address. The headers are given with all their lines joined by commas; empty: absent."""
        if not self._trusted:
            return self._walk(peer, "", "")
        return self._walk(peer, x_forwarded_for, forwarded)

    def _find(self, peer: str, x_forwarded_for: str, forwarded: str) -> str:
        found = parse_address(peer)
        if found is None:
            return ""
        for hop in reversed(_hops(x_forwarded_for, forwarded)):
            if not self._is_trusted(found):
                break
            before = parse_address(hop)
            if before is None:
                break
            found = before
        return str(found)

    def _is_trusted(self, address: _Address) -> bool:
        return any(address in network for network in self._trusted)


def _hops(x_forwarded_for: str, forwarded: str) -> list[str]:
    if x_forwarded_for:
        return x_forwarded_for.split(",")
    if not forwarded:
        return []
    return [found.group(1) if (found := _FORWARDED_FOR.search(hop)) else "" for hop in forwarded.split(",")]


def _networks(texts: Sequence[str]) -> tuple[IPv4Network | IPv6Network, ...]:
    networks, problems = [], []
    for text in texts:
        try:
            networks.append(ip_network(text, strict=False))
        except ValueError as error:
            problems.append(BadNetwork(text, str(error)))
    if problems:
        raise Problems(problems)
    return tuple(networks)
