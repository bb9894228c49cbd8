"""A small shop in both warehouses, as a worker would have written it: what pages show is asked of it."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import structlog

from tests.docs.test_querying import hits
from tracker import plugins
from tracker.config import Properties, PropertySettings
from tracker.metrics import new_metrics
from tracker.model import Batch, Cursor, Hit
from tracker.protocols.ga4 import GA4Protocol
from tracker.testing import make_request
from tracker.testing.rows import compute_batch
from tracker.warehouse.clickhouse import ClickHouse, ClickHouseSettings
from tracker.warehouse.driver import Driver
from tracker.warehouse.duckdb import DuckDB, DuckDBSettings
from tracker.warehouse.layout import Layout
from tracker.warehouse.writer import Writer

SOLD = "v=2&tid=G-SHOP&cid=50.5&_p=1&_s=1&en=purchase&cu=EUR&epn.value=40&pr1=idA~nmHat~pr20~qt2"


def write(driver: Driver, rows: Batch) -> None:
    """Make tables and views, and write a plan."""
    session_columns = {column.name for column in plugins.load(entry_points=False).columns if column.scope == "session"}
    writer = Writer(
        "main",
        driver,
        Layout(rows.events.schema, session_columns),
        wait=threading.Event().wait,
        metrics=new_metrics(),
        log=structlog.get_logger(),
    )
    writer.prepare()
    writer.write(rows, Cursor("log", 0, 1, len(hits()) + 1))


@pytest.fixture(scope="session")
def shop_rows() -> Batch:
    """The events of the shop, one of which has items."""
    request = make_request(f"/g/collect?{SOLD}&dl=https://shop.example/cart")
    sold = [hit for hit in GA4Protocol().hits(request, Properties({}, PropertySettings())) if isinstance(hit, Hit)]
    return compute_batch([*hits(), *sold], {"properties": {"G-SHOP": {"name": "Shop"}}})


@pytest.fixture(scope="session")
def shop_folder(tmp_path_factory: pytest.TempPathFactory, shop_rows: Batch) -> Path:
    """A data folder with the shop's DuckDB file, which no tracker runs on."""
    folder = tmp_path_factory.mktemp("shop-folder")
    driver = DuckDB(DuckDBSettings(), folder)
    write(driver, shop_rows)
    driver.close()
    return folder


@pytest.fixture(scope="session")
def in_clickhouse(chdb_folder: Path, shop_rows: Batch) -> Iterator[Callable[[str], Any]]:
    """Asks the engine of ClickHouse, with the shop in it."""
    driver = ClickHouse(ClickHouseSettings(interface="chdb", database=f"docs_{uuid4().hex}"), chdb_folder)
    write(driver, shop_rows)
    yield driver.query
    driver.close()
