"""Log to DuckDB in one process: fold, plans, columns and writing, each in CPU microseconds per event.

Run: python -m bench.end_to_end [events]
"""

import resource
import sys
import tempfile
import threading
import time
from pathlib import Path

from bench.columns import PER_SESSION, hits
from tracker import app
from tracker.config import Settings
from tracker.metrics import new_metrics
from tracker.worker import codec
from tracker.worker.sink import Sink


def cpu() -> float:
    """User and system seconds of this process, all threads."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main(events: int) -> None:
    """Print the figures of each step over the same events."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate({"data": folder, "worker": {"flush_interval": "1h"}})
        found, metrics, stop = app.registry(settings), new_metrics(), threading.Event()
        known = app.properties(settings, found)
        with app.opened_log(settings) as log:
            records = [(0, codec.encode(hit)) for hit in hits(events)]
            step(
                "append, 1,000 a commit",
                events,
                lambda: [log.append(records[n : n + 1000]) for n in range(0, events, 1000)],
            )
            log.append_own(0, codec.tick(records_end(records) + 3 * 3_600_000_000))
            owner = app.consumer(settings, log, 0, known, metrics)
            step("fold and plan", events, lambda: fold(owner))
            compute = app.computer(settings, found, known, metrics)
            driver = app.driver(settings, found, "main", settings.warehouse.sinks["main"])
            writer = app.writer(settings, known, compute, metrics, stop, "main", driver)
            sink = Sink("main", log, compute, writer, 3, metrics, stop, threading.Event())
            sink.open()
            step("compute and write", events, lambda: write(sink))
            rows = driver.query("SELECT count(*) AS n FROM events")["n"][0].as_py()
            driver.close()
            size = (Path(folder) / "tracker.duckdb").stat().st_size >> 20
            print(f"{rows} rows, {events // PER_SESSION} sessions, {size} MB")


def records_end(records: list[tuple[int, bytes]]) -> int:
    """Receive time of the last record."""
    return codec.decode_routing(records[-1][1]).received_at


def fold(owner: object) -> None:
    """Read the log to its end."""
    while owner.step():  # type: ignore[attr-defined]
        pass


def write(sink: Sink) -> None:
    """Write every plan."""
    while sink.advance(0):
        pass


def step(name: str, events: int, work: object) -> None:
    """Run and print one step."""
    cpu_before, before = cpu(), time.perf_counter()
    work()  # type: ignore[operator]
    spent, elapsed = cpu() - cpu_before, time.perf_counter() - before
    rate = f"{events / spent:9,.0f} events/s/core"
    print(f"{name:24s} {spent / events * 1e6:6.2f} us CPU per event = {rate}   ({elapsed:.1f} s)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
