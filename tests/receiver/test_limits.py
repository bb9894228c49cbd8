"""Every limit, over real sockets: its status, a sentence, headers that let the page read it, and no hit."""

import gzip
import importlib.util
import tracemalloc
import zlib

import pytest

from tests.receiver.world import Serve, request
from tracker.config import ReceiverSettings
from tracker.receiver import body as body_reader
from tracker.receiver.connection import Patience
from tracker.receiver.limits import Limits, Refusal

ORIGIN = {"Origin": "https://shop.example"}
BOMB = gzip.compress(b"a" * 50_000_000)


@pytest.mark.parametrize(
    ("data", "status", "sentence"),
    [
        (request("/toy/collect?" + "a" * 1_100, headers=ORIGIN), 414, b"The URL is longer than 1,000 bytes."),
        (request(headers={**ORIGIN, "X": "a" * 2_100}), 431, b"The headers take more than 2,000 bytes or 100 lines."),
        (request(headers={**ORIGIN, **{f"X{n}": "" for n in range(100)}}), 431, b"The headers take more"),
        (request(method="POST", body=b"a" * 5_001, headers=ORIGIN), 413, b"The body is larger than 5,000 bytes."),
        (request("/toy/collect?" + "&" * 10, headers=ORIGIN), 400, b"The request has more than 10 parameters."),
        (request(method="POST", body=b"a\n" + b"&" * 10, headers=ORIGIN), 400, b"The request has more than 10"),
        (
            request(method="POST", body=b"no gzip", headers={**ORIGIN, "Content-Encoding": "gzip"}),
            400,
            b"The body is not what its Content-Encoding says.",
        ),
        (
            request(method="POST", body=b"x", headers={**ORIGIN, "Content-Encoding": "compress"}),
            415,
            b"The body's Content-Encoding is none of: gzip, deflate",
        ),
        (
            request(method="POST", body=BOMB[:4_000], headers={**ORIGIN, "Content-Encoding": "gzip"}),
            413,
            b"The body is larger than 5,000 bytes.",
        ),
    ],
    ids=["url", "header", "header lines", "body", "query", "form line", "no gzip", "unknown coding", "bomb"],
)
async def test_over_a_limit(serve: Serve, data: bytes, status: int, sentence: bytes) -> None:
    """The request as a whole is refused, in words, with the protocol's headers."""
    world = await serve(max_url=1_000, max_headers=2_000, max_body=5_000, max_parameters=10)
    answer = await world.send(data)
    assert (answer.status, answer.body[: len(sentence)]) == (status, sentence)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert answer.headers["toy-problem"] in ("too_large", "bad_request")
    assert (world.log.records, (await world.send()).status) == ([], 204)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (request("/toy/collect?" + "a" * 50_000), 414),
        (request(headers={"X": "a" * 50_000}), 431),
        (request(headers={f"X{n}": "" for n in range(500)}), 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"hello\r\n\r\n", 400),
    ],
    ids=["url", "header", "header lines", "bad header", "no host", "TLS", "no HTTP"],
)
async def test_what_the_parser_refuses(serve: Serve, data: bytes, status: int) -> None:
    """The same statuses, with a sentence and CORS for everybody, though nothing is known of the sender."""
    world = await serve(max_url=1_000, max_headers=2_000)
    client = await world.connect()
    client.write(data)
    answer = await client.read()
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (status, "*")
    assert answer.body.endswith(b".\n")
    assert await client.is_closed()


async def test_a_parse_error_after_a_request_is_refused_too(serve: Serve) -> None:
    """Garbage on a connection that is busy in aiohttp's own way ends like any other."""
    world = await serve()
    client = await world.connect()
    client.write(request("/toy/collect?one") + request("/toy/collect?two"))
    assert [(await client.read()).status for _ in range(2)] == [204, 204]
    client.write(b"garbage\r\n\r\n")
    assert (await client.read()).status == 400


async def test_a_long_announced_body_is_refused_unread(serve: Serve) -> None:
    """413 comes before the first byte of the body."""
    world = await serve(max_body=1_000)
    client = await world.connect()
    client.write(request(method="POST", headers={"Content-Length": "99999999"}))
    assert (await client.read()).status == 413


async def test_a_long_unannounced_body_is_refused_on_the_way(serve: Serve) -> None:
    """A chunked body is cut off at the limit."""
    world = await serve(max_body=1_000)
    client = await world.connect()
    client.write(request(method="POST", headers={"Transfer-Encoding": "chunked"}) + b"fff\r\n" + b"a" * 2_000)
    assert (await client.read()).status == 413


@pytest.mark.parametrize(
    "data",
    [
        request(method="POST", body=b"a" * 901)[:-1],
        request(method="POST", body=gzip.compress(b"one"), headers={"Content-Encoding": "gzip"}),
    ],
    ids=["plain", "compressed"],
)
async def test_too_many_bodies_at_once_are_refused(serve: Serve, monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """Slow bodies cannot fill the memory; when they are gone there is room again."""
    monkeypatch.setattr(body_reader, "MAX_READING", 0)
    world = await serve(max_body=1_000)
    slow = [await world.connect() for _ in range(4)]
    for client in slow:
        client.write(request(method="POST", body=b"a" * 901)[:-1])
        await client.drained()
    assert (await world.send(data)).status == 503
    for client in slow:
        client.write(b"a")
        assert (await client.read()).status == 204
    client.write(request(method="POST", body=gzip.compress(b"one"), headers={"Content-Encoding": "gzip"}))
    assert (await client.read()).status == 204


async def test_json_bodies_may_hold_ampersands(serve: Serve) -> None:
    """A bulk request's URLs are no form."""
    world = await serve(max_parameters=10)
    assert (await world.send(request(method="POST", body=b'{"a":"' + b"&" * 50 + b'"}'))).status == 204


async def test_a_body_within_the_limits_of_each_line_passes(serve: Serve) -> None:
    """The limit of parameters is one line's, not the body's."""
    world = await serve(max_parameters=10)
    body = b"\n".join([b"a&b&c&d&e"] * 20)
    assert (await world.send(request(method="POST", body=body))).status == 204
    assert len(world.log.records) == 20


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(b"one\ntwo")),
        ("GZIP", gzip.compress(b"one\n") + gzip.compress(b"two")),
        ("deflate", zlib.compress(b"one\ntwo")),
        ("deflate", zlib.compress(b"one\ntwo", wbits=-15)),
        ("identity", b"one\ntwo"),
    ],
)
async def test_compressed_bodies_are_read(serve: Serve, coding: str, body: bytes) -> None:
    """The protocol sees plain bytes."""
    world = await serve()
    await world.send(request(method="POST", body=body, headers={"Content-Encoding": coding}))
    assert world.log.records == [b"one", b"two"]


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(b"one\ntwo" * 100)[:-9]),
        ("deflate", zlib.compress(b"one\ntwo" * 100)[:-9]),
        ("gzip", gzip.compress(b"") * 100),
        ("gzip", gzip.compress(b"one") + b"junk"),
    ],
    ids=["cut gzip", "cut deflate", "many members", "junk behind"],
)
def test_a_broken_compressed_body_is_refused(coding: str, body: bytes) -> None:
    """Half of what was sent is not taken for the whole."""
    refusal = Limits(ReceiverSettings()).inflate(body, coding)
    assert isinstance(refusal, Refusal)
    assert refusal.status == 400


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_bomb_is_not_inflated(coding: str) -> None:
    """Memory stays near the limit, however much would come out."""
    body = BOMB if coding == "gzip" else zlib.compress(b"a" * 50_000_000)
    tracemalloc.start()
    refusal = Limits(ReceiverSettings(max_body=100_000)).inflate(body, coding)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(refusal, Refusal)
    assert (refusal.status, peak < 1_000_000) == (413, True)


@pytest.mark.skipif(importlib.util.find_spec("brotli") is None, reason="the Brotli package is not installed")
def test_brotli_is_read_and_limited() -> None:
    """Where Brotli is installed its bodies are read like the others."""
    brotli = importlib.import_module("brotli")
    limits = Limits(ReceiverSettings(max_body=100_000))
    assert limits.inflate(brotli.compress(b"one"), "br") == b"one"
    bomb, cut = (
        limits.inflate(brotli.compress(b"a" * 50_000_000), "br"),
        limits.inflate(brotli.compress(b"one")[:-1], "br"),
    )
    assert [answer.status for answer in (bomb, cut) if isinstance(answer, Refusal)] == [413, 400]


async def test_a_slow_head_is_cut_off(serve: Serve) -> None:
    """A client that begins a request and does not end it is told so, and hung up on."""
    world = await serve(patience=Patience(head=0, stop=0.1))
    client = await world.connect()
    client.write(b"GET /toy/coll")
    await client.drained()
    world.receiver.tick()
    answer = await client.read()
    assert (answer.status, answer.body) == (408, b"The request did not arrive in time.\n")
    assert await client.is_closed()


async def test_a_silent_connection_is_closed(serve: Serve) -> None:
    """A socket is not held for ever for somebody who says nothing."""
    world = await serve(patience=Patience(head=0, stop=0.1))
    client = await world.connect()
    await client.drained()
    world.receiver.tick()
    assert await client.is_closed()


async def test_an_idle_connection_is_closed(serve: Serve) -> None:
    """Keep-alive ends some time after the last request."""
    world = await serve(patience=Patience(idle=0, stop=0.1))
    client = await world.connect()
    client.write(request())
    assert (await client.read()).status == 204
    world.receiver.tick()
    assert await client.is_closed()


async def test_a_waiting_request_is_not_idle(serve: Serve) -> None:
    """However long a commit takes, its clients are not hung up on."""
    world = await serve(patience=Patience(head=0, idle=0, stop=0.1))
    world.log.gate.clear()
    client = await world.connect()
    client.write(request())
    await world.appending()
    world.receiver.tick()
    world.log.gate.set()
    assert (await client.read()).status == 204


async def test_a_slow_body_is_cut_off(serve: Serve) -> None:
    """A body that does not end in time is no hit."""
    world = await serve(patience=Patience(body=0.05, stop=0.1))
    client = await world.connect()
    client.write(request(method="POST", body=b"one\ntwo")[:-2])
    assert (await client.read()).status == 408
    assert world.log.records == []


async def test_an_endless_head_is_cut_off(serve: Serve) -> None:
    """A head of many small pieces is refused before it fills the memory."""
    world = await serve(max_url=1_000, max_headers=2_000)
    client = await world.connect()
    client.write(b"GET /toy/collect HTTP/1.1\r\n")
    for n in range(20):
        client.write(f"X{n}: {'a' * 1_000}\r\n".encode())
        await client.drained()
    assert (await client.read()).status == 431
