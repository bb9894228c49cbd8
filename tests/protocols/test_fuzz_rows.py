"""Poisoned hits on the way to rows: each is a row or a counted dead letter, and its neighbours stay as they are."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.protocols.test_fuzz_ga4 import REQUESTS as GA4_REQUESTS
from tests.protocols.test_fuzz_ga4 import pieces as ga4_pieces
from tests.protocols.test_fuzz_matomo import FORMS, QUERIES, request_of
from tests.protocols.test_fuzz_matomo import pieces as matomo_pieces
from tracker.config import Properties, PropertySettings
from tracker.model import Closed, Hit
from tracker.protocols.ga4 import GA4Protocol
from tracker.protocols.matomo import MatomoProtocol
from tracker.protocols.matomo.auth import MatomoSettings
from tracker.testing import make_request
from tracker.testing.rows import compute_batch

MATOMO = "/matomo.php?idsite=1&rec=1"
GA4 = "/g/collect?v=2&tid=G-1&_p=7&_s=1"
SURROGATE = "%ED%A0%80"
GA4_NEIGHBOURS = (
    f"{GA4}&cid=8.1&en=page_view&dl=https%3A%2F%2Fa.example%2Fp%3Futm_source%3Dx&dt=T&sid=1&_et=5&up.plan=gold",
    f"{GA4}&cid=9.1&en=purchase&cu=EUR&epn.value=5&ep.transaction_id=T1&pr1=idA~nmN~pr2.5~qt2&uid=u",
)
MATOMO_NEIGHBOURS = (
    f"{MATOMO}&_id=aaaaaaaaaaaaaaaa&url=https%3A%2F%2Fa.example%2F&action_name=T&cvar=%7B%7D",
    f"{MATOMO}&_id=bbbbbbbbbbbbbbbb&idgoal=0&ec_id=O1&revenue=5&ec_items=[[%22s%22,%22n%22,%22c%22,5,1]]",
)
POISON = {
    "ten thousand parameters": f"{GA4}&cid=1.1&en=x" + "".join(f"&ep.k{n}={n}" for n in range(10_000)),
    "ten thousand user properties": f"{GA4}&cid=1.1&en=x" + "".join(f"&upn.k{n}={n}" for n in range(10_000)),
    "garbage for items": f"{GA4}&cid=1.1&en=purchase&epn.value=x"
    + "".join(f"&pr{n}={'~' * (n % 7)}{'%ff' * (n % 3)}id~k0~v0~pr{n}e{n}" for n in range(1, 201)),
    "a long url": f"{GA4}&cid=1.1&en=page_view&dl=https%3A%2F%2Fa.example%2F{'%25' * 5_400}",
    "a url that is none": f"{GA4}&cid=1.1&en=page_view&dl=http://[::1%00]:99999999/%3F%26%3D%23?&dr=//[&dt=",
    "surrogates in every id": f"/g/collect?v=2&tid=G{SURROGATE}&cid={SURROGATE}&uid={SURROGATE}&sid={SURROGATE}"
    f"&_p={SURROGATE}&_s={SURROGATE}&en={SURROGATE}&dl={SURROGATE}&ul={SURROGATE}&sr={SURROGATE}",
    "nul everywhere": f"{GA4}&cid=%00&uid=%00&en=%00&dl=%00&dt=a%00b&ep.%00=%00&pr1=id%00~nm%00&sr=%00&cu=%00",
    "numbers that are none": f"{GA4}&cid=1.1&en=purchase&epn.value=NaN&epn.tax=1e400&epn.shipping=１２&_et=-0&sct=1e999"
    "&ep.value=Infinity&sid=99999999999999999999&epn.score=0x10&epn.level=%2B1&_c=maybe&sr=0x0&pr1=idA~pr1e400~qtNaN",
    "a time that overflows": f"/g/collect?v=2&tid=G-1&cid=1.1&_p={'9' * 19}&_s={'9' * 19}&en=x&sid=-1"
    f"&sct=-{2**63}",
    "consent that is none": f"{GA4}&cid=1.1&en=x&gcs=G1%ff%ff&gcd=1{'%ff' * 9}&gcu=2&uafvl=%7C%7C%3B%25&uaw=x&tfd=-1",
}  # fmt: skip
MATOMO_POISON = {
    "surrogates": f"{MATOMO}&uid={SURROGATE}&url={SURROGATE}&e_c={SURROGATE}&e_a=a&ua={SURROGATE}",
    "broken json": f"{MATOMO}&cvar={{&e_cvar=[&ec_items=[[[&uadata={{%22brands%22:7}}&data=x&idgoal=0&ec_id=1",
    "items of any shape": f"{MATOMO}&idgoal=0&ec_id=2&ec_items=[7,[],[[]],[null],{{}},[%22s%22,[1,{{}}],9,%22x%22]]",
    "deep json": f"{MATOMO}&cvar={'[' * 5_000}&ec_items={'[' * 5_000}{']' * 5_000}&idgoal=0&ec_id=3",
    "numbers": f"{MATOMO}&revenue=1e400&ec_tx=NaN&e_v=１２&e_c=c&e_a=a&pf_srv=99999999999999999999&h=-1&m=x"
    "&search=q&search_count=1e9&idgoal=99999999999999999999&_idts=-1&ma_st=x&ma_id=m&bw_bytes=9223372036854775808",
    "dimensions": MATOMO + "".join(f"&dimension{n}=%ff{n}" for n in range(2_000)),
    "a long url": f"{MATOMO}&url=https%3A%2F%2Fa.example%2F%3F{'a%5B%5D=%26' * 1_500}&urlref=http://[",
}  # fmt: skip


def ga4(*targets: str) -> list[Hit]:
    return _hits(GA4Protocol(), PropertySettings(), targets)


def matomo(*targets: str) -> list[Hit]:
    return _hits(MatomoProtocol(), MatomoSettings(), targets)


def _hits(protocol: Any, settings: PropertySettings, targets: Sequence[str]) -> list[Hit]:
    """The hits of requests of which each is one."""
    hits: list[Hit] = []
    for target in targets:
        (hit,) = protocol.hits(make_request(target), Properties({}, settings))
        assert isinstance(hit, Hit), hit
        hits.append(hit)
    return hits


def rows(hits: Sequence[Hit]) -> list[dict[str, Any] | None]:
    """The row of each hit, each in a protosession of its own; None for one that is a dead letter.

    Checks that every hit is in one of these two places, and the tables valid.
    """
    batch = compute_batch(hits, protosessions=[Closed(np.array([n]), "timeout") for n in range(len(hits))])
    batch.events.validate(full=True)
    found = {int(row["log_offset"]): row for row in batch.events.to_pylist()}
    dead = {letter.offset for letter in batch.dead}
    assert not batch.outcomes.duplicate
    assert sorted([*found, *dead]) == list(range(len(hits)))
    assert sum(batch.ledger.values()) == len(dead)
    return [found.get(n) for n in range(len(hits))]


def unplaced(row: dict[str, Any] | None) -> dict[str, Any]:
    """A row without what tells where its hit stood in the log and in its plan."""
    assert row is not None
    return {name: value for name, value in row.items() if name != "log_offset"}


def check(poisoned: Sequence[Hit], neighbours: Sequence[Hit]) -> list[dict[str, Any] | None]:
    """The poisoned rows, once their neighbours have been found unharmed."""
    alone = [unplaced(row) for row in rows(neighbours)]
    together = rows([*neighbours[:1], *poisoned, *neighbours[1:]])
    assert [unplaced(together[0]), unplaced(together[-1])] == alone
    return together[1:-1]


@pytest.mark.parametrize("poison", POISON)
def test_ga4_poison(poison: str) -> None:
    """Whatever one GA4 hit holds, it is a row, and the hits around it are not changed by it."""
    (row,) = check(ga4(POISON[poison]), ga4(*GA4_NEIGHBOURS))
    assert row is not None


@pytest.mark.parametrize("poison", MATOMO_POISON)
def test_matomo_poison(poison: str) -> None:
    """Whatever one Matomo hit holds, it is a row, and the hits around it are not changed by it."""
    (row,) = check(matomo(MATOMO_POISON[poison]), matomo(*MATOMO_NEIGHBOURS))
    assert row is not None


def test_all_poison_at_once() -> None:
    """In one batch too, and each poisoned row is what it is alone."""
    hits = ga4(*(target.replace("cid=1.1", f"cid={n}.2") for n, target in enumerate(POISON.values())))
    assert [unplaced(row) for row in check(hits, ga4(*GA4_NEIGHBOURS))] == [unplaced(rows([hit])[0]) for hit in hits]


@settings(max_examples=12, deadline=None)
@given(st.lists(GA4_REQUESTS, min_size=1, max_size=4))
def test_any_ga4_request(requests: list[tuple[bytes, bytes]]) -> None:
    """Any bytes: rows or dead letters, and no harm to others."""
    check([p for sent in requests for p in ga4_pieces(*sent) if isinstance(p, Hit)], ga4(*GA4_NEIGHBOURS))


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(QUERIES, FORMS), min_size=1, max_size=4))
def test_any_matomo_request(requests: list[tuple[bytes, bytes]]) -> None:
    """Any bytes: rows or dead letters, and no harm to others."""
    found = [piece for sent in requests for piece in matomo_pieces(request_of(*sent))]
    check([piece for piece in found if isinstance(piece, Hit)], matomo(*MATOMO_NEIGHBOURS))
