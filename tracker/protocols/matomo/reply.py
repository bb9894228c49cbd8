"""How Matomo answers: an image to single requests, JSON to bulk requests."""

from base64 import b64decode
from dataclasses import asdict, dataclass
from typing import Final

import orjson

from tracker.model import RawRequest, Rejected, Reply, Result
from tracker.protocols.cors import cors
from tracker.protocols.matomo.bulk import is_bulk, read_bulk
from tracker.protocols.receipt import plain, reader

GIF: Final = b64decode("R0lGODlhAQABAIAAAAAAAAAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
"""One transparent pixel."""
NOTE: Final = (
    b"<!DOCTYPE html><title>Tracker</title><p>Web analytics tags send their hits to this address. "
    b"It is up and has nothing else to show.</p>\n"
)
_FATAL: Final = frozenset({"unreadable_bulk", "too_many_entries"})
_send_image = reader(b"send_image")


@dataclass(frozen=True, slots=True)
class Told(Rejected):
    """An invalid bulk entry whose sender has a token, so that the answer may name its index."""

    @classmethod
    def of(cls, rejected: Rejected) -> "Told":
        """`rejected`, to be named."""
        return cls(**asdict(rejected))


def reply(request: RawRequest, result: Result) -> Reply:
    """200 or 204 for what was stored or left out on purpose, 400 for what the sender did wrong."""
    headers = cors(request)
    if request.method == "GET":
        headers["Cache-Control"] = "no-store"
    if result.problem:
        return Reply(400, headers=headers)
    if is_bulk(request.body):
        return _bulk_reply(request, result, headers)
    wants_image = _wants_image(request)
    if result.accepted or (result.rejected and all(rejected.excluded for rejected in result.rejected)):
        return _image(headers) if wants_image else Reply(204, headers=headers)
    if result.rejected and wants_image:
        return Reply(400, GIF + NOTE, {**headers, "Content-Type": "image/gif"})
    is_call = request.method == "GET" and not request.query and not result.rejected
    return Reply(200 if is_call else 400, NOTE, {**headers, "Content-Type": "text/html; charset=utf-8"})


def _wants_image(request: RawRequest) -> bool:
    sent = {**_send_image(plain(request.body)), **_send_image(plain(request.query))}
    return sent.get(b"send_image") != b"0"


def _image(headers: dict[str, str]) -> Reply:
    return Reply(200, GIF, {**headers, "Content-Type": "image/gif"})


def _bulk_reply(request: RawRequest, result: Result, headers: dict[str, str]) -> Reply:
    """The counts. What was left out on purpose counts as tracked."""
    invalid = [rejected for rejected in result.rejected if not rejected.excluded]
    is_fatal = not result.accepted and any(rejected.reason in _FATAL for rejected in invalid)
    if not is_fatal and b"send_image" in request.body:
        bulk = read_bulk(request.body)
        if bulk is not None and not bulk.wants_body:
            return Reply(204, headers=headers)
    content: dict[str, object] = {
        "status": "error" if is_fatal else "success",
        "tracked": result.accepted + len(result.rejected) - len(invalid),
        "invalid": 0 if is_fatal else len(invalid),
    }
    if any(isinstance(rejected, Told) for rejected in result.rejected):
        content["invalid_indices"] = [rejected.index for rejected in invalid]
    return Reply(400 if is_fatal else 200, orjson.dumps(content), {**headers, "Content-Type": "application/json"})
