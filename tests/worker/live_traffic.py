"""A whole tracker in one process, a step at a time, on a clock of its own; and random traffic for it."""

import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from tracker import app
from tracker.clock import HOUR, MINUTE, SECOND
from tracker.config import Properties, PropertySettings, Settings
from tracker.metrics import new_metrics
from tracker.model import Hit, Plan
from tracker.protocols.ga4 import GA4Protocol
from tracker.protosessions.fold import Fold
from tracker.testing import FakeClock, make_request
from tracker.testing.hits import NOW
from tracker.warehouse.duckdb import DuckDB, DuckDBSettings
from tracker.worker import codec
from tracker.worker.consumer import Consumer, Steps
from tracker.worker.log import Log
from tracker.worker.partition import partition_of
from tracker.worker.sink import Sink

DEFAULTS: dict[str, Any] = {
    "worker": {"flush_interval": "0s", "batch_hits": 20},
    "log": {"carry_after": "20m"},
    "warehouse": {"views": False},
    "filters": {"staff": {"exclude": "page_path = '/staff'"}},
}
PAGES = ("/", "/shoes", "/shoes?utm_source=news&utm_medium=email", "/cart", "/staff")
NAMES = ("page_view", "page_view", "scroll", "user_engagement", "purchase&epn.value=9.5&cu=EUR&ep.transaction_id=T1")


class Tracked:
    """An open log and everything around it; nothing happens by itself."""

    def __init__(self, settings: Settings, log: Log) -> None:
        self.settings, self.log, self.clock = settings, log, FakeClock(NOW)
        self.found, self.metrics = app.registry(settings), new_metrics()
        self.known = app.properties(settings, self.found)
        self.resources = app.resources(settings)
        self.stop = threading.Event()
        self.plans: list[dict[int, Plan]] = [{} for _ in range(log.partitions)]
        """Every plan that was ever made, by partition and number."""
        steps = Steps(self.fold, codec.decode_routing, codec.tick, codec.clock_record)
        carry_after = settings.log.carry_after
        self.consumers = [
            Consumer(log, partition, steps, settings.worker, carry_after, self.clock, self.metrics)
            for partition in range(log.partitions)
        ]
        self.compute = app.computer(settings, self.found, self.known, self.metrics, self.resources)
        self.driver = DuckDB(DuckDBSettings(), settings.data)
        writer = app.writer(settings, self.known, self.compute, self.metrics, self.stop, "main", self.driver)
        self.sink = Sink("main", log, self.compute, writer, 3, self.metrics, self.stop, threading.Event())
        self.sink.open()
        self.live = app.live_events(settings, log, self.found, self.known, self.resources, None, "main")
        self.missing: Any = self.live.missing
        self.queries = self.driver.queries(settings.sql, self.live)

    def fold(self, start: Any, carried: Any) -> Fold:
        """A fold as the worker makes it."""
        return Fold(partial(app.fold_limits, self.settings, self.known), start, carried, codec.decode_routing)

    def append(self, hits: Sequence[Hit]) -> None:
        """Into the log, each into the partition of its property."""
        place = partition_of(self.log.secret, self.log.partitions, "property")
        self.log.append([(place(hit), codec.encode(hit)) for hit in hits])
        self.clock.move(max(0, max(hit.received_at for hit in hits) - self.clock.now()))

    def consume(self) -> None:
        """Fold all there is, and plan."""
        for consumer in self.consumers:
            while consumer.lag:
                consumer.step()
            plans = self.plans[consumer.partition]
            plans |= {plan.n: plan for plan in self.log.plans(consumer.partition, len(plans) + 1)}

    def write(self, most: int = 1_000_000) -> None:
        """Write plans."""
        for partition in range(self.log.partitions):
            for _ in range(most):
                if not self.sink.advance(partition):
                    break

    def trim(self) -> None:
        """Let go of what nobody needs."""
        for consumer in self.consumers:
            consumer.trim(self.sink.cursors[consumer.partition])

    def close_all(self) -> None:
        """Let a day pass, and write everything."""
        for partition in range(self.log.partitions):
            self.log.append_own(partition, codec.tick(self.clock.now() + 25 * HOUR))
            self.log.append_own(partition, codec.tick(self.clock.now() + 27 * HOUR))
        self.consume()
        self.write()

    def ask(self, sql: str) -> list[dict[str, Any]]:
        """The rows of an answer."""
        rows: list[dict[str, Any]] = self.queries.run(sql).table.to_pylist()
        return rows


@contextmanager
def tracked(folder: Path, **more: Any) -> Iterator[Tracked]:
    """A tracker on a folder; its only sink is the DuckDB file `main`."""
    settings = Settings.model_validate({**DEFAULTS, "data": folder, **more})
    with app.opened_log(settings) as log:
        made = Tracked(settings, log)
        try:
            yield made
        finally:
            made.driver.close()


def sent(client: str, event: str = "page_view", page: str = "/", *, at: int = NOW, more: str = "") -> list[Hit]:
    """The hit that a request makes; without an event it has lost its payload, and cannot be written."""
    location = f"https://shop.example{page}".replace("&", "%26")
    query = f"v=2&tid=G-1&cid={client}&_p=1&_s={at // SECOND}&en={event or 'lost'}&dl={location}{more}"
    request = make_request(f"/g/collect?{query}", received_at=at, address=f"198.51.100.{len(client)}")
    known = Properties({}, PropertySettings())
    hits = [piece for piece in GA4Protocol().hits(request, known) if isinstance(piece, Hit)]
    return hits if event else [replace(hit, query=b"v=2") for hit in hits]


def traffic(chance: random.Random, hits: int, gap: int = 2 * MINUTE, properties: int = 1) -> Iterator[list[Hit]]:
    """Requests of some visitors: pages, people who log in on two devices, repeats, staff, and hits without a name."""
    now, last = NOW, list[Hit]()
    for _ in range(hits):
        now += chance.randrange(1, gap)
        client, user = f"{chance.randrange(9)}.1", chance.choice(("", "", "&uid=ann", "&uid=bob"))
        event = "" if chance.random() < 0.05 else chance.choice(NAMES)
        again = chance.random() < 0.1 and last
        hits_of = _later(last, now) if again else sent(client, event, chance.choice(PAGES), at=now, more=user)
        yield [replace(hit, property_id=f"G-{1 + int(hit.client_id[0]) % properties}") for hit in hits_of]
        last = hits_of


def _later(hits: Sequence[Hit], at: int) -> list[Hit]:
    """The same, sent once more."""
    return [replace(hit, received_at=at, id=at.to_bytes(16, "big")) for hit in hits]
