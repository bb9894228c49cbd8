"""From one event of a Measurement Protocol request to a hit, or to why there is none."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from ipaddress import ip_address
from typing import Any, Final

import orjson

from tracker.model import Hit, RawRequest, Rejected
from tracker.protocols.ga4.client_ids import is_nobody
from tracker.protocols.ga4.mp.auth import MeasurementSettings
from tracker.protocols.ga4.mp.body import Body, identifier, without_personal
from tracker.protocols.ga4.mp.cookies import client_of
from tracker.protocols.ga4.mp.shared import Shared
from tracker.protocols.ga4.mp.stream import Stream
from tracker.protocols.ga4.mp.times import EventTime, event_time
from tracker.protocols.ga4.protocol import MAX_ID
from tracker.protocols.receipt import bounded, is_junk, pseudonym

NAME: Final = "ga4_mp"
FAMILY: Final = "ga4"
_OF_SENDER: Final = frozenset({"user-agent", "accept-language"})
_MAX_AGENT: Final = 1_024
"""Characters of a browser's name that are kept: as many as of a header."""


@dataclass(frozen=True, slots=True)
class Sender:
    """What all events of a request share."""

    request: RawRequest
    """As if the visitor had sent it."""
    settings: MeasurementSettings
    property_id: str
    client_id: str
    is_cookieless: bool
    user_id: str | None
    query: bytes
    body: Body
    shared: Shared

    @classmethod
    def of(cls, request: RawRequest, stream: Stream, settings: MeasurementSettings, body: Body) -> "Sender | None":
        """None where the request names no client."""
        sent = identifier(body.content.get("app_instance_id" if stream.is_app else "client_id"))
        if sent is None:
            return None
        seen = _as_visitor(request, body.content)
        client_id, user_id = client_of(sent), (identifier(body.content.get("user_id")) or "")[:MAX_ID]
        nobody = is_nobody(client_id)
        return cls(
            seen,
            settings,
            stream.property_id,
            pseudonym(_known(seen, request), stream.property_id) if nobody else bounded(client_id, MAX_ID),
            nobody,
            None if is_junk(user_id) else user_id,
            stream.query,
            body,
            Shared.of(body, request.received_at),
        )

    def pieces(self, limit: int) -> Iterator[Hit | Rejected]:
        """What becomes of each event, up to `limit`, and of user properties that are not kept."""
        is_first = True
        for index, event in enumerate(self.body.events[:limit]):
            piece = self._piece(event, index, is_first)
            is_first = is_first and isinstance(piece, Rejected)
            yield piece
        if self.shared.refused is not None:
            yield Rejected(*self.shared.refused, self.property_id, self.client_id)

    def _piece(self, event: object, index: int, is_first: bool) -> Hit | Rejected:
        """The hit of one event, or why there is none. `is_first`: no event before it became a hit."""
        if not isinstance(event, dict) or not isinstance(event.get("name"), str) or not event["name"]:
            return Rejected("no_event", "the event has no name", self.property_id, self.client_id, index)
        own, outer = event.get("timestamp_micros"), self.body.content.get("timestamp_micros")
        when = event_time(outer if own is None else own, self.request.received_at)
        if when.refused == "too_old" and self.body.is_strict:
            return Rejected("too_old", "the event is older than 72 hours", self.property_id, self.client_id, index)
        kept = without_personal(event)
        try:
            payload = self.shared.content(kept, is_first)
            key = None if own is None else self._event_key(kept, when)
        except TypeError:  # nested deeper than JSON can be written
            return Rejected("unreadable", "the event is nested too deeply", self.property_id, self.client_id, index)
        return self.request.hit(
            self.settings,
            property_id=self.property_id,
            client_id=self.client_id,
            protocol=NAME,
            family=FAMILY,
            user_id=self.user_id,
            event_time=when.time,
            event_time_refused=when.refused,
            event_key=key,
            is_cookieless=self.is_cookieless,
            query=self.query,
            body=payload,
        )

    def _event_key(self, event: Mapping[str, Any], when: EventTime) -> bytes | None:
        """The same for an event that is sent again with its own time; None where that is no time at all."""
        if when.said is None:
            return None
        canonical = orjson.dumps(
            [self.property_id, self.client_id, when.said, {**event, "timestamp_micros": None}],
            option=orjson.OPT_SORT_KEYS,
        )
        return blake2b(canonical, digest_size=16).digest()


def _as_visitor(request: RawRequest, content: Mapping[str, Any]) -> RawRequest:
    """The request with the visitor's address and browser, where the server that sends it tells them; else with none:
    its own would make all its visitors one, in one place.
    """
    agent = content.get("user_agent")
    said = {"user-agent": agent[:_MAX_AGENT]} if isinstance(agent, str) and agent else {}
    return replace(
        request,
        address=_address(content.get("ip_override")) or "",
        headers=_of_visitor(request.headers) | said,
        kept_headers=_of_visitor(request.kept_headers) | said,
    )


def _of_visitor(headers: Mapping[str, str]) -> dict[str, str]:
    """Without what describes the sending server."""
    return {name: value for name, value in headers.items() if name not in _OF_SENDER and not name.startswith("sec-ch-")}


def _known(seen: RawRequest, request: RawRequest) -> RawRequest:
    """What tells visitors without an id apart: what is said of them, or the sender where nothing is."""
    return seen if seen.address or "user-agent" in seen.headers else request


def _address(said: object) -> str | None:
    try:
        return str(ip_address(said)) if isinstance(said, str) else None
    except ValueError:
        return None
