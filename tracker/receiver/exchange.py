"""One request and its answer: judged, cut into hits, committed, answered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cbor2
from aiohttp.http import HttpVersion10, RawRequestMessage

from tracker.config import Properties
from tracker.errors import Retry
from tracker.model import Aside, Hit, RawRequest, Rejected, Reply, Result
from tracker.receiver.answer import Renderer, cors, refused
from tracker.receiver.commit import Committer, Entry
from tracker.receiver.limits import Limits, Refusal
from tracker.receiver.request import RequestReader, split_target
from tracker.receiver.routes import AnyProtocol, Routes
from tracker.receiver.tally import Complaints, Tally

_HELLO = Reply(
    200,
    b"This is a tracker. It receives hits; there is nothing to see.\n",
    {"Content-Type": "text/plain; charset=utf-8"},
)
_UNKNOWN = Refusal(404, "No protocol has this path.", "bad_request")
_UNREADABLE = Refusal(400, "The request could not be read; nothing was accepted.", "bad_request")
_FULL = Refusal(503, "The tracker cannot store hits at the moment; nothing was accepted.", "unavailable")
_FAILED = Refusal(500, "The tracker failed to store the request; nothing was accepted.", "unavailable")
_MAX_DETAIL = 300
Answered = Callable[[bytes, bool], None]
"""(the whole answer, whether the connection stays): called once per request."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What all exchanges of a receiver share."""

    routes: Routes
    limits: Limits
    reader: RequestReader
    renderer: Renderer
    committer: Committer
    tally: Tally
    complaints: Complaints
    properties: Properties[Any]
    encode: Callable[[Hit], bytes]
    partition_of: Callable[[Hit], int]


class Exchange:
    """One request and its answer. `answered` is called once: at once, or when the commit is done."""

    __slots__ = (
        "_answered",
        "_asides",
        "_desk",
        "_hits",
        "_message",
        "_path",
        "_peer",
        "_protocol",
        "_query",
        "_raw",
        "_rejected",
    )

    _asides: list[str]
    _protocol: AnyProtocol
    _raw: RawRequest
    _rejected: Sequence[Rejected]

    def __init__(self, desk: Desk, message: RawRequestMessage, peer: str, answered: Answered) -> None:
        self._desk, self._message, self._peer, self._answered = desk, message, peer, answered
        self._hits, self._asides = 0, []
        self._path, self._query = split_target(message.path)

    def screen(self, received: int) -> bool:
        """Judge the head alone. False: it has been answered, and the body is of no interest.

        `received` is an upper bound of the bytes of the head.
        """
        desk, message = self._desk, self._message
        refusal = desk.limits.head(message.path, message.raw_headers, received)
        protocol = desk.routes.find(self._path)
        if protocol is None:
            self._answer_stranger(refusal)
            return False
        self._protocol = protocol
        if refusal is None and message.method not in protocol.methods:
            if message.method == "OPTIONS":
                self._read(b"")
                self._send(protocol.name, protocol.preflight(self._raw), keep=True)
                return False
            refusal = _not_allowed(protocol.methods)
        if refusal is not None:
            self.refuse(refusal, keep=refusal.status == 405)
        return refusal is None

    def announces_too_much(self) -> bool:
        """Judge the body by its announced length, before it is read. True: it has been answered."""
        refusal = self._desk.limits.length(self._message.headers.get("Content-Length"))
        if refusal is not None:
            self.refuse(refusal, keep=False)
        return refusal is not None

    def receive(self, body: bytes) -> None:
        """Cut the request into hits and have them committed."""
        desk, protocol = self._desk, self._protocol
        raw = self._read(body)
        refusal = desk.limits.body(raw.query, body, raw.headers)
        if refusal is not None:
            self.refuse(refusal, keep=True)
            return
        records, rejected = self._cut()
        if isinstance(records, Refusal):
            self.refuse(records, keep=True)
            return
        self._hits, self._rejected = len(records), rejected
        try:
            if records:
                size = sum([len(record) for _, record in records])
                desk.committer.submit(Entry(records, self._encoded(rejected), protocol.name, self._committed, size))
                return
            desk.committer.note(self._encoded(rejected))
        except Retry as error:
            self._committed(error)
        else:
            self._reply()

    def refuse(self, refusal: Refusal, *, keep: bool) -> None:
        """Answer a request that reached a protocol and is refused as a whole: the protocol adds headers, no more."""
        headers = cors(self._message.headers.get("Origin"))
        try:
            raw = self._raw if hasattr(self, "_raw") else self._read(b"")
            headers |= self._protocol.reply(raw, Result(0, problem=refusal.problem)).headers
        except Exception as error:  # a plugin's boundary
            self._complain("a protocol failed to reply", error)
        self._send(self._protocol.name, refused(refusal, headers), keep=keep)

    def _read(self, body: bytes) -> RawRequest:
        self._raw = self._desk.reader.read(self._message, self._path, self._query, body, self._peer)
        return self._raw

    def _cut(self) -> tuple[list[tuple[int, bytes]] | Refusal, list[Rejected]]:
        """Records to commit and what was rejected; a refusal where nothing could be read, or far too much."""
        desk, protocol, raw = self._desk, self._protocol, self._raw
        encode, partition_of = desk.encode, desk.partition_of
        records: list[tuple[int, bytes]] = []
        rejected: list[Rejected] = []
        left = desk.limits.max_records
        try:
            for piece in protocol.hits(raw, desk.properties):
                if isinstance(piece, Rejected):
                    rejected.append(piece)
                    continue
                if isinstance(piece, Aside):
                    self._asides.append(piece.text)
                    continue
                try:
                    record = encode(piece)
                    records.append((partition_of(piece), record))
                except Exception as error:  # one hit that cannot be stored harms only itself
                    self._complain("a hit could not be encoded", error)
                    rejected.append(Rejected("unencodable", "the hit could not be encoded", index=len(records)))
                    continue
                left -= len(record)
                if left < 0:
                    return desk.limits.records_too_large, []
        except Exception as error:  # a plugin's boundary
            self._complain("a protocol failed to cut a request into hits", error)
            self._desk.tally.rejected(protocol.name, "protocol_failed")
            if not records and not rejected:
                return _UNREADABLE, []
            rejected.append(Rejected("protocol_failed", "the rest of the request could not be read"))
        return records, rejected

    def _committed(self, error: Exception | None) -> None:
        """Answer, now that the hits are on disk or are known not to be."""
        if error is None:
            self._reply()
        else:
            self.refuse(_FULL if isinstance(error, Retry) else _FAILED, keep=True)

    def _reply(self) -> None:
        name = self._protocol.name
        for piece in self._rejected:
            self._desk.tally.rejected(name, piece.reason)
        try:
            reply = self._protocol.reply(self._raw, Result(self._hits, self._rejected, asides=self._asides))
        except Exception as error:  # a plugin's boundary; what is stored must not be sent again
            self._complain("a protocol failed to reply", error)
            reply = Reply(204 if self._hits else 400, headers=cors(self._raw.headers.get("origin")))
        self._send(name, reply, keep=True)

    def _answer_stranger(self, refusal: Refusal | None) -> None:
        is_hello = refusal is None and self._path == "/" and self._message.method in ("GET", "HEAD")
        reply = _HELLO if is_hello else refused(refusal or _UNKNOWN, cors(self._message.headers.get("Origin")))
        self._send("", reply, keep=refusal is None)

    def _send(self, protocol: str, reply: Reply, *, keep: bool) -> None:
        message, desk = self._message, self._desk
        keep = keep and not message.should_close
        data = desk.renderer.render(
            reply, keep=keep, is_head=message.method == "HEAD", is_old=message.version == HttpVersion10
        )
        desk.tally.answered(protocol, reply.status)
        self._answered(data, keep)

    def _encoded(self, rejected: Sequence[Rejected]) -> list[bytes]:
        return [
            cbor2.dumps(
                {
                    "t": self._raw.received_at,
                    "r": piece.reason,
                    "d": piece.detail[:_MAX_DETAIL],
                    "pi": piece.property_id,
                    "ci": piece.client_id,
                    "pa": self._path[:_MAX_DETAIL],
                    "p": self._protocol.name,
                    "x": piece.excluded,
                }
            )
            for piece in rejected
        ]

    def _complain(self, message: str, error: Exception) -> None:
        self._desk.complaints.add(message, self._protocol.name, error, path=self._path)


def _not_allowed(methods: Sequence[str]) -> Refusal:
    allowed = ", ".join([*methods, "OPTIONS"])
    return Refusal(405, f"Only {allowed} may be used here.", "method", {"Allow": allowed})
