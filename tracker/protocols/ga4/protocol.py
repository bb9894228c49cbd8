"""The protocol of gtag.js (`/g/collect`). Google does not document it: this follows what its tags send."""

import re
from collections.abc import Iterator
from hashlib import blake2b
from itertools import islice

from tracker.columns.parameters import Hits
from tracker.config import Properties, PropertySettings
from tracker.model import Hit, RawRequest, Rejected, Reply, Result
from tracker.protocols.base import TrackingProtocol
from tracker.protocols.ga4 import (
    activity,
    columns,
    consent,
    hints,
    items,
    parameter_lists,
    parameters,
    previews,
    session_of_tag,
    sessions,
    traffic,
)
from tracker.protocols.ga4.client_ids import is_nobody
from tracker.protocols.ga4.reply import NO_PROPERTY, preflight_reply, reply
from tracker.protocols.querystring import QueryParameters
from tracker.protocols.receipt import bounded, is_junk, plain, pseudonym, reader, text
from tracker.protocols.secrets import cut

MAX_EVENTS = 500
"""Most events of one request: each carries a copy of the query. A tag sends at most 20."""
MAX_PROPERTY_ID = 100
MAX_ID = 256

SECRETS = frozenset({b"em", b"ec_mode", b"_uip", b"ip_override", b"api_secret"})
"""Hashed personal data, what goes with it, addresses and keys: never stored."""

_LINE = re.compile(rb"[^\r\n]+")
_TRANSPORT = (b"&tfd=", b"&_z=", b"&richsstsse")
"""What a tag adds last, and what differs when a request is sent again: the page's age, and the way it went."""
_read = reader(b"v", b"tid", b"cid", b"uid", b"en", b"dl", b"_p", b"_s", b"gcs", b"gcd", *SECRETS)


class GA4Protocol(TrackingProtocol[PropertySettings]):
    """GA4's browser hits. The query holds what all events of a request share; each line of the body is one event.

    A line's parameter replaces the query's. Without a body the query is the event.
    """

    name = "ga4_gtag"
    family = "ga4"
    paths = ("/g/collect",)
    columns = (
        columns,
        session_of_tag,
        previews,
        consent,
        hints,
        activity,
        sessions,
        parameters,
        parameter_lists,
        items,
        traffic,
    )

    def hits(self, request: RawRequest, properties: Properties[PropertySettings]) -> Iterator[Hit | Rejected]:
        """One `Hit` or `Rejected` per event; a bad line rejects only itself."""
        query = plain(request.query)
        shared = _read(query)
        query = _without_secrets(query, shared)
        lines = (match[0] for match in _LINE.finditer(request.body) if not match[0].isspace())
        index = -1
        for index, raw in enumerate(islice(lines, MAX_EVENTS)):
            line = plain(raw)
            own = _read(line)
            yield _hit(request, properties, query, _without_secrets(line, own), {**shared, **own}, index)
        if index < 0:
            yield _hit(request, properties, query, b"", shared, 0)
        elif next(lines, None) is not None:
            yield Rejected("too_many_events", f"a request may hold {MAX_EVENTS} events", index=MAX_EVENTS)

    def parameters(self, hits: Hits) -> QueryParameters:
        """Query and line together; the line wins."""
        return QueryParameters.of(hits.query_array, hits.body_array)

    def reply(self, request: RawRequest, result: Result) -> Reply:
        """204 as Google answers; 400 where no property was named."""
        return reply(request, result)

    def preflight(self, request: RawRequest) -> Reply:
        """Allow what the tag and custom senders do."""
        return preflight_reply(request, self.methods)


def _hit(
    request: RawRequest,
    properties: Properties[PropertySettings],
    query: bytes,
    line: bytes,
    sent: dict[bytes, bytes],
    index: int,
) -> Hit | Rejected:
    """What one event becomes. `sent` holds its raw values, `query` and `line` what may be stored of it."""
    version = sent.get(b"v", b"2")
    if version != b"2" and text(version) != "2":
        return Rejected("version", "only version 2 of the protocol is GA4", index=index)
    property_id = text(sent.get(b"tid", b""))
    if not property_id or len(property_id) > MAX_PROPERTY_ID:
        return Rejected(NO_PROPERTY, "tid, the measurement id, is missing or too long", index=index)
    settings = properties.of(property_id)
    if settings is None:
        return Rejected("unknown_property", "", property_id, index=index, excluded=True)
    if b"cid" not in sent:
        return Rejected("no_client", "cid, the client id, is missing", property_id, index=index)
    client_id = bounded(text(sent[b"cid"]), MAX_ID)
    if not sent.get(b"en"):
        return Rejected("no_event", "en, the event name, is missing", property_id, client_id, index)
    nobody = is_nobody(client_id)
    user_id = text(sent[b"uid"])[:MAX_ID] if b"uid" in sent else ""
    return request.hit(
        settings,
        property_id=property_id,
        client_id=pseudonym(request, property_id) if nobody else client_id,
        protocol=GA4Protocol.name,
        family=GA4Protocol.family,
        user_id=None if not user_id or is_junk(user_id) else user_id,
        event_key=_event_key(sent, query, line, index),
        is_cookieless=nobody or _storage_denied(sent.get(b"gcs", b""), sent.get(b"gcd", b"")),
        query=query,
        body=line,
    )


def _without_secrets(raw: bytes, values: dict[bytes, bytes]) -> bytes:
    return raw if SECRETS.isdisjoint(values) else cut(raw, SECRETS)


def _storage_denied(now: bytes, history: bytes) -> bool:
    """Whether storage for analytics is denied, so that the client id lives for one page: by gcs, else by gcd."""
    if now[:2] == b"G1" and now[3:4] in (b"0", b"1"):
        return now[3:4] == b"0"
    return bool(history) and consent.consent_of(text(history))[1] is False


def _event_key(sent: dict[bytes, bytes], query: bytes, line: bytes, index: int) -> bytes | None:
    """The same for a request that is sent again: page load and request counter are then the same too.

    A consent update sends old events again on purpose, with another counter. Because some senders write a fixed
    counter, the event's content counts too: its page, and what stands from its name on, in the query or in a line.
    """
    if not (sent.get(b"_p") and sent.get(b"_s")):
        return None
    identity = (sent[b"tid"], sent[b"cid"], sent[b"_p"], sent[b"_s"], sent.get(b"dl", b""), b"%d" % index)
    told = b"&" + query + b"&" + line
    content = told[min(told.rfind(b"&en="), len(query) + 1) :]
    for mark in _TRANSPORT:
        content = content.partition(mark)[0]
    return blake2b(b"&".join((*identity, content)).rstrip(b"&"), digest_size=16).digest()
