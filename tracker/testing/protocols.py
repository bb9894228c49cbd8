"""What every protocol must do, as a test class to inherit from."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from tracker.config import Properties
from tracker.model import Aside, Hit, RawRequest, Rejected, Result
from tracker.protocols.base import TrackingProtocol
from tracker.testing.hits import make_hits

_INSERTED = (b"&", b"=", b"%", b"%00", b"%ff", b"\x00", b"\xff", b"\r\n", b"{", b'"', b"+", b"&&", b"=%", b"9" * 5_000)


class ProtocolContract:
    """Inherit, name the class `Test...`, and set `protocol` and `good`; `bad` and `secrets` where there are such.

    ```python
    class TestAcme(ProtocolContract):
        protocol = Acme()
        good = (make_request("/acme/collect?site=1&event=buy"),)
    ```
    """

    protocol: ClassVar[TrackingProtocol[Any]]
    good: ClassVar[Sequence[RawRequest]]
    """Requests of which every piece becomes a hit."""
    bad: ClassVar[Sequence[RawRequest]] = ()
    """Requests of which no piece becomes a hit, through the sender's fault."""
    secrets: ClassVar[Sequence[bytes]] = ()
    """Values in `good` that must never be stored."""
    mutations: ClassVar[int] = 200
    """How many damaged copies of each request are tried."""

    def properties(self) -> Properties[Any]:
        """Settings to read with: by default every property is accepted."""
        return Properties({}, self.protocol.Settings())

    def test_good_requests_become_hits(self) -> None:
        """Every piece of a good request becomes a hit of this protocol and family."""
        for request in self.good:
            pieces = self._pieces(request)
            assert pieces, f"{request.path} became nothing"
            assert [piece for piece in pieces if isinstance(piece, Rejected)] == []
            names = {(piece.protocol, piece.family) for piece in pieces if isinstance(piece, Hit)}
            assert names == {(self.protocol.name, self.protocol.family)}

    def test_bad_requests_become_no_hit(self) -> None:
        """A bad request yields no hit, and a reason where it yields anything."""
        for request in self.bad:
            pieces = self._pieces(request)
            assert [piece for piece in pieces if isinstance(piece, Hit)] == []
            assert all(piece.reason for piece in pieces if isinstance(piece, Rejected))

    def test_hits_are_deterministic(self) -> None:
        """The same request gives the same pieces again, but for ids."""
        for request in (*self.good, *self.bad):
            assert _without_ids(self._pieces(request)) == _without_ids(self._pieces(request))

    def test_any_bytes_are_survived(self) -> None:
        """Damaged requests raise nothing, are never answered with a server error, and their hits can be decoded."""
        for request in (*self.good, *self.bad):
            hits: list[Hit] = []
            for damaged in self._damaged(request):
                pieces = self._pieces(damaged)
                rejected = [piece for piece in pieces if isinstance(piece, Rejected)]
                assert self.protocol.reply(damaged, Result(len(pieces) - len(rejected), rejected)).status < 500
                hits += [piece for piece in pieces if isinstance(piece, Hit)]
            parameters = self.protocol.parameters(make_hits(hits))
            for key in list(parameters.keys()):
                values = parameters.get(key)
                assert values is not None
                assert len(values) == len(hits)
                values.validate(full=True)

    def test_secrets_are_not_stored(self) -> None:
        """No secret stands in any field of a hit."""
        for request in self.good:
            for piece in self._pieces(request):
                stored = repr(piece).encode()
                assert [secret for secret in self.secrets if secret in stored] == []

    def test_headers_with_secrets_are_not_stored(self) -> None:
        """Cookie and Authorization never reach a hit."""
        for request in self.good:
            hidden = {**request.headers, "cookie": "a=hidden", "authorization": "hidden"}
            for piece in self._pieces(replace(request, headers=hidden)):
                assert "hidden" not in repr(piece)

    def test_every_hit_is_a_row_of_parameters(self) -> None:
        """Decoding a batch gives one row per hit, in order; alone a hit reads as it does among others."""
        hits = [piece for request in self.good for piece in self._pieces(request) if isinstance(piece, Hit)]
        together = self.protocol.parameters(make_hits(hits))
        assert len(together) == len(hits)
        for row, hit in enumerate(hits):
            alone = self.protocol.parameters(make_hits([hit]))
            for key in list(alone.keys()):
                values, own = together.get(key), alone.get(key)
                assert values is not None
                assert own is not None
                assert values[row].as_py() == own[0].as_py()

    def test_answers_can_be_read_by_the_page(self) -> None:
        """The answer to a page names its origin, also where the request was refused; never `*` with credentials."""
        for request in (*self.good, *self.bad):
            asked = replace(request, headers={**request.headers, "origin": "https://site.example"})
            for answer in (self._reply(asked), self.protocol.preflight(asked)):
                headers = {name.lower(): value for name, value in answer.headers.items()}
                allowed, credentials = headers["access-control-allow-origin"], headers.get(_CREDENTIALS)
                assert (allowed, credentials) in [("https://site.example", "true"), ("*", None)]

    def test_good_requests_are_answered_with_success(self) -> None:
        """A stored request is answered 2xx, or its sender would send it again."""
        for request in self.good:
            assert 200 <= self._reply(request).status < 300

    def test_a_refused_request_gets_headers(self) -> None:
        """`reply` is also asked when a request was refused before it was read."""
        for request in self.good:
            refused = replace(request, body=b"", query=b"")
            assert self.protocol.reply(refused, Result(0, problem="too_large")).headers

    def _pieces(self, request: RawRequest) -> list[Hit | Rejected]:
        found = self.protocol.hits(request, self.properties())
        return [piece for piece in found if not isinstance(piece, Aside)]

    def _reply(self, request: RawRequest) -> Any:
        pieces = self._pieces(request)
        rejected = [piece for piece in pieces if isinstance(piece, Rejected)]
        return self.protocol.reply(request, Result(len(pieces) - len(rejected), rejected))

    def _damaged(self, request: RawRequest) -> Iterator[RawRequest]:
        chance = random.Random(1)  # noqa: S311 - the same damage in every run
        for _ in range(self.mutations):
            yield replace(request, query=_damage(request.query, chance), body=_damage(request.body, chance))


_CREDENTIALS = "access-control-allow-credentials"


def _damage(raw: bytes, chance: random.Random) -> bytes:
    """A few random changes: bytes flipped, cut, doubled, or something awkward put in."""
    for _ in range(chance.randrange(4)):
        begin, end = sorted((chance.randrange(len(raw) + 1), chance.randrange(len(raw) + 1)))
        change = chance.randrange(4)
        if change == 0:
            raw = raw[:begin] + bytes([chance.randrange(256)]) + raw[begin + 1 :]
        elif change == 1:
            raw = raw[:begin] + raw[end:]
        elif change == 2:
            raw = raw[:end] + raw[begin:end] + raw[end:]
        else:
            raw = raw[:begin] + chance.choice(_INSERTED) + raw[begin:]
    return raw


def _without_ids(pieces: Sequence[Hit | Rejected]) -> list[Hit | Rejected]:
    return [replace(piece, id=b"") if isinstance(piece, Hit) else piece for piece in pieces]
