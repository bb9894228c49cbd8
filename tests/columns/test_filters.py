"""What a filter leaves out influences no session and no column, and is counted."""

from typing import Any

import pytest

from tracker.clock import MINUTE
from tracker.model import Hit
from tracker.testing import compute_batch, compute_rows, make_hit
from tracker.testing.hits import NOW

BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def matomo(minute: int, agent: str = PERSON, query: str = "", **fields: Any) -> Hit:
    values: dict[str, Any] = {
        "protocol": "matomo",
        "family": "matomo",
        "property_id": "1",
        "client_id": "0123456789abcdef",
        "received_at": NOW + minute * MINUTE,
        "headers": {"user-agent": agent},
    }
    return make_hit(f"idsite=1&rec=1&url=https%3A%2F%2Fa.example%2F{minute}&{query}", **{**values, **fields})


def test_a_filtered_event_is_no_row_and_is_counted() -> None:
    """By reason, in the ledger; its offset is told too."""
    batch = compute_batch([matomo(0), matomo(1, BOT), matomo(2)])
    assert batch.events["log_offset"].to_pylist() == [0, 2]
    assert (batch.ledger, batch.outcomes.filtered) == ({("1", "filtered", "bot"): 1}, [1])


def test_a_filtered_event_holds_no_session_together() -> None:
    """Forty minutes between two events are two sessions, whatever a bot did in between."""
    rows = compute_rows([matomo(0), matomo(20, BOT), matomo(40)])
    assert len({row["session_id"] for row in rows}) == 2


def test_a_filtered_event_splits_no_session() -> None:
    """Not even where it asks for a new visit."""
    rows = compute_rows([matomo(0), matomo(1, BOT, "new_visit=1"), matomo(2)])
    assert len({row["session_id"] for row in rows}) == 1


def test_a_filtered_event_is_in_no_column() -> None:
    """Totals, entry page and numbers are those of the others."""
    hits = [matomo(1), matomo(2)]
    assert _without_offsets(compute_rows([matomo(0, BOT), *hits])) == _without_offsets(compute_rows(hits))


def test_a_batch_may_be_filtered_whole() -> None:
    """No rows, and everything counted."""
    batch = compute_batch([matomo(0, BOT), matomo(1, BOT)])
    assert (batch.events.num_rows, batch.ledger) == (0, {("1", "filtered", "bot"): 2})


def test_every_hit_is_a_row_or_counted() -> None:
    """Filtered, repeated and written ones of several properties and protocols add up."""
    order: Any = {"event_key": b"k" * 16}
    hits = [
        matomo(0, BOT, **order),
        matomo(0, PERSON, **order),
        matomo(1, property_id="2"),
        matomo(1, BOT, property_id="2", client_id="f" * 16),
        make_hit("v=2&en=page_view", headers={"user-agent": BOT}),
    ]
    batch = compute_batch(hits)
    assert batch.events.num_rows + sum(batch.ledger.values()) == len(hits)
    assert batch.events["tracking_protocol"].to_pylist().count("ga4_gtag") == 1


@pytest.mark.parametrize(
    ("query", "settings", "kept"),
    [
        ("", {}, False),
        ("bots=1", {}, True),
        ("bots=0", {}, False),
        ("bots=yes", {}, False),
        ("", {"properties": {"1": {"exclude_bots": False}}}, True),
        ("", {"properties": {"2": {"exclude_bots": False}}}, False),
    ],
)
def test_matomo_leaves_bots_out(query: str, settings: dict[str, Any], kept: bool) -> None:
    """Unless the hit or its property wants them."""
    assert bool(compute_rows([matomo(0, BOT, query)], settings)) is kept


def test_who_does_not_say_what_they_are_is_kept() -> None:
    """No user agent, no bot."""
    assert len(compute_rows([matomo(0, headers={})])) == 1


def _without_offsets(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "log_offset": None} for row in rows]
