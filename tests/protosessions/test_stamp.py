"""Session stamps: what they tell apart, and when there is none."""

from collections.abc import Callable

import pytest

from tracker.clock import DAY
from tracker.model import RawRequest
from tracker.protosessions.limits import StampJoin
from tracker.protosessions.stamp import is_private, session_stamp, stamper

SECRET = b"s" * 32
HEADERS = {"user-agent": "Firefox", "accept-language": "de"}
PUBLIC = "203.0.113.7"


def request(address: str = PUBLIC, *, received_at: int = 20_000 * DAY, headers: dict[str, str] = HEADERS) -> RawRequest:
    return RawRequest(
        method="POST",
        path="/g/collect",
        query=b"",
        body=b"",
        headers=headers,
        address=address,
        host="t.example",
        received_at=received_at,
        daily_key=b"",
        new_id=lambda: bytes(16),
        mask=lambda address, level: address.rsplit(".", level)[0],
        stamp=lambda request, property_id: None,
        kept_headers={},
    )


def stamps(
    mode: StampJoin = "cookieless", level: int = 0, proxies: bool = False
) -> Callable[[RawRequest], bytes | None]:
    stamp = stamper(SECRET, lambda _: mode, lambda _: level, proxies)
    return lambda request: stamp(request, "G-1")


def test_a_stamp_is_16_bytes_and_repeatable() -> None:
    """The same visitor gets the same stamp."""
    stamp = session_stamp(SECRET, PUBLIC, "G-1", 20_000, HEADERS)
    assert len(stamp) == 16
    assert stamp == session_stamp(SECRET, PUBLIC, "G-1", 20_000, {**HEADERS, "accept": "image/*"})


@pytest.mark.parametrize(
    "other",
    [
        session_stamp(b"t" * 32, PUBLIC, "G-1", 20_000, HEADERS),
        session_stamp(SECRET, "203.0.113.8", "G-1", 20_000, HEADERS),
        session_stamp(SECRET, PUBLIC, "G-2", 20_000, HEADERS),
        session_stamp(SECRET, PUBLIC, "G-1", 20_001, HEADERS),
        session_stamp(SECRET, PUBLIC, "G-1", 20_000, {**HEADERS, "user-agent": "Safari"}),
        session_stamp(SECRET, PUBLIC + "G", "-1", 20_000, HEADERS),
    ],
    ids=["secret", "address", "property", "day", "browser", "boundary between parts"],
)
def test_a_stamp_tells_apart(other: bytes) -> None:
    """Another secret, address, property, day or browser is another stamp."""
    assert other != session_stamp(SECRET, PUBLIC, "G-1", 20_000, HEADERS)


def test_the_day_is_that_of_the_receipt() -> None:
    """A stamp lives until midnight UTC."""
    stamp = stamps()
    assert stamp(request(received_at=20_000 * DAY)) == stamp(request(received_at=20_001 * DAY - 1))
    assert stamp(request(received_at=20_000 * DAY)) != stamp(request(received_at=20_001 * DAY))


def test_no_stamp_where_stamps_join_nothing() -> None:
    """`join_by_stamp = off` makes none."""
    assert stamps("off")(request()) is None


def test_no_stamp_beyond_mask_level_1() -> None:
    """An address cut to /16 is shared by too many."""
    assert stamps(level=1)(request()) is not None
    assert stamps(level=2)(request()) is None


def test_the_masked_address_is_hashed() -> None:
    """At level 1 neighbours in a /24 share the stamp, at level 0 they do not."""
    assert stamps(level=1)(request("203.0.113.7")) == stamps(level=1)(request("203.0.113.8"))
    assert stamps(level=0)(request("203.0.113.7")) != stamps(level=0)(request("203.0.113.8"))


def test_no_stamp_for_a_private_peer_unless_proxies_are_trusted() -> None:
    """Behind a proxy that nobody told us about all visitors have one address."""
    assert stamps(proxies=False)(request("10.1.2.3")) is None
    assert stamps(proxies=True)(request("10.1.2.3")) is not None


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1", True),
        ("192.168.1.1", True),
        ("100.64.0.9", True),
        ("::1", True),
        ("fd00::1", True),
        ("::ffff:10.0.0.1", True),
        ("", True),
        ("::ffff:198.51.100.1", False),
        ("198.51.100.1", False),
        ("2001:db8::1", False),
    ],
)
def test_private_addresses(address: str, expected: bool) -> None:
    """Private, shared, link-local, loopback and unreadable addresses stand for nobody."""
    assert is_private(address) is expected
