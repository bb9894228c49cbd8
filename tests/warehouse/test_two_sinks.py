"""Two sinks of one worker: a ClickHouse that is away holds up neither the DuckDB beside it nor its own return."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.warehouse.chdb_server import ChdbServer
from tests.warehouse.pipeline import Pipeline, pipeline
from tracker.health import sink_health
from tracker.warehouse.driver import Driver
from tracker.worker.loop import Worker

PER_VISIT = 6
"""Hits of one client: more than a batch takes, so every visit is a plan of its own."""


@pytest.fixture
def line(tmp_path: Path, clickhouse: ChdbServer) -> Iterator[Pipeline]:
    """A pipeline into a DuckDB file and the ClickHouse server. What is written is trimmed from the log at once."""
    place = {"port": clickhouse.port, "database": f"test_{uuid4().hex}", "connect_timeout": 1}
    with pipeline(tmp_path, place, log={"trim_interval": "10ms"}) as line:
        yield line


@contextmanager
def working(line: Pipeline) -> Iterator[Worker]:
    """The worker, in a thread; stopped in the end. Raises what ended it."""
    line.stop.clear()
    sinks = [line.sink(name, line.driver(name)) for name in line.settings.warehouse.sinks]
    worker = Worker(line.log, [line.consumer], sinks, line.settings.log, line.stop, line.news)
    ended: list[BaseException] = []

    def run() -> None:
        try:
            worker.run()
        except BaseException as error:
            ended.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield worker
    finally:
        line.stop.set()
        thread.join(30)
    assert ended == []


async def visits(line: Pipeline, *clients: int) -> None:
    """Visits of so many hits each, at an end."""
    await line.send(
        [
            {"url": f"/g/collect?v=2&tid=G-1&cid={client}.1&_p={client}&_s={n}&en=e{client}_{n}"}
            for client in clients
            for n in range(PER_VISIT)
        ]
    )
    line.let_time_pass()


def names(*clients: int) -> list[str]:
    """What the events of these visits are called."""
    return sorted(f"e{client}_{n}" for client in clients for n in range(PER_VISIT))


def written(driver: Driver) -> list[str]:
    """The names of all events that are there, each as often as it is there, and the sum of the ledger."""
    driver.open()
    found = driver.query("SELECT name FROM events ORDER BY name")["name"].to_pylist()
    ledger = driver.query("SELECT outcome, hits FROM tracker_ledger").to_pylist()
    driver.close()
    assert sum(row["hits"] for row in ledger) == len(found)
    return [str(name) for name in found]


def until(is_so: Callable[[], bool]) -> None:
    """Wait for it, not for long."""
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.01)


def health(worker: Worker, name: str) -> dict[str, Any]:
    """What `/health` says of a sink."""
    return next(dict(sink_health(sink)) for sink in worker.sinks if sink.name == name)


async def test_clickhouse_goes_away_and_comes_back(line: Pipeline, clickhouse: ChdbServer) -> None:
    """DuckDB gets every plan meanwhile, and ClickHouse the rest afterwards: every event once in both."""
    await visits(line, 1)
    with working(line) as worker:
        duck, click = worker.sinks
        until(lambda: [sink.cursors.get(0) for sink in worker.sinks] == [1, 1])
        clickhouse.go_away()
        await visits(line, 2, 3, 4)
        until(lambda: duck.cursors[0] == 4)
        until(lambda: bool(click.problem))
        assert (click.cursors[0], click.waiting(), duck.problem) == (1, 3, "")
        assert "Connection refused" in health(worker, "clickhouse")["problem"]
        assert [f"sink clickhouse: {click.problem}"] == worker.problems()
        clickhouse.come_back()
        until(lambda: click.cursors[0] == 4)
        assert worker.problems() == []
    assert written(line.driver("duckdb")) == written(line.driver("clickhouse")) == names(1, 2, 3, 4)


async def test_clickhouse_is_away_from_the_start(line: Pipeline, clickhouse: ChdbServer) -> None:
    """The worker starts, stops and starts again without it; nothing it still needs leaves the log."""
    clickhouse.go_away()
    await visits(line, 1, 2)
    with working(line) as worker:
        until(lambda: worker.sinks[0].cursors.get(0) == 2)
        until(lambda: bool(worker.sinks[1].problem))
        await asyncio.sleep(0.1)  # the log is trimmed every 10 ms, where it may be
    assert [plan.n for plan in line.log.plans(0, 1)] == [1, 2]
    await visits(line, 3)
    with working(line) as worker:
        until(lambda: worker.sinks[0].cursors.get(0) == 3)
        clickhouse.come_back()
        until(lambda: worker.sinks[1].cursors.get(0) == 3)
        until(lambda: not list(line.log.plans(0, 1, 1)))
    assert written(line.driver("duckdb")) == written(line.driver("clickhouse")) == names(1, 2, 3)


async def test_answers_lost_while_both_write(line: Pipeline, clickhouse: ChdbServer) -> None:
    """Plans whose answers are cut are sent again by the sink that needs it only."""
    for table in ("events", "tracker_ledger", "tracker_cursor"):
        clickhouse.arm("cut_after", f"INSERT INTO .*`{table}`", times=2)
    await visits(line, 1, 2, 3)
    with working(line) as worker:
        until(lambda: [sink.cursors.get(0) for sink in worker.sinks] == [3, 3])
    assert written(line.driver("duckdb")) == written(line.driver("clickhouse")) == names(1, 2, 3)


async def test_a_table_that_no_longer_fits_stops_one_sink(line: Pipeline) -> None:
    """The other goes on, and the problem is told for as long as the worker runs."""
    spoilt = line.driver("duckdb")
    spoilt.open()
    spoilt.query("CREATE TABLE events (id INTEGER)")
    spoilt.close()
    await visits(line, 1, 2)
    with working(line) as worker:
        until(lambda: worker.sinks[1].cursors.get(0) == 2)
        until(lambda: worker.problems() != [])
        assert worker.problems()[0].startswith("sink duckdb: ")
        assert (worker.sinks[0].waiting(), worker.sinks[1].waiting()) == (2, 0)
    assert written(line.driver("clickhouse")) == names(1, 2)
