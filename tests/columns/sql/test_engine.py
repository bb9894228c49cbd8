"""The calculator: locked, in UTC, one for each thread."""

import threading
from pathlib import Path

import pyarrow as pa
import pytest

from tracker.columns.evaluate import Partial
from tracker.columns.sql.engine import Engine, SqlFailed
from tracker.columns.sql.types import Result, result_of

TEXT = Result("VARCHAR", pa.string())
ONE = pa.table({"a": ["1", "x", None]})


def test_values() -> None:
    """One for each row, null in, null out."""
    assert Engine().values("a || '!'", TEXT, ONE).to_pylist() == ["1!", "x!", None]


def test_rows_that_fail() -> None:
    """Null, and told apart from rows that are null."""
    found = Engine().values("CAST(a AS INTEGER)", Result("BIGINT", pa.int64()), ONE)
    assert isinstance(found, Partial)
    assert (found.values.to_pylist(), found.failed.tolist()) == ([1, None, None], [False, True, False])
    assert str(found.error) == "Could not convert string 'x' to INT32 when casting from source column a"


def test_no_rows() -> None:
    """Nothing to compute."""
    assert Engine().values("a", TEXT, ONE.slice(0, 0)).to_pylist() == []


def test_time_is_utc() -> None:
    """Whatever the machine's time zone."""
    assert Engine().values("a || to_timestamp(0)::VARCHAR", TEXT, ONE.slice(0, 1)).to_pylist() == [
        "11970-01-01 00:00:00+00"
    ]


@pytest.mark.parametrize(
    "query",
    ["SELECT * FROM read_text('{file}')", "COPY (SELECT 1) TO '{file}'", "ATTACH '{file}'", "INSTALL httpfs",
     "LOAD httpfs", "SET threads = 2", "SET enable_external_access = true", "SELECT * FROM ONE"],
)  # fmt: skip
def test_nothing_but_its_batch_is_in_reach(query: str, tmp_path: Path) -> None:
    """No file, no extension, no setting, no variable of the program."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(SqlFailed):
        Engine()._run(query.format(file=tmp_path / "file"), ONE, lambda connection, sql: connection.execute(sql))


def test_each_thread_has_its_own() -> None:
    """Two batches may be computed at the same time."""
    engine, found = Engine(), []
    threads = [threading.Thread(target=lambda: found.append(engine.values("a", TEXT, ONE).to_pylist())) for _ in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [["1", "x", None]] * 4


@pytest.mark.parametrize(
    ("duck", "cast"),
    [("DECIMAL(18,3)", "DOUBLE"), ("UBIGINT", "BIGINT"), ("ENUM('a, b')", "VARCHAR"), ("UUID", "VARCHAR"),
     ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP"), ("TIMESTAMP_NS", "TIMESTAMP"), ("INTEGER[]", "BIGINT[]"),
     ("FLOAT[3]", "DOUBLE[]"), ("VARCHAR[][]", None), ("STRUCT(a INTEGER)", None), ("MAP(INTEGER, VARCHAR)", None),
     ("INTERVAL", None), ("TIME", None), ("BLOB", None), ('"NULL"', None)],
)  # fmt: skip
def test_types(duck: str, cast: str | None) -> None:
    """DuckDB's types become ours, where there is one of ours."""
    result = result_of(duck)
    assert (result and result.cast) == cast
