"""The wire read in the plainest way, step by step: what the decoders of the product are compared with."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tracker.model import RawRequest
from tracker.testing import make_request
from tracker.testing.hits import NOW

CAPTURED = Path(__file__).resolve().parents[2] / "../shared/fixtures/captured-hits.jsonl"
"""Requests of real tags: a line of JSON each."""
HEX = b"0123456789abcdefABCDEF"
GA4_SECRETS = ("em", "ec_mode", "_uip", "ip_override", "api_secret")
SEARCH_WORDS = ("q", "query", "s", "search", "searchword", "k", "keyword", "keywords")
"""Parameters of a page's URL that hold what was searched for, unless the settings name others."""
MATOMO_SECRETS = ("token_auth", "cip")


def text(raw: bytes) -> str:
    """`+` is a space, `%` and two hexadecimal digits are a byte, all else is itself; no UTF-8 is U+FFFD."""
    decoded, at = bytearray(), 0
    while at < len(raw):
        digits = raw[at + 1 : at + 3]
        if raw[at] == ord("%") and len(digits) == 2 and all(digit in HEX for digit in digits):
            decoded.append(int(digits, 16))
            at += 3
        else:
            decoded.append(ord(" ") if raw[at] == ord("+") else raw[at])
            at += 1
    return decoded.decode("utf-8", "replace")


def pairs(query: bytes, secrets: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Names and values between `&`, without those of `secrets`; a piece without `=` has an empty value."""
    found = []
    for piece in query.split(b"&"):
        name, equals, value = piece.partition(b"=")
        if piece and not (equals and text(name) in secrets):
            found.append((text(name), text(value)))
    return found


def last_of_each(found: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The last value of each name, where it stood."""
    named: dict[str, str] = {}
    for name, value in found:
        named.pop(name, None)
        named[name] = value
    return named


def ga4_events(query: bytes, body: bytes) -> list[dict[str, str]]:
    """The parameters of each event: of each line that holds something, or else of the query."""
    lines = [line for line in body.replace(b"\r", b"\n").split(b"\n") if line.strip()]
    shared = pairs(query, GA4_SECRETS)
    return [last_of_each(shared + pairs(line, GA4_SECRETS)) for line in lines or [b""]]


def ga4_refusal(event: dict[str, str]) -> str | None:
    """Why an event is none: what it lacks."""
    if event.get("v", "2") != "2":
        return "version"
    if not event.get("tid") or len(event["tid"]) > 100:
        return "no_property"
    if "cid" not in event:
        return "no_client"
    return None if event.get("en") else "no_event"


def matomo_event(query: bytes, form: bytes = b"") -> dict[str, str]:
    """The parameters of a tracking request; the query replaces the form."""
    return last_of_each(pairs(form.strip(), MATOMO_SECRETS) + pairs(query, MATOMO_SECRETS))


def matomo_name(event: dict[str, str]) -> str:
    """What a tracking request is about, by the tracker's own order of precedence."""

    def said(*names: str) -> bool:
        return all(event.get(name, "") not in ("", "undefined") for name in names)

    goal = event.get("idgoal", "")
    if event.get("ping") == "1":
        return "ping"
    if goal == "0":
        return "ecommerce_order" if said("ec_id") else "ecommerce_cart_update"
    if goal.isdecimal():
        return "goal_conversion"
    if said("ma_id"):
        kind = {"video": "video_play", "audio": "audio_play"}.get(event.get("ma_mt", ""), "media_play")
        return "media_impression" if event.get("ma_st") == "0" else kind
    if said("cra"):
        return "crash"
    if said("download"):
        return "download"
    if said("link"):
        return "outlink"
    if said("e_c", "e_a"):
        return "custom_event"
    if said("c_n"):
        return "content_interaction" if said("c_i") else "content_impression"
    if event.get("search", "").strip():
        return "site_search"
    if event.get("ca") == "1":
        return "custom_action"
    searched = dict(pairs(event.get("url", "").partition("#")[0].partition("?")[2].encode()))
    return "site_search" if any(searched.get(name, "").strip() for name in SEARCH_WORDS) else "page_view"


def item_parts(item: str) -> list[str]:
    """Read sign by sign: two tildes are one of the text, a single one ends a part. Empty parts are nothing."""
    parts, part, at = [], "", 0
    while at < len(item):
        if item[at] != "~":
            part += item[at]
        elif item[at + 1 : at + 2] == "~":
            part += "~"
            at += 1
        else:
            parts.append(part)
            part = ""
        at += 1
    return [part for part in [*parts, part] if part]


def item_fields(item: str) -> dict[str, str]:
    """Two letters of key and what follows; what has no value is nothing, and the last of a key counts."""
    return {part[:2]: part[2:] for part in item_parts(item) if len(part) > 2}


def named_values(event: dict[str, str], prefix: str) -> list[tuple[str, str]]:
    """Name and value of `PREFIX.NAME` and `PREFIXn.NAME`, in the order on the wire."""
    return [
        (key.partition(".")[2], value) for key, value in event.items() if key.startswith((f"{prefix}.", f"{prefix}n."))
    ]


def captured(protocol: str) -> list[dict[str, Any]]:
    """The captured requests of one protocol, as they were written down."""
    if not CAPTURED.exists():
        pytest.skip("the captured requests are not beside this repository")
    return [sent for sent in map(json.loads, CAPTURED.read_text().splitlines()) if sent["protocol"] == protocol]


def request_of(sent: dict[str, Any], received_at: int = NOW) -> RawRequest:
    """A captured request, received at some time."""
    return make_request(
        sent["url"], sent["body"], method=sent["method"], headers=sent["headers"], received_at=received_at
    )


def query_of(sent: dict[str, Any]) -> bytes:
    """The query of a captured request."""
    query: str = sent["url"].partition("?")[2]
    return query.encode()
