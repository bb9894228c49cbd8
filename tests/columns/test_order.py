"""The order of a batch: neither the log's order nor repeated records decide anything about the rows."""

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.clock import HOUR, MINUTE, SECOND
from tracker.model import Closed, Hit
from tracker.testing import compute_rows, make_hit
from tracker.testing.hits import NOW

Row = dict[str, Any]
Log = list[tuple[int, Hit]]
"""Records with the protosession of each."""
NAMES = ["page_view", "page_view", "scroll", "user_engagement", "purchase", "add_to_cart"]
CAMPAIGNS = ["", "", "%3Futm_campaign%3Da", "%3Futm_campaign%3Db"]


@st.composite
def logs(draw: st.DrawFn) -> Log:
    """Batch requests of a few clients, in two protosessions: some overtaken, some with times of their own, some
    received or said to have happened in the same microsecond.
    """
    chance = draw(st.randoms(use_true_random=False))
    log: Log = []
    for request in range(draw(st.integers(1, 12))):
        received = NOW + chance.choice([0, SECOND, 2 * SECOND, 20 * MINUTE, 45 * MINUTE, 90 * MINUTE])
        home, client = chance.choice([(0, "a"), (0, "b"), (0, "c"), (1, "a"), (1, "d")])
        same: dict[str, Any] = {
            "client_id": client,
            "received_at": received,
            "user_id": chance.choice([None, None, "bob", "eve"]),
            "stamp": chance.choice([None, b"home", b"work"]),
            "event_time": chance.choice([None, None, None, received - HOUR, NOW - HOUR]),
        }
        counter = f"&_p={chance.randrange(2)}&_s={chance.randrange(1, 6)}" if chance.random() < 0.6 else ""
        for line in range(chance.choice([1, 1, 1, 2, 4])):
            log.append((home, _hit(chance, request, line, counter, same)))
    return log


def _hit(chance: random.Random, request: int, line: int, counter: str, same: dict[str, Any]) -> Hit:
    page = f"https%3A%2F%2Fa.example%2F{chance.randrange(3)}{chance.choice(CAMPAIGNS)}"
    return make_hit(
        f"en={chance.choice(NAMES)}&dl={page}{counter}&_et=100",
        id=same["received_at"].to_bytes(8, "big") + bytes([0] * 6 + [request, line]),
        event_key=chance.choice([None, None, b"once", b"%d %d" % (request, line)]),
        **same,
    )


def rows_of(log: Sequence[tuple[int, Hit]]) -> list[Row]:
    """Rows by id, without their places in the log; protosessions in the order of their numbers."""
    hits = [hit for _, hit in log]
    homes = np.array([home for home, _ in log])
    closed = [Closed(np.flatnonzero(homes == home), "timeout") for home in sorted(set(homes.tolist()))]
    rows = compute_rows(hits, protosessions=closed)
    return sorted(({k: v for k, v in row.items() if k != "log_offset"} for row in rows), key=lambda row: str(row["id"]))


@settings(max_examples=10, deadline=None)
@given(logs(), st.randoms(use_true_random=False))
def test_the_order_of_the_log_changes_no_row(log: Log, chance: random.Random) -> None:
    """The same records at other offsets are the same rows, as long as the times of receipt stay."""
    assert rows_of(chance.sample(log, len(log))) == rows_of(log)


@settings(max_examples=10, deadline=None)
@given(logs(), st.randoms(use_true_random=False))
def test_repeated_records_change_no_row(log: Log, chance: random.Random) -> None:
    """Events with a key that stand in the log again, received again at the same time, are the same rows."""
    keyed = [(home, hit if hit.event_key else replace(hit, event_key=hit.id)) for home, hit in log]
    again = [
        (home, replace(hit, id=bytes([255] * 8 + [n] * 8)))
        for n, (home, hit) in enumerate(keyed)
        if chance.random() < 0.5
    ]
    both = keyed + again
    expected = [{**row, "id": None} for row in rows_of(keyed)]
    found = [{**row, "id": None} for row in rows_of(chance.sample(both, len(both)))]
    assert sorted(found, key=str) == sorted(expected, key=str)


def test_lines_of_one_request_keep_their_order() -> None:
    """Also where a later request, said to be of the same moment, stands before them in the log."""
    names = ["c", "a", "b"]
    lines = [make_hit(f"en={name}", id=bytes([0] * 15 + [n]), event_time=NOW) for n, name in enumerate(names)]
    later = make_hit("en=later", id=bytes([1] * 16), event_time=NOW, received_at=NOW + SECOND)
    rows = compute_rows([later, *lines])
    assert [row["name"] for row in sorted(rows, key=lambda row: int(row["event_number"]))] == ["c", "a", "b", "later"]
