"""Whose address it is, and what is left of it."""

import pytest

from tests.receiver.world import Serve, request
from tracker.config import Properties, PropertySettings
from tracker.errors import Misconfigured
from tracker.receiver.address import ClientAddresses, is_private, mask, parse_address

TRUSTED = ("10.0.0.0/8", "2001:db8::/32")


@pytest.mark.parametrize(
    ("peer", "x_forwarded_for", "client"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.9.9.9", "198.51.100.1"),
        ("10.0.0.1", "10.5.5.5, 10.9.9.9", "10.5.5.5"),
        ("10.0.0.1", "1.1.1.1, junk, 10.9.9.9", "10.9.9.9"),
        ("10.0.0.1", "1.1.1.1,", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("10.0.0.1", "[2a00::1]:4711", "2a00::1"),
        ("10.0.0.1", "2a00::1", "2a00::1"),
        ("::ffff:10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("2001:db8::5", "198.51.100.1", "198.51.100.1"),
        ("fe80::1%eth0", "", "fe80::1"),
        ("", "198.51.100.1", ""),
    ],
)
def test_the_client_is_the_first_untrusted_hop_from_the_right(peer: str, x_forwarded_for: str, client: str) -> None:
    """What a client wrote itself stands to the left of it and is not believed."""
    assert ClientAddresses(TRUSTED).of(peer, x_forwarded_for, "") == client


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("for=198.51.100.1", "198.51.100.1"),
        ('for=1.1.1.1, For="[2a00::1]:4711";proto=https', "2a00::1"),
        ("by=10.0.0.1;for=198.51.100.1;host=x", "198.51.100.1"),
        ("for=198.51.100.1, for=_hidden", "10.0.0.1"),
        ("for=198.51.100.1, proto=https", "10.0.0.1"),
    ],
)
def test_forwarded_is_read_where_the_other_header_is_absent(forwarded: str, client: str) -> None:
    """RFC 7239, hidden and nameless hops included."""
    assert ClientAddresses(TRUSTED).of("10.0.0.1", "", forwarded) == client


def test_x_forwarded_for_goes_first() -> None:
    """The header that proxies write by habit."""
    assert ClientAddresses(TRUSTED).of("10.0.0.1", "198.51.100.1", "for=1.1.1.1") == "198.51.100.1"


def test_nobody_is_trusted_unless_told() -> None:
    """Without trusted proxies the peer is the client."""
    assert ClientAddresses(()).of("10.0.0.1", "198.51.100.1", "for=1.1.1.1") == "10.0.0.1"


def test_bad_networks_are_misconfigured_all_at_once() -> None:
    """The error names the setting and each text that is no network."""
    with pytest.raises(Misconfigured) as caught:
        ClientAddresses(("10.0.0.0/8", "proxy.example", "10.0.0.0/99"))
    assert "receiver.trusted_proxies: 'proxy.example'" in str(caught.value)
    assert "'10.0.0.0/99'" in str(caught.value)


@pytest.mark.parametrize(
    ("address", "level", "masked"),
    [
        ("198.51.100.77", 0, "198.51.100.77"),
        ("198.51.100.77", 1, "198.51.100.0"),
        ("198.51.100.77", 2, "198.51.0.0"),
        ("198.51.100.77", 3, "198.0.0.0"),
        ("198.51.100.77", 4, "0.0.0.0"),
        ("2a00:1:2:3:4:5:6:7", 0, "2a00:1:2:3:4:5:6:7"),
        ("2a00:1:2:3:4:5:6:7", 1, "2a00:1:2::"),
        ("2a00:1:2:3:4:5:6:7", 2, "2a00:1::"),
        ("2a00:1:2:3:4:5:6:7", 3, "2a00::"),
        ("2a00:1:2:3:4:5:6:7", 4, "::"),
        ("::ffff:198.51.100.77", 1, "198.51.100.0"),
        ("unknown", 0, ""),
        ("198.51.100.77.1", 1, ""),
    ],
)
def test_masking(address: str, level: int, masked: str) -> None:
    """What cannot be read is never kept."""
    assert mask(address, level) == masked


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "::1", "fd00::1", "nonsense"]
)
def test_private_addresses(address: str) -> None:
    """Such a peer is a proxy or a test."""
    assert is_private(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2a00:1450::1", "::ffff:8.8.8.8"])
def test_public_addresses(address: str) -> None:
    """Such a peer may be a visitor."""
    assert not is_private(address)


@pytest.mark.parametrize("text", ["", "1.2.3", "1.2.3.4.5", "[::1", "for=1.2.3.4", "1.2.3.4/24", "::1::"])
def test_junk_is_no_address(text: str) -> None:
    """It gives None, or the address that stands in it, but never an error."""
    assert parse_address(text) is None or text == "[::1"


async def test_all_lines_of_x_forwarded_for_count(serve: Serve) -> None:
    """A proxy may add a line instead of extending one."""
    world = await serve(trusted_proxies=("127.0.0.0/8",))
    data = request(headers={"X-Forwarded-For": "198.51.100.1", "x-forwarded-for": "127.0.0.9"})
    await world.send(data)
    assert world.hits[0].ip == "198.51.100.1"


async def test_a_hit_holds_the_masked_address(serve: Serve) -> None:
    """As the property asks."""
    properties = Properties({}, PropertySettings(mask_address=2))
    world = await serve(properties=properties, trusted_proxies=("127.0.0.1",))
    await world.send(request(headers={"X-Forwarded-For": "198.51.100.1"}))
    assert world.hits[0].ip == "198.51.0.0"
