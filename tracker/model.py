"""The values that pass between stages. Each is frozen; none knows how it is stored or sent.

Times are integers: microseconds since 1970-01-01 UTC.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Offsets = NDArray[np.int64]
"""Offsets in one partition's log, ascending."""


class PropertyFacts(Protocol):
    """What the stages below configuration need to know about a property."""

    @property
    def mask_address(self) -> int:
        """How much of a client address is cut before it is stored: 0 (none) to 4 (all)."""

    @property
    def join_by_stamp(self) -> str | None:
        """Which hits a session stamp may join: `cookieless`, `always`, `off`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One tracked action cut out of a request, before it means anything.

    `query` and `body` are this hit's own raw bytes, free of secrets; together they are what its protocol decodes later.
    """

    id: bytes
    """16 bytes, time-ordered (UUID version 7), made at receipt."""
    property_id: str
    client_id: str
    """The device's id. What a login rewrites is a column, not this."""
    protocol: str
    """Name of the protocol that can read the payload."""
    family: str
    """Protocols of one family share sessions."""
    received_at: int
    user_id: str | None = None
    event_time: int | None = None
    """The client's own clock, where the protocol carries one and it was accepted."""
    event_time_refused: str | None = None
    """future | too_old | unit | unauthorised | unreadable, where a client's clock was refused."""
    event_key: bytes | None = None
    """What makes a re-sent event the same event, where the protocol has such a thing."""
    is_cookieless: bool = False
    """The client id is not a stored one, so the session stamp may join this hit."""
    stamp: bytes | None = None
    ip: str = ""
    """Client address, already masked as the property asks."""
    host: str = ""
    path: str = ""
    method: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Lower-case names; only those some column reads, never Cookie or Authorization."""
    query: bytes = b""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A piece of a request that does not become a hit. A value, never an exception: its neighbours go on."""

    reason: str
    """A short constant such as `no_property`: metrics and the ledger count by it."""
    detail: str = ""
    """A sentence for a person. Never holds a secret."""
    property_id: str | None = None
    client_id: str | None = None
    index: int = 0
    """Which piece of the request, from 0."""
    excluded: bool = False
    """True: the sender did nothing wrong and is answered as if it were stored (a bot, a stranger, `rec` missing)."""


@dataclass(frozen=True, slots=True)
class Aside:
    """What a protocol learned while it cut a request into hits and needs again for its answer. Neither stored nor
    counted.
    """

    text: str
    """A short constant. Never holds a secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRequest:
    """A request as received. Nothing behind the receiver knows HTTP; this is what protocols read.

    `hit` is how a protocol makes hits: it fills in everything that every hit of the request shares.
    """

    method: str
    path: str
    query: bytes
    """Raw, without the question mark."""
    body: bytes
    """Raw, decompressed."""
    headers: Mapping[str, str]
    """Lower-case names. Every header of the request: copy only what a column reads."""
    address: str
    """Client address, unmasked; never stored."""
    host: str
    received_at: int
    daily_key: bytes
    """Secret of this installation and this UTC day, for ids that must not outlive the day."""
    new_id: Callable[[], bytes]
    mask: Callable[[str, int], str]
    """(address, level) -> masked address."""
    stamp: Callable[["RawRequest", str], bytes | None]
    """(request, property id) -> session stamp; None where stamps must not join."""
    kept_headers: Mapping[str, str]
    """The headers that go into each hit."""

    def hit(
        self,
        facts: PropertyFacts,
        *,
        property_id: str,
        client_id: str,
        protocol: str,
        family: str,
        user_id: str | None = None,
        event_time: int | None = None,
        event_time_refused: str | None = None,
        event_key: bytes | None = None,
        is_cookieless: bool = False,
        query: bytes = b"",
        body: bytes = b"",
        address: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Hit:
        """A hit of this request. `address` and `headers` replace the request's own where the payload may override
        them; an empty address is that of nobody known: it is not stored, and joins nothing.
        """
        seen = self.address if address is None else address
        may_join = bool(seen) and (is_cookieless or facts.join_by_stamp == "always")
        return Hit(
            id=self.new_id(),
            property_id=property_id,
            client_id=client_id,
            protocol=protocol,
            family=family,
            received_at=self.received_at,
            user_id=user_id,
            event_time=event_time,
            event_time_refused=event_time_refused,
            event_key=event_key,
            is_cookieless=is_cookieless,
            stamp=self.stamp(self, property_id) if may_join else None,
            ip=self.mask(seen, facts.mask_address) if seen else "",
            host=self.host,
            path=self.path,
            method=self.method,
            headers=self.kept_headers if headers is None else headers,
            query=query,
            body=body,
        )


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a request, for the protocol's reply. `accepted` hits are on disk when this exists."""

    accepted: int
    rejected: Sequence[Rejected] = ()
    problem: Literal["", "too_large", "unavailable", "bad_request", "method"] = ""
    """Set when the request as a whole was refused; `reply` may then only add headers, not change the status."""
    asides: Sequence[str] = ()
    """What `hits` said to `reply`: the texts of its `Aside`s."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


TICK, CLOCK, COOKIELESS = 1, 2, 4
"""Bits of `Routing.flags`: a tick, a clock record, a hit without a stable client id."""


class Routing(NamedTuple):
    """The first item of a log record: all that the fold needs. A tick or clock record has only a time."""

    version: int
    family: str
    property_id: str
    client_id: str
    user_id: str | None
    stamp: bytes | None
    received_at: int
    flags: int


CloseCause = Literal["timeout", "cap_hits", "cap_duration", "quota"]
"""Why a protosession closed. The last three close early: what follows continues in a new one."""


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed protosession: which hits belong together, and why no more will come."""

    offsets: Offsets
    cause: CloseCause
    continues: CloseCause | None = None
    """Why the protosession before it, of the same client, was closed early; None where this is a beginning."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One batch to write: durable in the log before anything else happens."""

    n: int
    """Number in its partition, from 1, without gaps."""
    log_time: int
    """Log time of the last closing in it: the `ingested_at` of its rows."""
    protosessions: Sequence[Closed]
    hits_before: int
    """Hits of this partition in all plans before this one."""

    @property
    def hits(self) -> int:
        """How many hits this plan holds."""
        return sum(len(closed.offsets) for closed in self.protosessions)

    def offsets(self) -> Offsets:
        """All its offsets, ascending."""
        parts = [closed.offsets for closed in self.protosessions]
        return np.sort(np.concatenate(parts)) if parts else np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class StartPoint:
    """Where a fold begins after a restart: what log time it was when `offset` had been applied."""

    offset: int
    log_time: int


@dataclass(frozen=True, slots=True)
class Carried:
    """An open protosession's hit that stays behind when the log is trimmed past it."""

    offset: int
    record: bytes
    opened_at: int
    """Log time of the protosession's first hit."""
    deadline: int
    continues: CloseCause | None = None


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last plan that is safely in a warehouse."""

    log_id: str
    partition: int
    plan: int
    hits: int
    """Hits in all plans up to and including `plan`."""


Outcome = Literal["written", "duplicate", "filtered", "dead"]
"""Where a planned hit ended."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A hit that could not be written, kept whole."""

    partition: int
    offset: int
    plan: int
    property_id: str
    received_at: int
    stage: str
    reason: str
    record: bytes


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What a plan's hits came to, except those written: offsets by outcome and, for `dead`, the reason."""

    plan: int
    duplicate: Sequence[int] = ()
    filtered: Sequence[int] = ()
    dead: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Epoch:
    """What batches are computed with. The texts are JSON, without anything secret; equal texts have equal numbers."""

    number: int
    """The `schema_epoch` of the rows: a hash of all the rest, 63 bits."""
    program: str
    """Version of the program."""
    columns: str
    """Column -> protocol family -> version, provider, wire names."""
    settings: str
    """Those that decide what the rows are: of all properties, and what single ones have otherwise."""
    data_files: str
    """Name of each resource, and of each library that brings data -> its version."""


ENUMERATION = "enumeration"
"""Metadata of a field of a batch's events: text of which there are few different values."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What a plan's hits came to: rows to write, and a count of everything that is no row."""

    partition: int
    plan: int
    events: pa.Table
    """One row per event, every stored column of the registry, in order of session and time; has `log_offset`."""
    outcomes: Outcomes
    dead: Sequence[DeadLetter]
    ledger: Mapping[tuple[str, Outcome, str], int]
    """(property id, outcome, reason) -> hits, for every outcome but `written`."""
    record_of: Callable[[int], bytes]
    """The log record at an offset of this plan, for a row that the warehouse refuses."""
    epoch: Epoch | None = None
    """What it was computed with; None: nobody said."""
    log_time: int = 0
    """Log time of the plan."""
