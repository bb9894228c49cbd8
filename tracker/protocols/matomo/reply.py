"""How Matomo answers: an image to single requests, JSON to bulk requests."""

from base64 import b64decode
from typing import Final

import orjson

from tracker.model import RawRequest, Reply, Result
from tracker.protocols.cors import cors
from tracker.protocols.matomo.bulk import is_bulk, read_bulk
from tracker.protocols.matomo.entry import UNAUTHORISED_BULK
from tracker.protocols.matomo.exclusion import DO_NOT_TRACK
from tracker.protocols.receipt import plain, reader

GIF: Final = b64decode("R0lGODlhAQABAIAAAAAAAAAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
"""One transparent pixel."""
NOTE: Final = (
    b"<!DOCTYPE html><title>Tracker</title><p>Web analytics tags send their hits to this address. "
    b"It is up and has nothing else to show.</p>\n"
)
_FATAL: Final = frozenset({"unreadable_bulk", "too_many_entries", UNAUTHORISED_BULK})
"""Why of a bulk request nothing was accepted."""
TRUSTED: Final = "trusted"
"""The aside of a bulk request with a token that is known: the answer names the entries that were invalid."""
_read = reader(b"send_image", b"idsite")


def reply(request: RawRequest, result: Result) -> Reply:
    """200 or 204 for what was stored or left out on purpose, 400 for what the sender did wrong."""
    headers = cors(request)
    if request.method == "GET":
        headers["Cache-Control"] = "no-store"
    if result.problem:
        return Reply(400, headers=headers)
    if any(rejected.reason == DO_NOT_TRACK for rejected in result.rejected):
        headers["Tk"] = "N"
    if is_bulk(request.body):
        return _bulk_reply(request, result, headers)
    sent = {**_read(plain(request.body)), **_read(plain(request.query))}
    wants_image = sent.get(b"send_image") != b"0"
    if result.accepted or (result.rejected and all(rejected.excluded for rejected in result.rejected)):
        return Reply(200, GIF, {**headers, "Content-Type": "image/gif"}) if wants_image else Reply(204, headers=headers)
    if sent.get(b"idsite") and wants_image:
        return Reply(400, GIF + NOTE, {**headers, "Content-Type": "image/gif"})
    is_call = request.method == "GET" and not request.query and not result.rejected
    return Reply(200 if is_call else 400, NOTE, {**headers, "Content-Type": "text/html; charset=utf-8"})


def _bulk_reply(request: RawRequest, result: Result, headers: dict[str, str]) -> Reply:
    """The counts. What was left out on purpose counts as tracked; an error that spoils all says what it is."""
    invalid = [rejected for rejected in result.rejected if not rejected.excluded]
    fatal = next((rejected for rejected in invalid if rejected.reason in _FATAL and not result.accepted), None)
    if fatal is None and b"send_image" in request.body:
        bulk = read_bulk(request.body)
        if bulk is not None and not bulk.wants_body:
            return Reply(204, headers=headers)
    content: dict[str, object] = {
        "status": "success" if fatal is None else "error",
        "tracked": result.accepted + len(result.rejected) - len(invalid),
        "invalid": len(invalid) if fatal is None else 0,
    }
    if fatal is not None:
        content["message"] = f"{fatal.detail}; nothing was accepted"
    elif TRUSTED in result.asides:
        content["invalid_indices"] = [rejected.index for rejected in invalid]
    return Reply(200 if fatal is None else 400, orjson.dumps(content), {**headers, "Content-Type": "application/json"})
