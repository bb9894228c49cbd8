"""Reading a raw query at receipt: the few values that routing needs, without parsing the rest."""

import re
from collections.abc import Callable
from hashlib import blake2b
from urllib.parse import unquote_to_bytes

from tracker.model import RawRequest

_WRITTEN_NAME = re.compile(rb"%(?:5[Ff]|6[1-9A-Fa-f]|7[0-9Aa])")
"""An escape of a small letter or an underscore, which no tag writes: perhaps the name of a parameter in disguise."""

_UNRESERVED = re.compile(rb"%(2[DEde]|3\d|4[1-9A-Fa-f]|5[0-9AFaf]|6[1-9A-Fa-f]|7[0-9AEae])")
"""An escape of a character that may stand for itself (RFC 3986, section 2.3)."""

_JUNK = frozenset({"", "0", "null", "undefined", "none", "nan", "nil", "false", "(not set)", "[object object]"})


def reader(*names: bytes) -> Callable[[bytes], dict[bytes, bytes]]:
    """A function from a plain query to the raw values of `names`; the last of a name wins, and absent names are absent.

    One pass of one expression: about 5 us for a query of 900 bytes, whereas a dict of all its parts would be 30.
    """
    alternatives = b"|".join(re.escape(name) for name in names)
    pairs = re.compile(rb"&(" + alternatives + rb")(?:=([^&]*)|(?=&)|\Z)")

    def read(query: bytes) -> dict[bytes, bytes]:
        return dict(pairs.findall(b"&" + query))

    return read


def plain(query: bytes) -> bytes:
    """The same query with no name hidden behind percent escapes, so that it may be searched for names as bytes."""
    if _WRITTEN_NAME.search(query) is None:
        return query
    return b"&".join(_plain_name(piece) for piece in query.split(b"&"))


def text(value: bytes) -> str:
    """A raw value, decoded. Never raises: what is no UTF-8 becomes U+FFFD."""
    if b"%" in value or b"+" in value:
        value = unquote_to_bytes(value.replace(b"+", b" "))
    return value.decode("utf-8", "replace")


def is_junk(identifier: str) -> bool:
    """True for what broken pages send instead of an id: many strangers share it, so it identifies nobody."""
    return identifier.strip().lower() in _JUNK


def bounded(identifier: str, length: int) -> str:
    """`identifier`, or where it is longer than any client would send, a hash of it."""
    return identifier if len(identifier) <= length else blake2b(identifier.encode(), digest_size=16).hexdigest()


def pseudonym(request: RawRequest, property_id: str) -> str:
    """A client id for who sent none: the same for one address, browser, language and property, until the day ends."""
    agent, language = request.headers.get("user-agent", ""), request.headers.get("accept-language", "")
    seen = "\n".join((property_id, request.address, agent, language))
    return blake2b(seen.encode("utf-8", "replace"), key=request.daily_key[:64], digest_size=8).hexdigest()


def _plain_name(piece: bytes) -> bytes:
    name, equals, value = piece.partition(b"=")
    return _UNRESERVED.sub(lambda escape: bytes.fromhex(escape[1].decode()), name) + equals + value
