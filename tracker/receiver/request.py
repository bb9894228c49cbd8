"""From what the HTTP parser gives to a `RawRequest`: raw bytes, plain headers, the client's address, ids and keys."""

import os
from collections.abc import Callable, Iterable
from functools import partial
from hashlib import blake2b
from typing import Protocol

from multidict import CIMultiDictProxy

from tracker.clock import DAY, Clock
from tracker.model import RawRequest
from tracker.receiver.address import ClientAddresses, remembering_mask

NEVER_KEPT = frozenset({"cookie", "authorization", "proxy-authorization", "x-gtm-server-preview"})
"""Headers that never go into a hit, whoever asks for them: they hold secrets."""
MAX_HEADER_VALUE = 1_024
"""Characters of a header that are kept with a hit."""
MAX_HOST = 260
"""Characters of the host that are kept: a name of 253 (RFC 1035, section 2.3.4) and a port."""


class Message(Protocol):
    """What we read of a parsed request head: aiohttp's `RawRequestMessage`."""

    @property
    def method(self) -> str:
        """The HTTP method."""

    @property
    def path(self) -> str:
        """The request target as sent, in UTF-8 with surrogate escapes."""

    @property
    def headers(self) -> CIMultiDictProxy[str]:
        """The headers, in UTF-8 with surrogate escapes."""


class Ids:
    """Makes UUIDs of version 7 (RFC 9562) that ascend within this process."""

    def __init__(self) -> None:
        self._millisecond, self._head, self._tail = -1, b"", 0

    def make(self, received_at: int) -> bytes:
        """16 bytes: the millisecond of `received_at` (or of the id before, if later), a random number that rises."""
        millisecond = received_at // 1000
        if millisecond > self._millisecond:
            self._begin(millisecond)
        self._tail += 1
        return self._head + self._tail.to_bytes(8, "big")

    def _begin(self, millisecond: int) -> None:
        random = int.from_bytes(os.urandom(10), "big")
        self._millisecond = millisecond
        self._head = (millisecond << 16 | 0x7000 | random & 0xFFF).to_bytes(8, "big")
        self._tail = 0b10 << 62 | (random >> 12) & (1 << 61) - 1


class DailyKeys:
    """Secrets of one installation and one UTC day each."""

    def __init__(self, secret: bytes) -> None:
        self._secret, self._day, self._key = secret, -1, b""

    def of(self, time: int) -> bytes:
        """The key of the day that holds `time`."""
        day = time // DAY
        if day != self._day:
            self._day = day
            self._key = blake2b(
                day.to_bytes(8, "big"), key=self._secret[:64], digest_size=32, person=b"tracker day"
            ).digest()
        return self._key


class RequestReader:
    """Makes `RawRequest`s; holds what they share."""

    def __init__(
        self,
        *,
        clock: Clock,
        secret: bytes,
        addresses: ClientAddresses,
        kept_headers: Iterable[str],
        stamp: Callable[[RawRequest, str], bytes | None],
    ) -> None:
        self._clock, self._addresses, self._stamp = clock, addresses, stamp
        self._kept = tuple(sorted({name.lower() for name in kept_headers} - NEVER_KEPT))
        self._ids, self._days, self._mask = Ids(), DailyKeys(secret), remembering_mask()

    def read(self, message: Message, path: str, query: bytes, body: bytes, peer: str) -> RawRequest:
        """The request as protocols see it; received now."""
        headers = plain_headers(message.headers)
        now = self._clock.now()
        return RawRequest(
            method=message.method,
            path=path,
            query=query,
            body=body,
            headers=headers,
            address=self._addresses.of(peer, headers.get("x-forwarded-for", ""), headers.get("forwarded", "")),
            host=headers.get("host", "")[:MAX_HOST],
            received_at=now,
            daily_key=self._days.of(now),
            new_id=partial(self._ids.make, now),
            mask=self._mask,
            stamp=self._stamp,
            kept_headers={name: headers[name][:MAX_HEADER_VALUE] for name in self._kept if name in headers},
        )


def plain_headers(headers: CIMultiDictProxy[str]) -> dict[str, str]:
    """Headers by lower-case name; lines of one name joined by commas; bytes that are no UTF-8 replaced."""
    plain = {name.lower(): value for name, value in headers.items()}
    if len(plain) != len(headers):
        plain = {name: ", ".join(headers.getall(name)) for name in plain}
    if not "".join(plain.values()).isascii():
        plain = {name: readable(value) for name, value in plain.items()}
    return plain


def split_target(target: str) -> tuple[str, bytes]:
    """The path, and the raw query exactly as sent. Takes `/path?query` and, from proxies, `http://host/path?query`."""
    path, _, query = target.partition("?")
    path = path.partition("#")[0]
    if not path.startswith("/"):
        path = "/" + path.partition("://")[2].partition("/")[2]
    return readable(path), query.partition("#")[0].encode("utf-8", "surrogateescape")


def readable(text: str) -> str:
    """`text` without the surrogates that stand for bytes that are no UTF-8: such text could not be stored."""
    if text.isascii():
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
