"""Values in another charset than UTF-8: Matomo's tags name it in `cs` and escape the page's own bytes."""

import codecs
import re
from urllib.parse import quote, unquote_to_bytes

_KNOWN = re.compile(
    rb"(?i)(?:iso-8859-\d{1,2}|windows-125\d|koi8-[ru]|shift_jis|euc-(?:jp|kr)|gbk|gb2312|gb18030|big5)"
)
_PIECE = re.compile(rb"([^&=]*=)?([^&]*)")
_ESCAPED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


def codec_of(charset: bytes) -> str | None:
    """The codec of a charset that has to be converted; None for UTF-8 and for what we do not know."""
    if _KNOWN.fullmatch(charset) is None:
        return None
    try:
        return codecs.lookup(charset.decode()).name
    except LookupError:  # iso-8859-12 was never made
        return None


def in_utf8(query: bytes, codec: str) -> bytes:
    """The same query (or one raw value), with what was escaped in `codec` escaped in UTF-8.

    Addresses hold escapes of their own, which browsers write in the page's charset too.
    """

    def converted(piece: re.Match[bytes]) -> bytes:
        name, raw = piece[1] or b"", piece[2]
        if b"%" not in raw and raw.isascii():
            return piece[0]
        text = unquote_to_bytes(raw.replace(b"+", b" ")).decode(codec, "replace")
        text = _ESCAPED.sub(lambda escaped: _in_utf8(escaped[0], codec), text)
        return name + quote(text, safe="", errors="replace").encode()

    return b"&".join(_PIECE.sub(converted, piece, count=1) for piece in query.split(b"&"))


def _in_utf8(escaped: str, codec: str) -> str:
    """Escapes inside a value, escaped in UTF-8 where they are not yet."""
    raw = unquote_to_bytes(escaped)
    try:
        raw.decode()
    except UnicodeDecodeError:
        return quote(raw.decode(codec, "replace"), safe="")
    return escaped
