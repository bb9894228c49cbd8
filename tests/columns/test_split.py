"""Order, de-duplication and the cuts of boundaries, with hits all the way to rows."""

import random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.clock import HOUR, MINUTE, SECOND
from tracker.columns.split import duplicates
from tracker.model import Closed, Hit
from tracker.testing import compute_batch, compute_rows, make_hit
from tracker.testing.hits import NOW


def at(when: int, **fields: Any) -> Hit:
    """A page view `when` microseconds after NOW."""
    name = fields.pop("name", "page_view")
    more = fields.pop("more", "")
    return make_hit(f"en={name}{more}", received_at=NOW + when, **fields)


def sessions(hits: list[Hit], settings: dict[str, Any] | None = None) -> list[list[int]]:
    """The offsets of each session, in order."""
    rows = compute_rows(hits, settings)
    groups: dict[str, list[int]] = {}
    for row in sorted(rows, key=lambda row: (row["timestamp_utc"], row["event_number"])):
        groups.setdefault(row["session_id"], []).append(row["log_offset"])
    return list(groups.values())


def causes(hits: list[Hit], settings: dict[str, Any] | None = None) -> list[str | None]:
    """The split cause of the session of each hit."""
    return [row["session_split_cause"] for row in compute_rows(hits, settings)]


def test_a_gap_of_the_timeout_splits() -> None:
    """A microsecond less does not."""
    hits = [at(0), at(30 * MINUTE - 1), at(60 * MINUTE - 1)]
    assert sessions(hits) == [[0, 1], [2]]
    assert causes(hits) == [None, None, "timeout"]


def test_the_timeout_is_a_property_setting() -> None:
    """One property's sessions may be shorter than another's."""
    hits = [at(0), at(5 * MINUTE), at(0, property_id="G-2"), at(5 * MINUTE, property_id="G-2")]
    closed = [Closed(np.array([0, 1]), "timeout"), Closed(np.array([2, 3]), "timeout")]
    rows = compute_rows(hits, {"properties": {"G-2": {"timeout": "1m"}}}, protosessions=closed)
    assert [row["session_split_cause"] for row in rows] == [None, None, None, "timeout"]


def test_another_user_splits_and_a_login_does_not() -> None:
    """From nobody to somebody, and back to nobody, is one visit; from somebody to somebody else is two."""
    hits = [at(0), at(1, user_id="bob"), at(2), at(3, user_id="bob"), at(4, user_id="eve"), at(5)]
    assert sessions(hits) == [[0, 1, 2, 3], [4, 5]]
    assert causes(hits)[4:] == ["user_id_changed", "user_id_changed"]


def test_twelve_hours_split_again_and_again() -> None:
    """A running boundary counts from the start of each new session."""
    hits = [at(n * 20 * MINUTE) for n in range(75)]
    assert [len(session) for session in sessions(hits)] == [36, 36, 3]
    assert set(causes(hits)[36:]) == {"max_time_since_first_event_reached"}


def test_a_thousand_events_split() -> None:
    """The 1,001st event begins another session."""
    hits = [at(n * SECOND) for n in range(2_001)]
    assert [len(session) for session in sessions(hits)] == [1000, 1000, 1]
    assert causes(hits)[1000] == "max_events_reached"


def test_a_boundary_can_be_switched_off() -> None:
    """By name, per property."""
    hits = [at(0, user_id="bob"), at(1, user_id="eve")]
    off = {"properties": {"G-1": {"boundaries": {"user_id_changed": False}}}}
    assert sessions(hits, off) == [[0, 1]]


def test_the_first_boundary_names_the_cause() -> None:
    """A gap and another user at one event: the gap stands first."""
    assert causes([at(0, user_id="bob"), at(HOUR, user_id="eve")]) == [None, "timeout"]


def test_what_was_closed_early_says_so() -> None:
    """A protosession that continues a capped one."""
    batch = compute_batch([at(0), at(1)], protosessions=[Closed(np.array([0, 1]), "timeout", "cap_hits")])
    assert batch.events["session_split_cause"].to_pylist() == ["cap_hits", "cap_hits"]


def test_events_that_open_no_session_have_none() -> None:
    """A sleeping tab's lone user_engagement is stored with null session columns, behind the sessions."""
    hits = [at(0, name="user_engagement", client_id="2.2"), at(0), at(SECOND, name="user_engagement")]
    closed = [Closed(np.array([0]), "timeout"), Closed(np.array([1, 2]), "timeout")]
    rows = compute_rows(hits, protosessions=closed)
    assert [row["session_id"] is None for row in rows] == [True, False, False]
    assert [row["session_total_events"] for row in rows] == [None, 2, 2]
    assert [row["event_number"] for row in rows] == [0, 0, 1]


def test_a_session_begins_with_an_event_that_opens_one() -> None:
    """What a tab says before it wakes up belongs to no session, and moves none's beginning."""
    hits = [
        at(0, name="user_engagement"),
        at(SECOND),
        at(2 * SECOND, name="user_engagement"),
        at(HOUR, name="user_engagement"),
        at(HOUR + SECOND),
    ]
    rows = compute_rows(hits)
    assert [row["session_total_events"] for row in rows] == [None, 2, 2, None, 1]
    assert [row["session_split_cause"] for row in rows] == [None, None, None, None, "timeout"]
    assert [row["session_duration"] for row in rows] == [None, 1, 1, None, 0]


def test_a_session_that_was_too_long_goes_on_with_any_event() -> None:
    """It is not over, so a sleeping tab's event belongs to what continues it."""
    hits = [at(0), at(1), at(2, name="user_engagement")]
    rows = compute_rows(hits, {"sessions": {"max_session_events": 2}})
    assert [row["session_total_events"] for row in rows] == [2, 2, 1]
    closed = [Closed(np.array([0]), "timeout", "cap_hits")]
    assert compute_rows([at(0, name="user_engagement")], protosessions=closed)[0]["session_total_events"] == 1


def test_an_overtaken_hit_goes_back_to_its_place() -> None:
    """Request 2 of a page load arrived before request 1: order and time follow the client's count."""
    hits = [
        at(5 * SECOND, more="&_p=9&_s=2&dl=https://a.example/2"),
        at(8 * SECOND, more="&_p=9&_s=1&dl=https://a.example/1"),
    ]
    rows = compute_rows(hits)
    assert [row["event_number"] for row in rows] == [1, 0]
    assert rows[0]["timestamp_utc"] == rows[1]["timestamp_utc"] == rows[0]["received_at"]


def test_sequence_numbers_of_other_page_loads_do_not_matter() -> None:
    """Each page load counts for itself."""
    hits = [at(0, more="&_p=1&_s=2"), at(SECOND, more="&_p=2&_s=1")]
    assert [row["event_number"] for row in compute_rows(hits)] == [0, 1]


def test_an_accepted_client_time_is_the_time() -> None:
    """A back-dated event falls into its own session at its own time."""
    hits = [at(0), at(SECOND, event_time=NOW - 3 * HOUR), at(2 * SECOND)]
    assert sessions(hits) == [[1], [0, 2]]


def test_two_uploads_of_one_hour_agree_on_the_session() -> None:
    """The session id depends on client and time only."""
    first = compute_rows([at(0, event_time=NOW - HOUR)])
    second = compute_rows([at(9 * MINUTE, event_time=NOW - HOUR)])
    assert first[0]["session_id"] == second[0]["session_id"]


def test_repeated_keys_count_once_and_the_first_wins() -> None:
    """The rest is counted as duplicate, by offset and in the ledger."""
    batch = compute_batch([at(2, event_key=b"k"), at(1, event_key=b"k"), at(3, event_key=b"other"), at(4), at(5)])
    assert batch.events["log_offset"].to_pylist() == [1, 2, 3, 4]
    assert batch.outcomes.duplicate == [0]
    assert batch.ledger == {("G-1", "duplicate", "event_key"): 1}


def test_keys_of_other_visitors_are_other_keys() -> None:
    """Each visitor's events are compared among themselves; no key is never a duplicate."""
    keys = pa.array([b"a", b"a", b"a", None, None], pa.binary())
    assert duplicates(np.array([0, 0, 1, 1, 1]), keys).tolist() == [False, True, False, False, False]


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_arrival_order_changes_nothing(chance: random.Random) -> None:
    """Permuting the log while receive times stay gives the same rows."""
    hits = [
        at(
            chance.randrange(0, 90) * MINUTE + n,
            client_id=chance.choice("ab"),
            user_id=chance.choice([None, None, "bob"]),
            more=f"&_p={chance.randrange(3)}&_s={n}&dl=https://a.example/{chance.randrange(3)}",
            id=bytes([n] * 16),
        )
        for n in range(12)
    ]
    shuffled = chance.sample(hits, len(hits))
    ignored = ("log_offset",)

    def rows(some: list[Hit]) -> list[dict[str, Any]]:
        plain = [{k: v for k, v in row.items() if k not in ignored} for row in compute_rows(some)]
        return sorted(plain, key=lambda row: str(row["id"]))

    assert rows(hits) == rows(shuffled)


@pytest.mark.parametrize("count", [0, 1])
def test_tiny_batches(count: int) -> None:
    """No hits and one hit."""
    batch = compute_batch(
        [at(0)] * count,
        protosessions=[Closed(np.arange(count), "timeout")] if count else [Closed(np.arange(0), "timeout")],
    )
    assert len(batch.events) == count
