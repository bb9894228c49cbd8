"""Whose device a Matomo request came from."""

import re
from hashlib import blake2b, sha1

from tracker.model import RawRequest
from tracker.protocols.matomo.sent import Sent
from tracker.protocols.receipt import is_junk, pseudonym

MAX_USER_ID = 200
_HEX = re.compile(r"[0-9a-fA-F]{16}")


def device(sent: Sent, request: RawRequest, property_id: str, user_id: str | None) -> tuple[str, bool]:
    """The client id, and whether it is none that a device keeps.

    In order: `cid` (forced), `_id` (the first-party cookie), a hash of the user id, a pseudonym for the day. A login
    does not change the device: unlike Matomo, `uid` comes after the ids a device keeps.
    """
    forced = sent.text(b"cid")
    if forced:
        return (forced.lower() if _HEX.fullmatch(forced) else _hash(forced)), False
    cookie = _HEX.match(sent.text(b"_id"))
    if cookie is not None and set(cookie[0]) != {"0"}:
        return cookie[0].lower(), False
    if user_id is not None:
        return sha1(user_id.encode(), usedforsecurity=False).hexdigest()[:16], False
    return pseudonym(request, property_id), True


def user(sent: Sent) -> str | None:
    """The user id, where one was sent that identifies somebody."""
    if b"uid" not in sent.values:
        return None
    user_id = sent.text(b"uid")[:MAX_USER_ID]
    return None if is_junk(user_id) else user_id


def _hash(forced: str) -> str:
    return blake2b(forced.encode(), digest_size=8).hexdigest()
