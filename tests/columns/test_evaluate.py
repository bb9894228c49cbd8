"""A failing column costs as little as can be: one event, one session, and past 64 pieces the rest of the batch."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tracker.columns.evaluate import MAX_FAILING_PIECES, Argument, Call
from tracker.columns.events import Events

Failures = list[tuple[str, int, str]]


def run(
    function: Callable[..., Any], values: list[Any], per: Any = "row", sessions: int = 1, **options: Any
) -> tuple[list[Any], Failures]:
    """The values of a column over rows cut into equal sessions, and the failures it was told of."""
    failures: Failures = []
    offsets = np.linspace(0, len(values), sessions + 1).astype(np.int64)
    call = Call(
        "c",
        function,
        pa.int64(),
        [Argument(per, pa.array(values, pa.int64()))],
        {},
        offsets,
        **{"per_session": False, **options},
    )
    result = call.run(lambda name, pieces, error: failures.append((name, pieces, str(error))))
    return result.to_pylist(), failures


def no_sevens(values: Any) -> Any:
    """Fails when a seven is among the values."""
    plain = values.values if isinstance(values, Events) else values
    if 7 in plain.to_pylist():
        raise ValueError("seven")
    return plain


def test_one_poison_event_costs_one_null() -> None:
    """All other events keep their values."""
    values, failures = run(no_sevens, [*range(20)])
    assert values == [None if value == 7 else value for value in range(20)]
    assert failures == [("c", 1, "seven")]


def test_one_poison_event_costs_its_session_where_sessions_are_seen() -> None:
    """A column that sees `Events` is bisected by session."""
    values, failures = run(no_sevens, [*range(20)], per="run", sessions=4)
    assert values == [None if 5 <= value < 10 else value for value in range(20)]
    assert failures == [("c", 1, "seven")]


def test_a_session_column_loses_one_session() -> None:
    """One value per session, null for the failing one."""
    values, _ = run(
        lambda runs: no_sevens(runs) and runs.count(), [*range(20)], per="run", sessions=4, per_session=True
    )
    assert values == [5, None, 5, 5]


def test_past_64_failing_pieces_the_rest_is_null() -> None:
    """A column that always fails does not cost a call per event."""
    calls: list[int] = []

    def never(values: Any) -> Any:
        calls.append(len(values))
        raise ValueError("never")

    values, failures = run(never, [0] * 10_000)
    assert values == [None] * 10_000
    assert failures == [("c", MAX_FAILING_PIECES, "never")]
    assert len(calls) < 2_000


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (lambda values: values.cast(pa.string()), "expected int64, got string"),
        (lambda values: pa.array([1], pa.int64()), "expected 4 values, got 1"),
        (lambda values: [1, 2, 3, 4], "expected an array of int64, got list"),
    ],
)
def test_a_wrong_result_is_a_failure(function: Callable[..., Any], sentence: str) -> None:
    """Type and length of what comes back are checked; the column is null for the batch."""
    values, failures = run(function, [1, 2, 3, 4])
    assert (values, failures) == ([None] * 4, [("c", 1, sentence)])


def test_chunked_and_null_results_are_accepted() -> None:
    """What Arrow itself gives back in pieces, or as nulls of no type."""
    assert run(lambda values: pa.chunked_array([values]), [1, 2])[0] == [1, 2]
    assert run(lambda values: pa.nulls(len(values)), [1, 2])[0] == [None, None]


def test_no_rows() -> None:
    """An empty batch is no failure."""
    assert run(no_sevens, []) == ([], [])
