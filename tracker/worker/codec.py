"""How a hit is written in the log: a CBOR sequence of two items, so that the fold decodes only the first.

The first item is the routing, an array in the order of `Routing`; the second a map of everything else, with short keys
and without empty values. Written by hand, because a general encoder costs twice as much and receivers pay it for every
hit.
"""

import dataclasses
import struct
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import cbor2

from tracker.errors import Broken
from tracker.model import CLOCK, COOKIELESS, TICK, Hit, Routing

VERSION = 1
"""The version this program writes."""
READS = (1,)
"""The versions this program reads."""


class Unreadable(Broken):
    """A record this program cannot read. `version` is None where not even that can be told."""

    def __init__(self, version: object) -> None:
        super().__init__(version)
        self.version = version

    def __str__(self) -> str:
        if self.version is None:
            return "a log record is damaged: it does not begin with a routing array"
        known = ", ".join(map(str, READS))
        return (
            f"a log record has version {self.version!r}, and this program reads {known}: run the release that wrote it"
        )


def encode(hit: Hit) -> bytes:
    """The record of `hit`. Lone surrogates, which no text in UTF-8 can hold, become question marks."""
    try:
        return _encode(hit)
    except UnicodeEncodeError:
        return _encode(_without_surrogates(hit))


def decode_routing(record: bytes) -> Routing:
    """What the fold needs of a record. Raises `Unreadable`."""
    try:
        items = cbor2.loads(record)
        if items[0] in READS:
            return Routing._make(items)
    except _DAMAGE:
        raise Unreadable(None) from None
    raise Unreadable(items[0])


def decode(record: bytes) -> tuple[Routing, dict[str, Any]]:
    """Both items of a record: routing, and the map with its short keys. Raises `Unreadable`."""
    try:
        items, rest = cbor2.loads(b"\x82" + record)
        if items[0] in READS:
            return Routing._make(items), rest
    except _DAMAGE:
        raise Unreadable(None) from None
    raise Unreadable(items[0])


def decode_hit(record: bytes) -> Hit:
    """The hit that `encode` was given. Raises `Unreadable`."""
    routing, rest = decode(record)
    return Hit(
        id=rest["i"],
        property_id=routing.property_id,
        client_id=routing.client_id,
        protocol=rest["p"],
        family=routing.family,
        received_at=routing.received_at,
        user_id=routing.user_id,
        event_time=rest.get("et"),
        event_time_refused=rest.get("er"),
        event_key=rest.get("k"),
        is_cookieless=bool(routing.flags & COOKIELESS),
        stamp=routing.stamp,
        ip=rest.get("ip", ""),
        host=rest.get("h", ""),
        path=rest.get("pa", ""),
        method=rest.get("m", ""),
        headers=rest.get("hd", {}),
        query=rest.get("qp", b""),
        body=rest.get("bd", b""),
    )


def tick(time: int) -> bytes:
    """A record that says what time it is, so that protosessions close while no hits come."""
    return _timed(time, TICK)


def clock_record(time: int) -> bytes:
    """A record that sets log time back to `time`."""
    return _timed(time, CLOCK)


def is_hit(record: bytes) -> bool:
    """False for a tick or clock record."""
    return not record.startswith(_TIMED) or not decode_routing(record).flags & (TICK | CLOCK)


_DAMAGE = (cbor2.CBORError, ValueError, TypeError, LookupError)
_NULL = b"\xf6"
_INTEGER, _NEGATIVE = 0x1B, 0x3B
_BYTES, _TEXT, _MAP = 0x40, 0x60, 0xA0
_integer_head = struct.Struct(">BQ").pack


def _head(major: int, size: int) -> bytes:
    """The first bytes of an item: its type and size (RFC 8949, section 3)."""
    if size < 24:
        return bytes((major | size,))
    if size < 1 << 8:
        return bytes((major | 24, size))
    if size < 1 << 16:
        return struct.pack(">BH", major | 25, size)
    if size < 1 << 32:
        return struct.pack(">BI", major | 26, size)
    return _integer_head(major | 27, size)


_BYTES_HEADS = tuple(_head(_BYTES, size) for size in range(2048))
_TEXT_HEADS = tuple(_head(_TEXT, size) for size in range(512))
_MAP_HEADS = tuple(_head(_MAP, size) for size in range(64))
_ROUTING = _head(0x80, len(Routing._fields)) + bytes((VERSION,))
_TIMED = _ROUTING + _head(_TEXT, 0) * 3 + _NULL * 2


def _data(data: bytes) -> bytes:
    size = len(data)
    return (_BYTES_HEADS[size] if size < 2048 else _head(_BYTES, size)) + data


def _text(text: str) -> bytes:
    data = text.encode()
    size = len(data)
    return (_TEXT_HEADS[size] if size < 512 else _head(_TEXT, size)) + data


def _integer(value: int) -> bytes:
    return _integer_head(_INTEGER, value) if value >= 0 else _integer_head(_NEGATIVE, -1 - value)


# Bounded memos of pure functions: the same few sites and browsers make most of the hits.


@lru_cache(512)
def _site(family: str, property_id: str, protocol: str, host: str, path: str, method: str) -> tuple[bytes, bytes, int]:
    """What hits of one site and endpoint share: the routing's beginning, map entries, and how many of those."""
    entries = [b"\x61p" + _text(protocol)]
    entries += [
        _text(key) + _text(value) for key, value in (("h", host), ("pa", path), ("m", method)) if value
    ]  # fmt: skip
    return _ROUTING + _text(family) + _text(property_id), b"".join(entries), len(entries)


@lru_cache(4096)
def _header(name: str, value: str) -> bytes:
    return _text(name) + _text(value)


def _headers(headers: Mapping[str, str]) -> list[bytes]:
    size = len(headers)
    head = _MAP_HEADS[size] if size < 64 else _head(_MAP, size)
    # A long value is rarely seen twice, and would make the memo large.
    return [head, *[_header(n, v) if len(v) <= 256 else _text(n) + _text(v) for n, v in headers.items()]]


def _encode(hit: Hit) -> bytes:
    beginning, shared, entries = _site(hit.family, hit.property_id, hit.protocol, hit.host, hit.path, hit.method)
    user_id, stamp = hit.user_id, hit.stamp
    parts = [
        beginning,
        _text(hit.client_id),
        _NULL if user_id is None else _text(user_id),
        _NULL if stamp is None else _data(stamp),
        _integer(hit.received_at),
        b"\x04" if hit.is_cookieless else b"\x00",
    ]
    rest = [b"\x61i", _data(hit.id), shared]
    entries += 1
    if (time := hit.event_time) is not None:
        entries += 1
        rest += (b"\x62et", _integer(time))
    if (refused := hit.event_time_refused) is not None:
        entries += 1
        rest += (b"\x62er", _text(refused))
    if key := hit.event_key:
        entries += 1
        rest += (b"\x61k", _data(key))
    if ip := hit.ip:
        entries += 1
        rest += (b"\x62ip", _text(ip))
    if headers := hit.headers:
        entries += 1
        rest.append(b"\x62hd")
        rest += _headers(headers)
    if query := hit.query:
        entries += 1
        rest += (b"\x62qp", _data(query))
    if body := hit.body:
        entries += 1
        rest += (b"\x62bd", _data(body))
    parts.append(_MAP_HEADS[entries])
    parts += rest
    return b"".join(parts)


def _timed(time: int, flag: int) -> bytes:
    return _TIMED + _integer(time) + bytes((flag,)) + _MAP_HEADS[0]


def _without_surrogates(hit: Hit) -> Hit:
    def clean(value: Any) -> Any:
        if isinstance(value, str):
            return value.encode(errors="replace").decode()
        if isinstance(value, Mapping):
            return {clean(name): clean(text) for name, text in value.items()}
        return value

    return Hit(**{field.name: clean(getattr(hit, field.name)) for field in dataclasses.fields(hit)})
