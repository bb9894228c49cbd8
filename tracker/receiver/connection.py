"""One HTTP connection: aiohttp's, with a short cut for the request that arrived whole.

aiohttp gives every request a task, a writer and a response object. A tag's hit needs none of them: it is one small
read, and its answer one small write when the commit is done. Such requests are handled where they are parsed;
everything else (bodies in pieces, pipelining, compressed bodies) takes aiohttp's own way. Answers keep their order, for
while one is owed on the short cut, what follows is held back.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import HttpProcessingError, RawRequestMessage
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader
from aiohttp.web_protocol import RequestHandler

from tracker.receiver.exchange import Answered
from tracker.receiver.limits import Limits, Refusal

_FOR_EVER = 365 * 86_400.0
_LINGER = 1.0
_MAX_HELD = 256 << 10


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a client may take, in seconds."""

    head: float = 10
    """From the first byte of a request, or the beginning of the connection, to the end of the headers."""
    body: float = 30
    """From the end of the headers to the end of the body."""
    idle: float = 130
    """Between two requests: longer than reverse proxies wait (60 to 120), so that they hang up, not we."""
    stop: float = 2
    """For bodies still being read when the receiver stops."""


class Handler(Protocol):
    """What a connection needs of the receiver."""

    limits: Limits

    def take_whole(self, message: RawRequestMessage, body: bytes, peer: str, received: int, answered: Answered) -> None:
        """Handle a request that arrived whole. `received`: an upper bound of the bytes of its head."""

    def saw_peer(self, peer: str) -> None:
        """Note the address of a new connection."""

    def refuse_unparsed(self, refusal: Refusal) -> bytes:
        """The answer to what could not be parsed."""

    def broke(self, error: BaseException) -> bytes:
        """The answer to a request that our own code failed at."""


class Sent(web.StreamResponse):
    """An answer that is bytes already, for aiohttp's own way."""

    def __init__(self, data: bytes, *, keep: bool) -> None:
        super().__init__()
        self._data, self._keep_alive = data, keep

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Write it all."""
        if request.transport is None or request.transport.is_closing():
            raise ConnectionResetError
        request.transport.write(self._data)
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to write."""


class Server(web.Server):
    """aiohttp's low-level server, with our connections."""

    def __init__(self, handler: Handler, slow: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]) -> None:
        limits = handler.limits
        super().__init__(
            slow,
            access_log=None,
            auto_decompress=False,
            keepalive_timeout=_FOR_EVER,
            lingering_time=2,
            max_line_size=limits.line_size,
            max_field_size=limits.field_size,
            max_headers=128,
        )
        self.handler = handler

    def __call__(self) -> RequestHandler:
        """A new connection."""
        return Connection(self, self.handler, self._loop, self._kwargs)

    def sweep(self, now: float, patience: Patience) -> None:
        """Close connections that were silent for too long. `now` is the event loop's time."""
        for connection in self.connections:
            if isinstance(connection, Connection):
                connection.sweep(now, patience)


class Connection(RequestHandler):
    """See the module."""

    __slots__ = ("_handler", "_head_bytes", "_head_since", "_held", "_is_owing", "_peer", "_quiet_since")

    def __init__(
        self, manager: Server, handler: Handler, loop: asyncio.AbstractEventLoop, options: dict[str, object]
    ) -> None:
        super().__init__(manager, loop=loop, **options)  # type: ignore[arg-type]
        self._handler = handler
        self._peer = ""
        self._held = b""
        self._is_owing = False
        self._head_bytes = 0
        self._head_since: float | None = loop.time()
        self._quiet_since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note who is there."""
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        self._peer = peer[0] if isinstance(peer, tuple) else ""
        self._handler.saw_peer(self._peer)

    def data_received(self, data: bytes) -> None:
        """Parse, and handle at once what is one whole request; hand the rest to aiohttp."""
        if self._is_owing:
            self._hold(data)
            return
        self._quiet_since = self._loop.time()
        waiter = self._waiter
        if waiter is None or waiter.done() or self._messages or self._paused or self._upgraded or self._parser is None:
            self._take_long_way(data)
            return
        if self._force_close or self._close:
            return
        if not data.isascii() and not self._head_bytes:
            data = _escape_target(data)
        try:
            messages, upgraded, tail = self._parser.feed_data(data)
        except HttpProcessingError as error:
            self._refuse(self._handler.limits.parse_error(error))
            return
        if not messages:
            self._wait_for_head(len(data))
            return
        received = self._head_bytes + len(data)
        self._head_since, self._head_bytes = None, 0
        message, payload = messages[0]
        if (
            len(messages) == 1
            and not upgraded
            and (payload is EMPTY_PAYLOAD or (payload.is_eof() and "Content-Encoding" not in message.headers))
        ):
            self._take_whole(message, payload, received)
            return
        self._request_count += len(messages)
        self._messages.extend(messages)
        self._upgraded = upgraded
        if upgraded and tail:
            self._message_tail = tail
        waiter.set_result(None)
        if len(self._messages) >= self._max_msg_queue_size:
            self._pause_reading_for_buffer()

    def sweep(self, now: float, patience: Patience) -> None:
        """Close the connection where its client took too long to say something."""
        if self._is_owing or self._request_in_progress or self._messages or self._close:
            return
        if self._head_since is not None:
            if now - self._head_since >= patience.head:
                self._refuse(_TOO_SLOW if self._head_bytes else None)
        elif now - self._quiet_since >= patience.idle:
            self.force_close()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what aiohttp could not parse, or to our own failure."""
        if status >= 500:
            return Sent(self._handler.broke(exc or RuntimeError(message or "")), keep=False)
        return Sent(self._handler.refuse_unparsed(self._handler.limits.parse_error(exc)), keep=False)

    def _take_whole(self, message: RawRequestMessage, payload: StreamReader, received: int) -> None:
        if self._parser is not None:
            self._parser.message_consumed()
        self._request_count += 1
        self._is_owing = self._request_in_progress = True
        body = b"" if payload is EMPTY_PAYLOAD else payload.read_nowait()
        try:
            self._handler.take_whole(message, body, self._peer, received, self._answer)
        except Exception as error:  # the request's boundary: its trouble ends here
            self._answer(self._handler.broke(error), False)

    def _answer(self, data: bytes, keep: bool) -> None:
        self._is_owing = self._request_in_progress = False
        if self._handler_waiter is not None and not self._handler_waiter.done():
            self._handler_waiter.set_result(None)
        transport = self.transport
        if transport is None:
            return
        transport.write(data)
        if not keep or self._close or self._force_close:
            self.force_close()
        elif self._held:
            held, self._held = self._held, b""
            transport.resume_reading()
            self.data_received(held)

    def _hold(self, data: bytes) -> None:
        self._held += data
        if len(self._held) > _MAX_HELD and self.transport is not None:
            self.transport.pause_reading()

    def _take_long_way(self, data: bytes) -> None:
        """The way of aiohttp; a body that breaks off with a parse error must not be waited for."""
        before = len(self._messages)
        self._head_since, self._head_bytes = None, 0
        super().data_received(data)
        request = self._current_request
        if request is None or len(self._messages) == before or request.content.is_eof():
            return
        latest = self._messages[-1][0]
        if not isinstance(latest, RawRequestMessage):
            request.content.set_exception(latest.exc)

    def _wait_for_head(self, received: int) -> None:
        if self._head_since is None:
            self._head_since = self._quiet_since
        self._head_bytes += received
        if self._head_bytes > self._handler.limits.head_size:
            self._refuse(self._handler.limits.headers_too_large)

    def _refuse(self, refusal: Refusal | None) -> None:
        """Answer and hang up, but go on reading for a moment: a socket closed on unread bytes takes its answer back."""
        if refusal is None or self.transport is None or self.transport.is_closing():
            self.force_close()
            return
        self.transport.write(self._handler.refuse_unparsed(refusal))
        self._close = True
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._loop.call_later(_LINGER, self.force_close)


def _escape_target(data: bytes) -> bytes:
    """Percent-encode bytes in the request line that no URL may hold: the parser would refuse them."""
    line, end, rest = data.partition(b"\r\n")
    return data if line.isascii() else quote(line, safe=_ASCII).encode() + end + rest


_ASCII = "".join(map(chr, range(128)))
_TOO_SLOW = Refusal(408, "The request did not arrive in time.", "bad_request")
