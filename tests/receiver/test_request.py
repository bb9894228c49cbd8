"""What protocols and hits get of a request."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from tests.receiver.world import Serve, request
from tracker.clock import DAY
from tracker.config import ReceiverSettings
from tracker.receiver.request import DailyKeys, Ids, split_target
from tracker.testing.clock import FakeClock

T = 1_760_000_000_000_000


@given(st.lists(st.integers(min_value=0, max_value=2**48 * 1000 - 1), min_size=2, max_size=50))
def test_ids_ascend(times: list[int]) -> None:
    """Whatever the clock does, an id is greater than all before it, and none comes twice."""
    ids = Ids()
    made = [ids.make(time) for time in times]
    assert made == sorted(set(made))


def test_an_id_is_a_uuid_of_its_millisecond() -> None:
    """Version 7 of RFC 9562: 48 bits of milliseconds, version, variant."""
    made = uuid.UUID(bytes=Ids().make(T + 999))
    assert (made.version, made.variant, made.int >> 80) == (7, uuid.RFC_4122, T // 1000)


def test_ids_of_one_millisecond_ascend() -> None:
    """Thousands of hits in one millisecond keep their order."""
    ids = Ids()
    made = [ids.make(T) for _ in range(5_000)]
    assert made == sorted(set(made))
    assert {uuid.UUID(bytes=one).version for one in made} == {7}


def test_two_processes_do_not_make_one_id() -> None:
    """Each millisecond begins at random."""
    assert Ids().make(T)[6:] != Ids().make(T)[6:]


def test_a_daily_key_lasts_a_day() -> None:
    """One per UTC day and secret."""
    keys, midnight = DailyKeys(b"secret"), T // DAY * DAY
    morning, evening, tomorrow = keys.of(midnight), keys.of(midnight + DAY - 1), keys.of(midnight + DAY)
    assert morning == evening != tomorrow
    assert DailyKeys(b"other").of(midnight) != morning
    assert keys.of(midnight) == morning


def test_targets_are_split_where_they_must() -> None:
    """Origin form, absolute form, fragments, no path at all."""
    assert split_target("/a/b?c=d?e#f") == ("/a/b", b"c=d?e")
    assert split_target("http://h:1/a?b") == ("/a", b"b")
    assert split_target("http://h") == ("/", b"")
    assert split_target("*") == ("/", b"")
    assert split_target("/\udcff?\udcff") == ("/\ufffd", b"\xff")


async def test_a_hit_carries_what_the_request_shares(serve: Serve) -> None:
    """Time, path, method, host and the id."""
    clock = FakeClock()
    world = await serve(clock=clock)
    await world.send(request("/site/toy/collect?a=1"))
    [hit] = world.hits
    assert (hit.received_at, hit.path, hit.method, hit.host) == (clock.now(), "/site/toy/collect", "GET", "t.example")
    assert int.from_bytes(hit.id[:6], "big") == clock.now() // 1000


async def test_a_host_is_cut(serve: Serve) -> None:
    """No host name is longer than DNS allows, and each hit of a request holds it."""
    world = await serve()
    await world.send(b"GET /toy/collect?a=1 HTTP/1.1\r\nHost: " + b"h" * 9_000 + b"\r\n\r\n")
    assert len(world.hits[0].host) == 260


async def test_only_wanted_headers_are_kept(serve: Serve) -> None:
    """Those that columns or settings name, cut at 1,024 characters; never one that holds a secret."""
    names = ("Cookie", "Authorization", "Proxy-Authorization", "X-Gtm-Server-Preview")
    settings = ReceiverSettings(port=0, admin_port=0, kept_headers=("Referer", *names))
    sent = {"User-Agent": "a" * 2_000, "REFERER": "https://x", "Accept": "*/*"} | dict.fromkeys(names, "hush")
    world = await serve(settings=settings)
    await world.send(request(headers=sent))
    assert world.hits[0].headers == {"user-agent": "a" * 1_024, "referer": "https://x"}


async def test_headers_are_text_that_can_be_stored(serve: Serve) -> None:
    """UTF-8 is understood; other bytes are replaced."""
    world = await serve(kept_headers=frozenset({"user-agent"}))
    await world.send(request(headers={"User-Agent": "caf\u00e9 \udcff"}))
    assert world.hits[0].headers == {"user-agent": "caf\u00e9 \ufffd"}
