"""The vocabulary of `Events`, method by method, and against plain Python on random runs."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.columns import Bool, Int64, String
from tracker.testing import events

RUNS = [["a", None], [], ["b", "b", None]]
TEXT = events(RUNS, String)
FLAGS = events([[True, None], [], [False, True, True]], Bool)
RANDOM = st.lists(st.lists(st.one_of(st.none(), st.integers(-3, 3)), max_size=6), max_size=6)


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("first", ["a", None, "b"]),
        ("last", [None, None, None]),
        ("first_known", ["a", None, "b"]),
        ("last_known", ["a", None, "b"]),
        ("count", [2, 0, 3]),
        ("distinct_count", [1, 0, 1]),
        ("list", [["a"], [], ["b", "b"]]),
        ("distinct", [["a"], [], ["b"]]),
    ],
)
def test_per_run(method: str, expected: list[Any]) -> None:
    """Methods per run give one value per session."""
    assert getattr(TEXT, method)().to_pylist() == expected


def test_nth_is_null_past_the_end() -> None:
    """The second event of a run of one is null."""
    assert events([["a"], ["b", "c"]]).nth(1).to_pylist() == [None, "c"]


def test_any_of_nothing_is_false() -> None:
    """An empty run has no true event."""
    assert FLAGS.any().to_pylist() == [True, False, True]


def test_where_narrows_to_true_events() -> None:
    """Null is not true."""
    assert TEXT.where(FLAGS).list().to_pylist() == [["a"], [], ["b"]]


def test_where_allows_nothing_per_event() -> None:
    """What was narrowed cannot be spread over the events again."""
    narrowed = TEXT.where(FLAGS)
    assert not hasattr(narrowed, "shift")
    with pytest.raises(TypeError, match="left events out"):
        narrowed.each(narrowed.first())


def test_each_spreads_a_value_over_its_run() -> None:
    """One value per session stands on each of its events."""
    assert TEXT.each(pa.array([1, 2, 3])).to_pylist() == [[1, 1], [], [3, 3, 3]]


def test_runs_begin_at_starts_and_at_the_session() -> None:
    """Sub-runs begin where `starts` is true and at the first event of each session."""
    pages = events([[1, 2, 3], [4, 5]], Int64).runs(events([[False, True, False], [False, False]], Bool))
    assert pages.to_pylist() == [[1], [2, 3], [4, 5]]
    assert pages.each(pages.first()).to_pylist() == [[1, 2, 2], [4, 4]]


def test_running_count_counts_true_or_known() -> None:
    """Of booleans the true ones, of other types the known ones."""
    assert FLAGS.running_count().to_pylist() == [[1, 1], [], [0, 1, 2]]
    assert TEXT.running_count().to_pylist() == [[1, 1], [], [1, 2, 2]]


def test_changed_starts_anew_in_each_run() -> None:
    """The first event of a run has not changed; null counts as a value."""
    assert TEXT.changed().to_pylist() == [[False, True], [], [False, False, True]]


def test_no_runs_at_all() -> None:
    """A batch without sessions gives empty arrays."""
    nothing = events([], Int64)
    assert nothing.sum().to_pylist() == []
    assert nothing.forward_fill().to_pylist() == []
    assert nothing.distinct_count().to_pylist() == []


@given(RANDOM)
def test_numbers_agree_with_python(runs: list[list[int | None]]) -> None:
    """Sum, min and max of the known values of each run; null where there is none."""
    known = [[value for value in run if value is not None] for run in runs]
    numbers = events(runs, Int64)
    assert numbers.sum().to_pylist() == [sum(run) if run else None for run in known]
    assert numbers.min().to_pylist() == [min(run, default=None) for run in known]
    assert numbers.max().to_pylist() == [max(run, default=None) for run in known]
    assert numbers.distinct().to_pylist() == [list(dict.fromkeys(run)) for run in known]
    assert numbers.distinct_count().to_pylist() == [len(set(run)) for run in known]


@given(RANDOM, st.integers(-3, 3))
def test_shift_agrees_with_python(runs: list[list[int | None]], n: int) -> None:
    """Values move within their run and never across its ends."""
    expected = [[run[i - n] if 0 <= i - n < len(run) else None for i in range(len(run))] for run in runs]
    assert events(runs, Int64).shift(n).to_pylist() == expected


@given(RANDOM)
def test_fills_agree_with_python(runs: list[list[int | None]]) -> None:
    """Nulls take the nearest known value of their run, before or after."""

    def filled(run: list[int | None]) -> list[int | None]:
        last: int | None = None
        out = []
        for value in run:
            last = last if value is None else value
            out.append(last)
        return out

    assert events(runs, Int64).forward_fill().to_pylist() == [filled(run) for run in runs]
    assert events(runs, Int64).backward_fill().to_pylist() == [filled(run[::-1])[::-1] for run in runs]


@given(RANDOM)
def test_position_counts_from_zero(runs: list[list[int | None]]) -> None:
    """Each run counts its own events."""
    assert events(runs, Int64).position().to_pylist() == [list(range(len(run))) for run in runs]
