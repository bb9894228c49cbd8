"""A batch with every column into ClickHouse (chDB) and into DuckDB, which is the yardstick: CPU per row.

Run: python -m bench.clickhouse [events] [--profile]
"""

import cProfile
import pstats
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bench.columns import hits, plan_of
from tracker import app
from tracker.config import Settings
from tracker.metrics import new_metrics
from tracker.model import Cursor
from tracker.warehouse.clickhouse import ClickHouse, ClickHouseSettings
from tracker.warehouse.driver import Driver, TableBatch
from tracker.warehouse.duckdb import DuckDB, DuckDBSettings
from tracker.worker import codec

PLANS = 4


def main(events: int, *, profile: bool) -> None:
    """Print the figures."""
    settings = Settings()
    found = app.registry(settings)
    known = app.properties(settings, found)
    computer = app.computer(settings, found, known, new_metrics())
    plan = plan_of(events)
    made = [codec.encode(hit) for hit in hits(events)]
    batch = computer(0, plan, [made[offset] for closed in plan.protosessions for offset in closed.offsets.tolist()])
    print(f"{batch.events.num_rows} rows, {len(computer.schema)} columns, {batch.events.nbytes >> 20} MB as Arrow")
    layout = app.layout(settings, known, computer, "main")
    with tempfile.TemporaryDirectory() as folder:
        drivers: dict[str, Driver] = {
            "DuckDB": DuckDB(DuckDBSettings(), Path(folder)),
            "ClickHouse": ClickHouse(ClickHouseSettings(interface="chdb"), Path(folder)),
        }
        for name, driver in drivers.items():
            driver.open()
            for table, schema in layout.schemas.items():
                driver.create(table, schema)
            times = [measured(partial(write, driver, layout(batch), n)) for n in range(1, PLANS + 1)]
            fixed = min(measured(partial(driver.append, [], Cursor("log", 0, PLANS + n, 0))) for n in range(1, 6))
            cpu, wall = (min(each) / events * 1e6 for each in zip(*times, strict=True))
            print(
                f"{name:12s} {cpu:6.2f} us CPU, {wall:6.2f} us elapsed per row; {fixed[0] * 1e3:.1f} ms an empty plan"
            )
        if profile:
            profiler = cProfile.Profile()
            profiler.runcall(write, drivers["ClickHouse"], layout(batch), 100)
            pstats.Stats(profiler).sort_stats("tottime").print_stats(15)
        for driver in drivers.values():
            driver.close()


def write(driver: Driver, tables: Sequence[TableBatch], n: int) -> None:
    """Write the same rows as another plan."""
    driver.append(tables, Cursor("log", 0, n, 0))


def measured(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of CPU, all threads, and seconds."""
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent, time.perf_counter() - began


if __name__ == "__main__":
    numbers = [argument for argument in sys.argv[1:] if argument.isdigit()]
    main(int(numbers[0]) if numbers else 50_000, profile="--profile" in sys.argv)
