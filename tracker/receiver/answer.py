"""HTTP answers as bytes, made in one piece: response objects would cost more than the rest of a request."""

from collections.abc import Mapping
from email.utils import formatdate
from http import HTTPStatus

from tracker.clock import SECOND
from tracker.model import Reply
from tracker.receiver.limits import Refusal

_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_OURS = frozenset({"content-length", "transfer-encoding", "connection", "date"})
_BODILESS = frozenset({204, 304})
_REMEMBERED = 1_024
RETRY_AFTER = "5"
"""Seconds after which a refused sender may try again."""


class Renderer:
    """Turns replies into bytes. `tick` keeps the Date header true."""

    def __init__(self, now: int) -> None:
        self._date = b""
        self._heads: dict[tuple[object, ...], bytes] = {}
        self.tick(now)

    def tick(self, now: int) -> None:
        """Must be called about once a second."""
        self._date = f"\r\nDate: {formatdate(now / SECOND, usegmt=True)}\r\n\r\n".encode()

    def render(self, reply: Reply, *, keep: bool, is_head: bool = False, is_old: bool = False) -> bytes:
        """The whole answer. `keep`: the connection stays; `is_head`: no body; `is_old`: the client speaks HTTP/1.0."""
        key = (reply.status, len(reply.body), keep, is_old, *reply.headers.items())
        head = self._heads.get(key)
        if head is None:
            if len(self._heads) >= _REMEMBERED:
                self._heads.clear()
            head = self._heads[key] = _head(reply, keep=keep, is_old=is_old)
        if is_head or not reply.body or reply.status in _BODILESS:
            return head + self._date
        return head + self._date + reply.body


def _head(reply: Reply, *, keep: bool, is_old: bool) -> bytes:
    lines = [f"HTTP/1.1 {reply.status} {_PHRASES.get(reply.status, '')}"]
    lines += [f"{name}: {value}" for name, value in reply.headers.items() if name.lower() not in _OURS]
    if reply.status not in _BODILESS:
        lines.append(f"Content-Length: {len(reply.body)}")
    if not keep:
        lines.append("Connection: close")
    elif is_old:
        lines.append("Connection: keep-alive")
    # A line break inside a value would let whoever sent the value write headers of ours.
    lines = [line.replace("\r", " ").replace("\n", " ") for line in lines]
    return "\r\n".join(lines).encode("utf-8", "replace")


def cors(origin: str | None) -> dict[str, str]:
    """The headers without which a browser hides an answer from the page that asked."""
    if not origin:
        return {"Access-Control-Allow-Origin": "*"}
    return {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true", "Vary": "Origin"}


def refused(refusal: Refusal, headers: Mapping[str, str]) -> Reply:
    """The answer to a request refused as a whole: our status and sentence, `headers` from whoever knows the sender."""
    ours = {name: value for name, value in headers.items() if name.lower() not in ("content-type", "cache-control")}
    ours |= refusal.headers
    ours["Content-Type"] = "text/plain; charset=utf-8"
    ours["Cache-Control"] = "no-store"
    if refusal.status == 503:
        ours["Retry-After"] = RETRY_AFTER
    return Reply(refusal.status, (refusal.text + "\n").encode(), ours)
