"""Reads bodies that arrive in pieces, or compressed, within the limits of size (one; all together) and of time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.http import HttpVersion11

from tracker.receiver.limits import Limits, Refusal

MAX_READING = 64 << 20
"""Most bytes of unfinished bodies in memory at once (at least four of the largest); more is answered 503."""


class BodyReader:
    """Reads bodies for one receiver."""

    def __init__(self, limits: Limits, seconds: float) -> None:
        self._limits, self._seconds = limits, seconds
        self._room = Room(max(MAX_READING, 4 * limits.max_body))

    @asynccontextmanager
    async def read(self, request: web.BaseRequest) -> AsyncIterator[bytes | Refusal]:
        """The decompressed body, or why there is none. It counts against the total until the block ends."""
        share = _Share(self._room)
        try:
            yield await self._read(request, share)
        finally:
            share.release()

    async def _read(self, request: web.BaseRequest, share: "_Share") -> bytes | Refusal:
        try:
            async with asyncio.timeout(self._seconds):
                body = await self._collect(request, share)
        except TimeoutError:
            return Refusal(408, "The body did not arrive in time.", "bad_request")
        except Exception:  # many kinds: the client left, bad chunks, a length not kept
            return Refusal(400, "The body broke off or is not what its headers say.", "bad_request")
        encoding = request.headers.get("Content-Encoding")
        if isinstance(body, Refusal) or not encoding or not body:
            return body
        if not share.take(self._limits.max_body):
            return _BUSY
        return await asyncio.to_thread(self._limits.inflate, body, encoding)

    async def _collect(self, request: web.BaseRequest, share: "_Share") -> bytes | Refusal:
        if request.version == HttpVersion11 and request.headers.get("Expect", "").lower() == "100-continue":
            _say_continue(request)
        pieces: list[bytes] = []
        size = 0
        while piece := await request.content.readany():
            size += len(piece)
            if size > self._limits.max_body:
                return self._limits.body_too_large
            if not share.take(len(piece)):
                return _BUSY
            pieces.append(piece)
        return b"".join(pieces)


class Room:
    """How much memory is left for bodies."""

    def __init__(self, size: int) -> None:
        self.left = size


class _Share:
    """What one request takes of the room."""

    __slots__ = ("_room", "_size")

    def __init__(self, room: Room) -> None:
        self._room, self._size = room, 0

    def take(self, size: int) -> bool:
        if size > self._room.left:
            return False
        self._room.left -= size
        self._size += size
        return True

    def release(self) -> None:
        self._room.left += self._size


def _say_continue(request: web.BaseRequest) -> None:
    if request.transport is not None and not request.content.is_eof():
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")


_BUSY = Refusal(503, "The tracker is reading too many large bodies at the moment; nothing was accepted.", "unavailable")
