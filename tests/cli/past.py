"""A data folder with a past: plans of every kind of hit, most of them in the archive only, and what its tables held."""

import shutil
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import cbor2
import pyarrow as pa

from tracker import app
from tracker.clock import MINUTE
from tracker.config import Settings
from tracker.config.load import load
from tracker.metrics import new_metrics
from tracker.testing import make_hit
from tracker.testing.hits import NOW
from tracker.warehouse.driver import Driver
from tracker.warehouse.duckdb import CURSOR_TABLE
from tracker.worker import codec
from tracker.worker.log import Log
from tracker.worker.sink import Sink

SETTINGS = """
[log]
partitions = 2
carry_after = "25m"
[worker]
flush_interval = "0s"
batch_hits = 6
tick_interval = "1d"
[filters.office]
exclude = "page_path = '/office'"
[properties.G-SHOP]
layout = "split"
events_table = "shop_events"
"""
"""Small plans, carried hits, and time that passes only where it is said; two table sets."""

PAGE = "dl=https%3A%2F%2Fshop.example%2F"
ORDER = "en=purchase&cu=EUR&epn.value=9.5&ep.transaction_id=T1&pr1=idA~nmHat~pr9.5~qt1~k0colour~v0red"


@dataclass
class Past:
    """A data folder, its settings file beside it, and what can be done there."""

    folder: Path

    @property
    def config(self) -> Path:
        """The settings file."""
        return self.folder / "tracker.toml"

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "data"

    @property
    def settings(self) -> Settings:
        """As the program reads them."""
        return load(file=self.config, environ={}, overrides={"data": self.data}).settings

    def configure(self, more: str = "") -> "Past":
        """Write the settings, with sinks and what else `more` has."""
        self.config.write_text(SETTINGS + more)
        return self

    def copy(self, folder: Path, more: str = "") -> "Past":
        """The same past, to be changed; `more` as for `configure`."""
        shutil.copytree(self.data, folder / "data")
        return Past(folder).configure(more)

    def live(self, rounds: range) -> None:
        """Twenty minutes each: visitors come to both partitions, are written, and leave the log as far as they can."""
        with app.opened_log(self.settings) as log, self.working(log) as worker:
            for number in rounds:
                self.visit(log, number)
                worker.work()

    def visit(self, log: Log, number: int) -> None:
        """What receivers do in a round."""
        at = NOW + number * 20 * MINUTE
        for partition in range(log.partitions):
            never_goes = {"client_id": f"{partition}.0", "received_at": at}
            lingers = {"client_id": f"{partition}.00", "received_at": at}
            short = {"client_id": f"{partition}.{number + 1}", "received_at": at + MINUTE, "user_id": f"u{number}"}
            shop = {"property_id": "G-SHOP", "client_id": f"{partition}.{number + 1}", "received_at": at + MINUTE}
            hits = [
                make_hit(f"en=ping&_s={number}&{PAGE}stay", **never_goes),
                *([make_hit(f"en=ping&_s={number}&{PAGE}stay", **lingers)] if number % 5 < 3 else ()),
                make_hit(f"en=page_view&_s=1&{PAGE}{number}&dt=Caf%C3%A9&utm_source=n", **short),
                make_hit("en=scroll&_s=2&epn.percent_scrolled=90", event_key=b"twice", **short),
                make_hit("en=scroll&_s=2&epn.percent_scrolled=90", event_key=b"twice", **short),
                make_hit(f"en=page_view&_s=3&{PAGE}office", **short),
                make_hit(f"{ORDER}&{PAGE}buy", **shop),
                make_hit("v=2", **shop),
            ]
            unreadable = cbor2.dumps(list(codec.decode_routing(codec.encode(hits[1])))) + b"\xff\x00"
            records = [*map(codec.encode, hits), unreadable, codec.tick(at + 19 * MINUTE)]
            log.append([(partition, record) for record in records])

    def working(self, log: Log) -> "Worker":
        """A worker on the open log."""
        return Worker(self.settings, log)

    def tables(self, sink: str = "main", file: Path | None = None) -> dict[str, pa.Table]:
        """Every table of a sink in a fixed order; `file` is another DuckDB file of the same tables."""
        settings = self.settings
        found = app.registry(settings)
        known = app.properties(settings, found)
        chosen = settings.warehouse.sinks[sink]
        if file is not None:
            chosen = type(chosen).model_validate({**chosen.model_dump(), "path": file})
        driver = app.driver(settings, found, sink, chosen)
        layout = app.layout(settings, known, app.computer(settings, found, known, new_metrics()), sink)
        driver.open()
        try:
            tables = {name: driver.query(_all(name, schema)) for name, schema in layout.schemas.items()}
            cursors = [asdict(cursor) for partition in (0, 1) if (cursor := driver.cursor(partition))]
            return tables | {CURSOR_TABLE: pa.Table.from_pylist(cursors)}
        finally:
            driver.close()


class Worker:
    """What the worker does, in this thread."""

    def __init__(self, settings: Settings, log: Log) -> None:
        found, metrics, stop = app.registry(settings), new_metrics(), threading.Event()
        known = app.properties(settings, found)
        self.log = log
        self.owners = [app.consumer(settings, log, partition, known, metrics) for partition in range(log.partitions)]
        compute = app.computer(settings, found, known, metrics)
        self.drivers: list[Driver] = []
        self.sinks: list[Sink] = []
        for name, sink in settings.warehouse.sinks.items():
            driver = app.driver(settings, found, name, sink)
            writer = app.writer(settings, known, compute, metrics, stop, name, driver)
            self.sinks.append(Sink(name, log, compute, writer, 3, metrics, stop, stop))
            self.drivers.append(driver)

    def __enter__(self) -> "Worker":
        for sink in self.sinks:
            sink.open()
        return self

    def __exit__(self, *_: object) -> None:
        for driver in self.drivers:
            driver.close()

    def work(self) -> None:
        """Fold, plan, write and trim all there is."""
        for owner in self.owners:
            while owner.step():
                pass
            for sink in self.sinks:
                while sink.advance(owner.partition):
                    pass
            owner.trim(min(sink.cursors[owner.partition] for sink in self.sinks))


def different(before: dict[str, pa.Table], after: dict[str, pa.Table]) -> Iterator[str]:
    """Which tables have other columns, rows or values, with the columns that differ."""
    for name in before | after:
        if name not in before or name not in after:
            yield f"{name} is missing"
        elif before[name].schema != after[name].schema:
            yield f"{name} has other columns"
        elif before[name].num_rows != after[name].num_rows:
            yield f"{name} has {after[name].num_rows} rows, not {before[name].num_rows}"
        else:
            columns = before[name].column_names
            wrong = [c for c in columns if before[name][c].to_pylist() != after[name][c].to_pylist()]
            if wrong:
                yield f"{name} has other values in {', '.join(wrong)}"


def _all(table: str, schema: pa.Schema) -> str:
    """In order of place. Bytes are read as digits: ClickHouse knows no difference between them and text."""
    keys = ("log_partition", "partition", "log_offset", "plan", "property_id", "outcome", "reason", "epoch")
    columns = ", ".join(f"hex({f.name}) AS {f.name}" if f.type == pa.binary() else f.name for f in schema)
    return f"SELECT {columns} FROM {table} ORDER BY {', '.join(key for key in keys if key in schema.names)}"
