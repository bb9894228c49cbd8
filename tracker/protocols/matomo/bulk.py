"""Bulk requests: many tracking requests in one JSON body."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

import orjson


@dataclass(frozen=True, slots=True)
class Bulk:
    """A bulk request that could be read."""

    entries: Sequence[object]
    token: str = ""
    wants_body: bool = True
    """False where `send_image` is 0: the answer is 204."""


def is_bulk(body: bytes) -> bool:
    """True for a bulk request. Its Content-Type says nothing: matomo.js sends it as a form.

    The word in single quotes counts too, as in Matomo, although such a body is no JSON and cannot be read then.
    """
    return body.find(b'"requests"') > 0 or body.find(b"'requests'") > 0


def read_bulk(body: bytes) -> Bulk | None:
    """The bulk request in `body`; None where it is not JSON of the documented shape."""
    content = _json(body)
    entries = content.get("requests") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        return None
    token, image = content.get("token_auth"), content.get("send_image", 1)
    return Bulk(entries, token if isinstance(token, str) else "", str(image) != "0")


def query_of(entry: object) -> bytes | None:
    """The raw query of an entry: of `?query`, of a URL, or of an object. None where it is neither text nor object."""
    if isinstance(entry, str):
        return entry.partition("?")[2].strip().encode("utf-8", "replace")
    if isinstance(entry, dict):
        try:
            pairs = [(name, _written(value)) for name, value in entry.items() if value is not None]
        except RecursionError:
            return None
        return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs).encode()
    return None


def is_silent(entry: object) -> bool:
    """True for text without a query: neither tracked nor invalid."""
    return isinstance(entry, str) and not entry.partition("?")[2].strip()


def _json(body: bytes) -> Any:
    body = body.removeprefix(b"\xef\xbb\xbf")
    try:
        return orjson.loads(body)
    except ValueError:
        pass
    try:  # line breaks inside texts, lone surrogates, bytes that are no UTF-8: a bad entry must not harm the others
        return json.loads(body.translate(None, b"\r\n").decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError):
        return None


def _written(value: object) -> str:
    """A value of an object entry, as a query would hold it: lists and objects (`cvar`, `ec_items`) as JSON text."""
    if isinstance(value, bool):
        return str(int(value))
    return str(value) if isinstance(value, str | int | float) else json.dumps(value, separators=(",", ":"))


def _quoted(part: str) -> str:
    return quote_plus(part, errors="replace")
