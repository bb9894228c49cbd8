"""Requests and hits with sane values for everything a test does not care about."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from ipaddress import ip_network
from itertools import count
from typing import Any

import numpy as np

from tracker.columns.parameters import Hits
from tracker.model import Hit, RawRequest

NOW = 1_760_000_000_000_000
"""2025-10-09 08:53:20 UTC: when everything here is received unless a test says otherwise."""
KEPT_HEADERS = ("user-agent", "accept-language", "referer")
_PREFIXES = {4: (32, 24, 16, 8, 0), 6: (128, 48, 32, 16, 0)}


def make_request(
    target: str = "/",
    body: bytes | str = b"",
    *,
    method: str | None = None,
    headers: Mapping[str, str] | None = None,
    address: str = "203.0.113.7",
    host: str = "tracker.example",
    received_at: int = NOW,
    daily_key: bytes = b"a key for one day",
) -> RawRequest:
    """A request as the receiver would make it. GET, or POST where there is a body."""
    path, _, query = target.partition("?")
    content = body.encode() if isinstance(body, str) else body
    sent = {name.lower(): value for name, value in (headers or {}).items()}
    numbers = count(1)
    return RawRequest(
        method=method or ("POST" if content else "GET"),
        path=path,
        query=query.encode("utf-8", "surrogateescape"),
        body=content,
        headers=sent,
        address=address,
        host=host,
        received_at=received_at,
        daily_key=daily_key,
        new_id=lambda: _id(received_at, next(numbers)),
        mask=_mask,
        stamp=_stamp,
        kept_headers={name: sent[name] for name in KEPT_HEADERS if name in sent},
    )


def make_hit(query: bytes | str = b"", **fields: Any) -> Hit:
    """A GA4 hit of client `1.1` on property `G-1`; `fields` replaces any field."""
    raw = query.encode() if isinstance(query, str) else query
    defaults: dict[str, Any] = {
        "id": _id(fields.get("received_at", NOW), 1),
        "property_id": "G-1",
        "client_id": "1.1",
        "protocol": "ga4_gtag",
        "family": "ga4",
        "received_at": NOW,
        "query": raw,
    }
    return Hit(**{**defaults, **fields})


def make_hits(hits: Sequence[Hit], protosession: Sequence[int] | None = None) -> Hits:
    """A batch of hits: offsets count from 0; one protosession, or those given, one number per hit."""
    return Hits(
        partition=0,
        ingested_at=NOW,
        family=hits[0].family if hits else "ga4",
        offsets=np.arange(len(hits), dtype=np.int64),
        protosession=np.array(protosession if protosession is not None else [0] * len(hits), np.int64),
        ids=[hit.id for hit in hits],
        protocols=[hit.protocol for hit in hits],
        property_ids=[hit.property_id for hit in hits],
        client_ids=[hit.client_id for hit in hits],
        user_ids=[hit.user_id for hit in hits],
        stamps=[hit.stamp for hit in hits],
        cookieless=[hit.is_cookieless for hit in hits],
        received_at=np.array([hit.received_at for hit in hits], np.int64),
        event_times=[hit.event_time for hit in hits],
        event_times_refused=[hit.event_time_refused for hit in hits],
        event_keys=[hit.event_key for hit in hits],
        ips=[hit.ip for hit in hits],
        hosts=[hit.host for hit in hits],
        paths=[hit.path for hit in hits],
        methods=[hit.method for hit in hits],
        headers=[hit.headers for hit in hits],
        queries=[hit.query for hit in hits],
        bodies=[hit.body for hit in hits],
    )


def _id(received_at: int, number: int) -> bytes:
    """Shaped like a UUID of version 7, and the same in every run."""
    return (received_at // 1000 << 80 | 7 << 76 | 2 << 62 | number).to_bytes(16, "big")


def _mask(address: str, level: int) -> str:
    try:
        network = ip_network(address)
    except ValueError:
        return ""
    return str(network.supernet(new_prefix=_PREFIXES[network.version][level]).network_address)


def _stamp(request: RawRequest, property_id: str) -> bytes | None:
    seen = "\n".join((property_id, request.address, request.headers.get("user-agent", "")))
    return blake2b(seen.encode("utf-8", "replace"), key=request.daily_key, digest_size=8).digest()
