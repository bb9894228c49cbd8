"""Which sink a question goes to."""

from collections.abc import Sequence

import pytest

from tracker.errors import Misconfigured
from tracker.warehouse.asked import UnknownSink, answers, asked_sink
from tracker.warehouse.clickhouse import ClickHouse
from tracker.warehouse.driver import Driver
from tracker.warehouse.duckdb import DuckDB


class Silent(ClickHouse):
    """A driver that answers no questions."""

    name = "silent"
    queries = Driver.queries  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("kinds", "asked"),
    [
        ([DuckDB], "sink0"),
        ([ClickHouse, DuckDB, DuckDB], "sink1"),
        ([ClickHouse, ClickHouse], "sink0"),
        ([Silent, ClickHouse], "sink1"),
    ],
)
def test_the_usual_sink(kinds: Sequence[type[Driver]], asked: str) -> None:
    """The first DuckDB file, else the first that answers."""
    assert asked_sink({f"sink{n}": kind for n, kind in enumerate(kinds)}) == asked


def test_a_named_sink() -> None:
    """Whoever names one is asked that one."""
    assert asked_sink({"main": DuckDB, "analysts": ClickHouse}, "analysts") == "analysts"


def test_an_unknown_sink() -> None:
    """The sentence names what is known, and the nearest."""
    with pytest.raises(UnknownSink, match=r"no sink 'mian' \(did you mean 'main'\?\); known: analysts, main"):
        asked_sink({"main": DuckDB, "analysts": ClickHouse}, "mian")


@pytest.mark.parametrize("wanted", [None, "main"])
def test_nobody_answers(wanted: str | None) -> None:
    """Then the warehouse has tools of its own."""
    with pytest.raises(Misconfigured, match="own tools"):
        asked_sink({"main": Silent}, wanted)


def test_who_answers() -> None:
    """Both drivers that are built in."""
    assert [answers(kind) for kind in (DuckDB, ClickHouse, Silent)] == [True, True, False]
