"""How big a request may be, and the sentence that says so when it is bigger."""

import importlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp.http_exceptions import BadHttpMethod, LineTooLong

from tracker.config import ReceiverSettings

MAX_HEADER_COUNT = 100
"""Most header lines of one request."""
MAX_COPIES = 32 << 20
"""Bytes that the hits of one request may take beyond its body: each holds a copy of what they share."""
_MAX_MEMBERS = 16
_GZIP, _ZLIB, _DEFLATE = 31, 15, -15

Problem = Literal["", "too_large", "unavailable", "bad_request", "method"]
"""Why a request was refused as a whole, in the words of `Result.problem`."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request refused as a whole: nothing of it was accepted."""

    status: int
    text: str
    """A sentence for a person. Never holds a part of the request."""
    problem: Problem
    headers: Mapping[str, str] = field(default_factory=dict)


class Limits:
    """The limits of one receiver. Each method gives a refusal, or None where the request may go on."""

    def __init__(self, settings: ReceiverSettings) -> None:
        self.max_url, self.max_headers = settings.max_url, settings.max_headers
        self.max_body, self.max_parameters = settings.max_body, settings.max_parameters
        self.max_records = settings.max_body + MAX_COPIES
        """Most bytes of the records of one request."""
        self.line_size = settings.max_url * 2
        """Where the parser gives up on a URL: above ours, so that an ordinary excess is answered with CORS headers."""
        self.field_size = settings.max_headers + (1025 if settings.max_headers + 1024 == self.line_size else 1024)
        """Where the parser gives up on one header; never equal to `line_size`, for the two are told apart by it."""
        self.head_size = self.line_size + self.field_size
        """Most bytes of an unfinished head."""
        self.url_too_long = Refusal(414, f"The URL is longer than {self.max_url:,} bytes.", "too_large")
        self.headers_too_large = Refusal(
            431, f"The headers take more than {self.max_headers:,} bytes or {MAX_HEADER_COUNT} lines.", "too_large"
        )
        self.body_too_large = Refusal(413, f"The body is larger than {self.max_body:,} bytes.", "too_large")
        self.records_too_large = Refusal(
            413, f"The hits of the request would take more than {self.max_records:,} bytes.", "too_large"
        )
        self.too_many_parameters = Refusal(
            400, f"The request has more than {self.max_parameters:,} parameters.", "bad_request"
        )

    def head(self, url: str, raw_headers: tuple[tuple[bytes, bytes], ...], received: int) -> Refusal | None:
        """Judge URL and headers; `received` is an upper bound of what they take together."""
        if len(url) > self.max_url:
            return self.url_too_long
        if len(raw_headers) > MAX_HEADER_COUNT:
            return self.headers_too_large
        if (
            received > self.max_headers
            and sum(len(name) + len(value) + 4 for name, value in raw_headers) > self.max_headers
        ):
            return self.headers_too_large
        return None

    def length(self, content_length: str | None) -> Refusal | None:
        """Judge a body before it is read."""
        if content_length is not None and content_length.isdecimal() and int(content_length) > self.max_body:
            return self.body_too_large
        return None

    def body(self, query: bytes, body: bytes, headers: Mapping[str, str]) -> Refusal | None:
        """Judge the size of the body, and how many `&` pieces the query, or one line of a form body, has."""
        if len(body) > self.max_body:
            return self.body_too_large
        most = self.max_parameters - 1
        if len(query) > most and query.count(b"&") > most:
            return self.too_many_parameters
        if (
            len(body) > most
            and body.count(b"&") > most
            and "json" not in headers.get("content-type", "")
            and not body.lstrip().startswith((b"{", b"["))
        ):
            return self.too_many_parameters if max(line.count(b"&") for line in body.split(b"\n")) > most else None
        return None

    def parse_error(self, error: BaseException | None) -> Refusal:
        """What the HTTP parser's complaint means for the sender."""
        if isinstance(error, LineTooLong):
            return self.url_too_long if error.args[1:2] == (self.line_size,) else self.headers_too_large
        if "Too many headers" in str(error):
            return self.headers_too_large
        if isinstance(error, BadHttpMethod) and "HTTPS" in str(error):
            return Refusal(400, "This port speaks HTTP, not HTTPS.", "bad_request")
        return Refusal(400, "The request is not valid HTTP.", "bad_request")

    def inflate(self, body: bytes, encoding: str) -> bytes | Refusal:
        """The decompressed body; never more than the limit is inflated, whatever was sent."""
        encoding = encoding.strip().lower()
        try:
            if encoding in ("gzip", "x-gzip"):
                plain = _gunzip(body, self.max_body)
            elif encoding == "deflate":
                plain = _member(body, _ZLIB if body[:1] and body[0] & 0xF == 8 else _DEFLATE, self.max_body)[0]
            elif encoding == "br" and (brotli := _brotli()) is not None:
                plain = _unbrotli(brotli, body, self.max_body)
            elif encoding in ("", "identity"):
                plain = body
            else:
                known = "gzip, deflate" + (", br" if _brotli() else "")
                text = f"The body's Content-Encoding is none of: {known}."
                return Refusal(415, text, "bad_request", {"Accept-Encoding": known})
        except (zlib.error, EOFError):
            return Refusal(400, "The body is not what its Content-Encoding says.", "bad_request")
        return self.body_too_large if len(plain) > self.max_body else plain


def _member(body: bytes, window: int, limit: int) -> tuple[bytes, bytes]:
    """One compressed stream, inflated to at most one byte over `limit`, and what follows it."""
    inflater = zlib.decompressobj(window)
    plain = inflater.decompress(body, limit + 1)
    if len(plain) <= limit and not inflater.eof:
        raise EOFError
    return plain, inflater.unused_data


def _gunzip(body: bytes, limit: int) -> bytes:
    """Gzip files may be concatenated (RFC 1952); each costs a copy of the rest, hence few."""
    plain = b""
    for _ in range(_MAX_MEMBERS):
        more, body = _member(body, _GZIP, limit - len(plain))
        plain += more
        if not body or len(plain) > limit:
            return plain
    raise EOFError


def _brotli() -> Any:
    """The Brotli package, where it is installed and can stop at a limit."""
    try:
        brotli: Any = importlib.import_module("brotli")
        brotli.Decompressor().process(b"", output_buffer_limit=1)
    except (ImportError, AttributeError, TypeError):
        return None
    return brotli


def _unbrotli(brotli: Any, body: bytes, limit: int) -> bytes:
    inflater = brotli.Decompressor()
    try:
        plain: bytes = inflater.process(body, output_buffer_limit=limit + 1)
        while len(plain) <= limit and not inflater.is_finished():
            more = inflater.process(b"", output_buffer_limit=limit + 1 - len(plain))
            if not more:
                raise EOFError
            plain += more
    except brotli.error:
        raise EOFError from None
    return plain
