"""Large values in pieces."""

from collections.abc import Iterator
from pathlib import Path

import lmdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tracker.worker import pieces
from tracker.worker.pieces import SIZE, Database


@pytest.fixture
def env(tmp_path: Path) -> Iterator[lmdb.Environment]:
    """An environment with one named database."""
    with lmdb.Environment(str(tmp_path / "env"), max_dbs=1, sync=False) as env:
        yield env


@pytest.fixture
def db(env: lmdb.Environment) -> Database:
    """A database."""
    return env.open_db(b"values")


_PUTS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3 * SIZE)), max_size=8)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_PUTS, st.integers(0, 3))
def test_values_are_what_was_put_last(
    env: lmdb.Environment, db: Database, puts: list[tuple[int, int]], gone: int
) -> None:
    """Any order of puts and a drop leaves what a dictionary would hold."""
    expected: dict[int, bytes] = {}
    with env.begin(write=True) as txn:
        txn.drop(db, delete=False)
        for number, size in puts:
            expected[number] = bytes([size % 251]) * size
            pieces.put(txn, db, number, expected[number])
        pieces.drop(txn, db, gone)
        expected.pop(gone, None)
        assert [pieces.get(txn, db, number) for number in range(4)] == [expected.get(number) for number in range(4)]
        first = min(expected.items(), default=None)
        assert pieces.first(txn, db, -1) == first


def test_a_large_value_needs_no_pages_in_a_row(env: lmdb.Environment, db: Database) -> None:
    """No piece is so large that LMDB puts it outside the tree."""
    with env.begin(write=True) as txn:
        pieces.put(txn, db, 1, bytes(100 * SIZE))
        assert txn.stat(db)["overflow_pages"] == 0
