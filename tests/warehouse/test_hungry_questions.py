"""Questions that never end, or take all memory or disk there is, while plans go on being written."""

import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tracker.config import SqlSettings
from tracker.errors import Reject, Retry
from tracker.model import Cursor
from tracker.warehouse.driver import TableBatch
from tracker.warehouse.duckdb import DuckDB, DuckDBSettings

ROWS, COLUMNS, PLANS = 4_000, 60, 25
TRIES = 4
ENDLESS = "SELECT sum(a.range * b.range) FROM range(10_000_000) a, range(10_000_000) b"
LIST = "SELECT len(list(range)) FROM range(1_000_000_000)"
TEXT = "SELECT length(string_agg(range::VARCHAR, ',')) FROM range(1_000_000_000)"
GROUPS = "SELECT count(*) FROM (SELECT range % 500_000_000 AS k FROM range(10_000_000_000) GROUP BY k)"
SORTED = "SELECT max(n) FROM (SELECT row_number() OVER (ORDER BY hash(range)) AS n FROM range(100_000_000))"
READS = (
    "SELECT count(DISTINCT c1), avg(c2) FROM events",
    "SELECT c1 % 100 AS k, count(*), max(c2) FROM events GROUP BY k",
    "SELECT * FROM events LIMIT 2000",
    "SELECT max(c2) FROM (SELECT * FROM events ORDER BY c1 LIMIT 1000)",
)


def batch() -> TableBatch:
    random = np.random.default_rng(1)
    numbers = [random.integers(0, 1 << 40, ROWS) for _ in range(COLUMNS)]
    columns = {f"c{n}": pa.array(of if n % 3 else of.astype(str)) for n, of in enumerate(numbers)}
    return TableBatch("events", pa.table(columns))


def write(driver: DuckDB, rows: TableBatch, plan: int) -> int:
    """Write a plan as the writer does; how many tries it took."""
    for tries in range(1, TRIES):
        try:
            driver.append([rows], Cursor("log", 0, plan, plan))
            driver.tidy()
        except Retry:  # a checkpoint that found no memory has the file opened again
            continue
        return tries
    return TRIES


def said_while_writing(data: Path, questions: Sequence[str], readers: int, **settings: Any) -> Counter[str]:
    """What readers were told, who asked again and again while all plans were written."""
    rows, said, stop = batch(), Counter[str](), threading.Event()
    driver = DuckDB(DuckDBSettings(**settings), data)
    driver.open()
    driver.create("events", rows.rows.schema)
    queries = driver.queries(SqlSettings.model_validate({"timeout": "20s"}))

    def ask(number: int) -> None:
        while not stop.is_set():
            try:
                queries.run(questions[number % len(questions)])
                said["answered"] += 1
            except (Reject, Retry) as error:
                said[str(error)[:13]] += 1
            number += 1

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(readers)]
    for thread in threads:
        thread.start()
    tries = [write(driver, rows, plan) for plan in range(1, PLANS + 1)]
    stop.set()
    while any(thread.is_alive() for thread in threads):
        queries.interrupt_all("over")
        threads[0].join(0.1)
    there = driver.query("SELECT count(*) AS n FROM events")["n"].to_pylist()
    driver.close()
    assert (there, max(tries) < TRIES) == ([PLANS * ROWS], True)
    return said


@pytest.mark.slow
@pytest.mark.parametrize("question", [ENDLESS, LIST, TEXT, GROUPS, SORTED])
@pytest.mark.parametrize("readers", [1, 3])
def test_a_question_hurts_only_itself(tmp_path: Path, question: str, readers: int) -> None:
    """Every plan is written, once, whatever is asked meanwhile."""
    said_while_writing(tmp_path, [question], readers, memory_limit=128 << 20)


@pytest.mark.slow
def test_a_full_disk_for_spilling_hurts_only_the_question(tmp_path: Path) -> None:
    """Every plan is written where a question may spill next to nothing."""
    assert said_while_writing(tmp_path, [SORTED], 2, memory_limit=64 << 20, spill_limit=1 << 20)


@pytest.mark.slow
def test_many_readers(tmp_path: Path) -> None:
    """Twenty of them do not stop the writer, and it does not stop them."""
    assert said_while_writing(tmp_path, READS, 20)["answered"] > PLANS
