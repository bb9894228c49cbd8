"""A toy protocol, a log in memory whose appends can be held or made to fail, and a client that speaks raw HTTP."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from tracker.columns.parameters import Hits, Parameters
from tracker.config import Properties, PropertySettings
from tracker.metrics import Metrics
from tracker.model import Hit, RawRequest, Rejected, Reply, Result
from tracker.protocols.base import TrackingProtocol
from tracker.receiver.server import Receiver


class ToyProtocol(TrackingProtocol[PropertySettings]):
    """Each line of the body (or the query, when there is none) is an event; some words in it do what they say."""

    name = family = "toy"
    paths: ClassVar[Sequence[str]] = ("/toy/collect",)

    def hits(self, request: RawRequest, properties: Properties[PropertySettings]) -> Iterator[Hit | Rejected]:
        """One piece per line."""
        for index, line in enumerate((request.body or request.query).splitlines()):
            if b"boom" in line:
                raise RuntimeError("a bug of the toy, which quotes token=hush")
            if b"bad" in line:
                yield Rejected("bad", "the line is bad", property_id="T", index=index)
            elif b"bot" in line:
                yield Rejected("bot", excluded=True, index=index)
            else:
                yield request.hit(
                    properties.always("T"), property_id="T", client_id="c", protocol="toy", family="toy", body=line
                )

    def parameters(self, hits: Hits) -> Parameters:
        """Never asked for here."""
        raise NotImplementedError

    def reply(self, request: RawRequest, result: Result) -> Reply:
        """204 where something was accepted or all was excluded, else 422; the problem is a header."""
        if b"mute" in request.query:
            raise RuntimeError("no reply")
        status = 204 if result.accepted or all(piece.excluded for piece in result.rejected) else 422
        headers = {"Access-Control-Allow-Origin": request.headers.get("origin", "*"), "Toy-Problem": result.problem}
        return Reply(status, headers=headers)


@dataclass
class MemoryLog:
    """An `append` that keeps what it is given, waits while it is held, and raises `error` when that is set."""

    appends: list[tuple[list[bytes], list[bytes]]] = field(default_factory=list)
    error: Exception | None = None
    used: int = 0
    gate: threading.Event = field(default_factory=threading.Event)
    entered: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    def append(self, records: Sequence[tuple[int, bytes]], rejections: Sequence[bytes]) -> list[int]:
        """One durable transaction, as far as the receiver can tell."""
        self.entered.set()
        assert self.gate.wait(10)
        if self.error is not None:
            raise self.error
        self.appends.append(([record for _, record in records], list(rejections)))
        return list(range(len(records)))

    @property
    def records(self) -> list[bytes]:
        """Every record, in order."""
        return [record for records, _ in self.appends for record in records]

    @property
    def rejections(self) -> list[bytes]:
        """Every rejection, in order."""
        return [rejection for _, rejections in self.appends for rejection in rejections]


@dataclass
class Answer:
    """An HTTP answer as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)

    async def read(self, *, is_head: bool = False) -> Answer:
        """The next answer."""
        head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 10)).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        length = 0 if is_head else int(headers.get("content-length", 0))
        return Answer(int(head[0].split()[1]), headers, await self.reader.readexactly(length))

    async def drained(self) -> None:
        """Give what was written, or the connection itself, time to reach the receiver."""
        await self.writer.drain()
        await asyncio.sleep(0.01)

    async def is_closed(self) -> bool:
        """True when the other side hangs up without another word; waits for it."""
        return await asyncio.wait_for(self.reader.read(1), 10) == b""

    def close(self) -> None:
        """Hang up."""
        self.writer.close()


def request(
    path: str = "/toy/collect?a=1",
    *,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    version: str = "1.1",
) -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/{version}", "Host: t.example"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + (body or b"")


class World:
    """A running receiver and all around it."""

    def __init__(self, receiver: Receiver, log: MemoryLog, metrics: Metrics, hits: list[Hit]) -> None:
        self.receiver, self.log, self.metrics, self.hits = receiver, log, metrics, hits
        self._clients: list[Client] = []

    async def connect(self, port: int | None = None) -> Client:
        """A new connection to the receiver, or to another port."""
        client = Client(*await asyncio.open_connection("127.0.0.1", port or self.receiver.port))
        self._clients.append(client)
        return client

    async def send(self, data: bytes | None = None, *, is_head: bool = False) -> Answer:
        """Send one request over a new connection and read its answer."""
        client = await self.connect()
        client.write(request() if data is None else data)
        answer = await client.read(is_head=is_head)
        client.close()
        return answer

    async def admin(self, path: str) -> Answer:
        """Ask the admin port."""
        client = await self.connect(self.receiver.admin_port)
        client.write(request(path))
        return await client.read()

    async def appending(self) -> None:
        """Wait until an append has begun."""
        assert await asyncio.to_thread(self.log.entered.wait, 10)

    async def waiting(self, hits: int) -> None:
        """Wait until so many hits wait for the next commit."""
        async with asyncio.timeout(10):
            while self.receiver.committer.waiting != hits:  # noqa: ASYNC110  nobody tells when it changes
                await asyncio.sleep(0.001)

    def count(self, name: str, **labels: str) -> float:
        """The value of a metric."""
        self.receiver.tick()
        return self.metrics.registry.get_sample_value(name, labels) or 0.0

    def close(self) -> None:
        """Hang up all connections."""
        for client in self._clients:
            client.close()


Serve = Callable[..., Awaitable[World]]
"""Starts a receiver: any setting, and any argument of `Receiver`, by name."""
