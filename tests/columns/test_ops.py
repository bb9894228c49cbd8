"""Functions of whole arrays: nulls, lenient reading, days in time zones, one call per distinct value."""

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest

from tracker.columns import Int64, String, Timestamp, ops
from tracker.columns.cache import BoundedCache
from tracker.columns.types import arrow_type
from tracker.testing import events


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3", 3),
        ("-3", -3),
        ("+3", 3),
        ("3.0", None),
        ("", None),
        ("1e3", None),
        ("9" * 19, None),
        (" 3", None),
        ("٣", None),
    ],
)
def test_as_int_reads_leniently(text: str, number: int | None) -> None:
    """Whole numbers only; anything else is null, never an error."""
    assert ops.as_int(pa.array([text])).to_pylist() == [number]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12.5", 12.5),
        ("-1.5e3", -1500.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("NaN", None),
        ("inf", None),
        ("1,99", None),
        ("1e999", None),
    ],
)
def test_as_float_reads_leniently(text: str, number: float | None) -> None:
    """Finite numbers only; anything else is null, never an error."""
    assert ops.as_float(pa.array([text])).to_pylist() == [number]


def test_as_bool_knows_words() -> None:
    """Booleans arrive as text."""
    assert ops.as_bool(pa.array(["1", "TRUE", "off", "maybe", None])).to_pylist() == [True, True, False, None, None]


def test_divide_by_zero_is_null() -> None:
    """There is no infinite rate."""
    assert ops.divide(pa.array([1, 2]), pa.array([0, 4])).to_pylist() == [None, 0.5]


def test_either_argument_may_be_events() -> None:
    """What any argument's runs are, the result's are."""
    assert ops.add(events([[1], [2, 3]], Int64), 1).to_pylist() == [[2], [3, 4]]


def test_first_that_applies_skips_null_conditions() -> None:
    """A null condition is not true."""
    conditions = pa.array([True, None, False]), pa.array([True, True, False])
    assert ops.first_that_applies((conditions[0], "a"), (conditions[1], "b"), otherwise="c").to_pylist() == [
        "a",
        "b",
        "c",
    ]


def test_day_in_zone_follows_each_row() -> None:
    """Half past eleven in the evening UTC is tomorrow in Berlin and today in New York; an unknown zone has no day."""
    late = pa.array([dt.datetime(2026, 7, 1, 23, 30, tzinfo=dt.UTC)] * 3, arrow_type(Timestamp))
    days = ops.day_in_zone(late, pa.array(["Europe/Berlin", "America/New_York", "Mars/Base"]))
    assert days.to_pylist() == [dt.date(2026, 7, 2), dt.date(2026, 7, 1), None]


def test_text_is_cut_at_8192_characters() -> None:
    """Characters, not bytes."""
    assert ops.cut_text(pa.array(["ü" * 9_000, "short"])).to_pylist() == ["ü" * 8_192, "short"]


def test_per_distinct_calls_once_per_value() -> None:
    """Ten thousand rows of two values are two calls."""
    calls: list[str] = []

    def length(text: str) -> int:
        calls.append(text)
        return len(text)

    assert ops.per_distinct(pa.array(["a", "bb", None] * 3), length, Int64).to_pylist() == [1, 2, None] * 3
    assert calls == ["a", "bb"]


def test_per_distinct_takes_tuples() -> None:
    """Several inputs are one key; null is given to the function."""
    pairs = ops.per_distinct((pa.array(["a", "a", None]), pa.array([1, 1, 2])), lambda a, b: f"{a}{b}", String)
    assert pairs.to_pylist() == ["a1", "a1", "None2"]


def test_per_distinct_counts_what_raises() -> None:
    """A value the function cannot read is null; the others are not."""
    failures: list[tuple[str, int]] = []
    token = ops.current_cache.set(BoundedCache(lambda name, pieces, error: failures.append((name, pieces))))
    try:
        assert ops.per_distinct(pa.array(["1", "x"]), int, Int64).to_pylist() == [1, None]
    finally:
        ops.current_cache.reset(token)
    assert failures == [("int", 1)]


def test_remembered_results_are_forgotten_with_their_data_file() -> None:
    """Another version of a data file is another answer."""
    cache = BoundedCache(lambda name, pieces, error: None)
    cache.results(len, 1)["a"] = 1
    assert cache.results(len, 1) == {"a": 1}
    assert cache.results(len, 2) == {}


def test_remembered_results_are_bounded() -> None:
    """Too many results are dropped rather than kept for ever."""
    cache = BoundedCache(lambda name, pieces, error: None, limit=2)
    results: dict[Any, Any] = cache.results(len, None)
    results.update({"a": 1, "b": 1, "c": 1})
    assert cache.results(len, None) == {}


@pytest.mark.parametrize(
    ("text", "number"),
    [("3", 3), ("12.9", 12), ("-12.9", -12), ("1e3", 1000), ("9" * 18, 10**18 - 1), ("1e16", None), ("x", None)],
)
def test_as_whole_cuts_towards_zero(text: str, number: int | None) -> None:
    """A number with a fraction loses it; what no float tells apart from its neighbours is null."""
    assert ops.as_whole(pa.array([text])).to_pylist() == [number]
