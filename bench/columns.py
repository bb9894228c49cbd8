"""A whole batch through the columns, from log records to the table: CPU microseconds per event.

Run: python -m bench.columns [events] [--profile]
"""

import cProfile
import pstats
import random
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from bench.decode import query
from tracker import app
from tracker.config import Settings
from tracker.metrics import new_metrics
from tracker.model import Closed, Hit, Plan
from tracker.worker import codec

START = 1_760_000_000_000_000
PER_SESSION = 8


def hits(events: int, seed: int = 7) -> list[Hit]:
    """GA4 page views as a browser sends them, `PER_SESSION` per client, clients interleaved."""
    rng = random.Random(seed)
    clients = max(1, events // PER_SESSION)
    headers = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0.0.0 Safari/537.36", "accept-language": "de"}
    return [
        Hit(
            id=n.to_bytes(16, "big"),
            property_id="G-0GDZ6S3NNK",
            client_id=f"{n % clients}.1760000000",
            protocol="ga4_gtag",
            family="ga4",
            received_at=START + n * 1_000,
            event_key=n.to_bytes(16, "big"),
            ip="203.0.113.0",
            host="t.example.com",
            path="/g/collect",
            method="POST",
            headers=headers,
            query=query(rng),
        )
        for n in range(events)
    ]


def plan_of(events: int) -> Plan:
    """One plan of all of them, a protosession per client."""
    clients = max(1, events // PER_SESSION)
    closed = tuple(Closed(np.arange(client, events, clients), "timeout") for client in range(clients))
    return Plan(1, START + 3_600_000_000, closed, 0)


def cpu(work: Callable[[], Any], events: int, runs: int = 5) -> float:
    """CPU microseconds per event of the best run."""
    best = float("inf")
    for _ in range(runs):
        before = time.process_time()
        work()
        best = min(best, time.process_time() - before)
    return best / events * 1e6


def main(events: int, *, profile: bool) -> None:
    """Print the figures."""
    settings = Settings()
    found = app.registry(settings)
    computer = app.computer(settings, found, app.properties(settings, found), new_metrics())
    plan = plan_of(events)
    made = [codec.encode(hit) for hit in hits(events)]
    records = [made[offset] for closed in plan.protosessions for offset in closed.offsets.tolist()]
    print(f"{events} events, {len(records[0])}-byte records, {len(computer.schema)} stored columns")
    print(f"decode records      {cpu(lambda: [codec.decode(record) for record in records], events):6.2f} us per event")
    print(f"records to table    {cpu(lambda: computer(0, plan, records), events):6.2f} us per event, decoding included")
    if profile:
        profiler = cProfile.Profile()
        profiler.runcall(computer, 0, plan, records)
        pstats.Stats(profiler).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    numbers = [argument for argument in sys.argv[1:] if argument.isdigit()]
    main(int(numbers[0]) if numbers else 50_000, profile="--profile" in sys.argv)
