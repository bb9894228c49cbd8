"""What DuckDB and ClickHouse hold of the same log is the same, value by value."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import cbor2
import pyarrow as pa
import pytest

from tests.warehouse.pipeline import Pipeline, pipeline
from tracker import app
from tracker.testing import make_hit
from tracker.warehouse.driver import Driver
from tracker.worker import codec

CAPTURED = Path(__file__).resolve().parents[2] / "../shared/fixtures/captured-hits.jsonl"
GA4 = "/g/collect?v=2&tid=G-1&cid=7.1&sid=1700000000&sct=1&seg=1&_p=99"
MATOMO = "/matomo.php?idsite=1&rec=1&_id=0123456789abcdef"
TOKEN = f"token_auth={'t' * 32}"
PAGE = quote("https://shop.example/café/\U0001f389?utm_source=news&utm_campaign=it%27s+%22big%22&gclid=G1", safe="")
ITEMS = '[["S-1","Größe \\"L\\"",["Hats","Sale"],19.99,2],["S-2","","",null,1]]'
CUSTOM = '{"1":["plan","pro"],"2":["tab\\t","\\\\n"]}'
MEASURED = {
    "client_id": "7.2",
    "user_id": "u-1",
    "timestamp_micros": 1,
    "user_properties": {"plan": {"value": "gold"}},
    "events": [
        {"name": "refund", "params": {"transaction_id": "T1", "value": 5, "currency": "EUR", "session_id": 12}},
        {"name": "purchase", "params": {"items": [{"item_id": "A", "price": 1e-3, "quantity": 3, "colour": "r"}]}},
    ],
}
BULK = {"requests": [f"?idsite=1&rec=1&_id=fedcba9876543210&url=https://b.example/{n}&pv_id=b{n}" for n in range(3)]}
REQUESTS: list[dict[str, Any]] = [
    {"url": f"{GA4}&_s=1&en=page_view&dl={PAGE}&dt=Caf%C3%A9%00x&dr=https%3A%2F%2Fwww.google.com%2F&ul=de-de&sr=1x2"},
    {"url": f"{GA4}&_s=2&en=scroll&epn.percent_scrolled=90&ep.empty=&ep.a=%0A%5C%27&_et=4100&dl={PAGE}"},
    {"url": f"{GA4}&_s=2&en=scroll&epn.percent_scrolled=90&ep.empty=&ep.a=%0A%5C%27&_et=4100&dl={PAGE}"},
    {
        "url": f"{GA4}&_s=3&en=purchase&cu=EUR&epn.value=59.97&ep.transaction_id=T1&epn.tax=9.57&epn.shipping=0"
        "&pr1=idA~nmHat~pr19.99~qt3~brAcme~caHats~k0colour~v0red&pr2=idB~pr1e-7~qt0&up.plan=pro&uid=u-1"
    },
    {"url": "/g/collect?v=2&tid=G-1&cid=8.1&gcs=G100&gcd=13p3t3p3p5l1&en=page_view&dl=https%3A%2F%2Fa.example%2F"},
    {"url": "/g/collect?v=2&tid=G-1&cid=9.1&_p=4", "body": "en=a&_s=1&ep.x=%ff\r\nen=b&_s=2&epn.n=1e308&_et=12"},
    {"url": "/mp/collect?measurement_id=G-1&api_secret=s", "body": json.dumps(MEASURED)},
    {"url": f"{MATOMO}&url={PAGE}&action_name=A%2FB&urlref=https%3A%2F%2Fbing.com%2F&res=1x1&pv_id=aaaaaa&gt_ms=7"},
    {"url": f"{MATOMO}&url=https://a.example/&idgoal=0&ec_id=O-1&revenue=39.98&ec_st=30&ec_items={quote(ITEMS)}"},
    {"url": f"{MATOMO}&url=https://a.example/&dimension1=one&dimension20=&cvar={quote(CUSTOM)}&_cvar={quote(CUSTOM)}"},
    {"url": f"{MATOMO}&url=https://a.example/&search=caf%C3%A9%20%26%20co&search_cat=c&search_count=0&uid=u-2"},
    {"url": f"{MATOMO}&url=https://a.example/&e_c=cat&e_a=act&e_n=name&e_v=-0.5&{TOKEN}&cip=198.51.100.9"},
    {"url": f"{MATOMO}&url=https://a.example/&cdt=2020-02-29%2023:59:59&{TOKEN}&lat=-0.0&long=180"},
    {"url": "/matomo.php", "body": json.dumps(BULK)},
]
ORDERS = {
    "events": "log_offset",
    "hits": "log_offset",
    "blog_events": "log_offset",
    "tracker_ledger": "plan, property_id, outcome, reason",
    "tracker_dead_letters": "log_offset",
}


def captured() -> list[dict[str, Any]]:
    """Requests of real tags and clients."""
    if not CAPTURED.exists():
        pytest.skip("the captured requests are not beside this repository")
    return [json.loads(line) for line in CAPTURED.read_text().splitlines()]


def read(driver: Driver, table: str, schema: pa.Schema) -> pa.Table:
    """A table in its own order. Bytes are read as digits: ClickHouse knows no difference between them and text."""
    columns = ", ".join(f"hex({f.name}) AS {f.name}" if f.type == pa.binary() else f.name for f in schema)
    return driver.query(f"SELECT {columns} FROM {table} ORDER BY {ORDERS.get(table, schema.names[0])}")


def type_of(field: pa.Field) -> str:
    """A type without the names and nullability of list members, which drivers choose as they like."""
    if pa.types.is_list(field.type):
        return f"list of {type_of(field.type.value_field)}"
    if pa.types.is_struct(field.type):
        return str([(member.name, type_of(member)) for member in field.type])
    return "string" if field.type == pa.binary() else str(field.type)


def written(line: Pipeline) -> dict[str, Driver]:
    """Both sinks, with every plan in them."""
    drivers = {name: line.driver(name) for name in line.settings.warehouse.sinks}
    sinks = [line.sink(name, driver) for name, driver in drivers.items()]
    for sink in sinks:
        sink.open()
    while any([sink.advance(0) for sink in sinks]):  # noqa: C419 - both, not the first that can
        pass
    return drivers


LAYOUTS: dict[str, dict[str, Any]] = {
    "wide": {},
    "split": {"warehouse": {"layout": "split", "events_table": "hits", "sessions_table": "visits"}},
    "own": {"properties": {"1": {"layout": "split", "events_table": "blog_events"}, "G-1": {"sinks": ["duckdb"]}}},
}
"""Settings: one wide table, two for all, and a property with tables of its own beside one that ClickHouse lacks."""


@pytest.mark.parametrize("kind", ["own", pytest.param("captured", marks=pytest.mark.slow)])
@pytest.mark.parametrize("layout", ["wide", "split"])
async def test_same_tables(tmp_path: Path, chdb_folder: Path, kind: str, layout: str) -> None:
    """Each column of each table has the same type and the same values, lists, nulls and control characters included."""
    with _line(tmp_path, chdb_folder, layout) as line:
        drivers = await _both(line, REQUESTS if kind == "own" else captured())
        for table, schema in _schemas(line, "duckdb").items():
            _assert_same(drivers, table, schema)
        assert drivers["duckdb"].cursor(0) == drivers["clickhouse"].cursor(0)
        _close(drivers)


async def test_own_tables(tmp_path: Path, chdb_folder: Path) -> None:
    """A property's own tables are the same in both; of one that goes elsewhere a sink has counts only."""
    with _line(tmp_path, chdb_folder, "own") as line:
        drivers = await _both(line, REQUESTS)
        for table in ("blog_events", "blog_sessions"):
            schema = _schemas(line, "clickhouse")[table]
            _assert_same(drivers, table, schema)
            assert set(read(drivers["duckdb"], table, schema)["property_id"].to_pylist()) == {"1"}
        counts = "SELECT outcome, reason, sum(hits) AS hits FROM tracker_ledger WHERE property_id = 'G-1' GROUP BY ALL"
        ends = {name: driver.query(f"{counts} ORDER BY ALL").to_pylist() for name, driver in drivers.items()}
        assert [row["reason"] for row in ends["clickhouse"]] == ["other_sink"]
        assert ends["clickhouse"][0]["hits"] == sum(row["hits"] for row in ends["duckdb"])
        events = {
            name: driver.query("SELECT count(*) AS n FROM events")["n"][0].as_py() for name, driver in drivers.items()
        }
        assert events["duckdb"] > 0
        assert events["clickhouse"] == 0


@contextmanager
def _line(folder: Path, chdb_folder: Path, layout: str) -> Iterator[Pipeline]:
    place = {"interface": "chdb", "path": str(chdb_folder / "clickhouse"), "database": f"test_{uuid4().hex}"}
    more = {key: value for key, value in LAYOUTS[layout].items() if key != "warehouse"}
    with pipeline(folder, place, LAYOUTS[layout].get("warehouse"), **more) as line:
        yield line


async def _both(line: Pipeline, requests: list[dict[str, Any]]) -> dict[str, Driver]:
    """Both sinks, after these requests and a record that nobody can read."""
    assert set(await line.send(requests)) <= {200, 204, 400}
    unreadable = codec.decode_routing(codec.encode(make_hit("v=2&tid=G-1&cid=1.1&en=a")))
    line.log.append([(0, cbor2.dumps(list(unreadable)) + b"\xff\x00")])
    line.let_time_pass()
    while line.consumer.step():
        pass
    return written(line)


def _close(drivers: Mapping[str, Driver]) -> None:
    for driver in drivers.values():
        driver.close()


def _schemas(line: Pipeline, sink: str) -> Mapping[str, pa.Schema]:
    return app.layout(line.settings, line.known, line.compute, sink).schemas


def _assert_same(drivers: Mapping[str, Driver], table: str, schema: pa.Schema) -> None:
    duck, click = (read(driver, table, schema) for driver in drivers.values())
    assert duck.num_rows, f"{table} is empty"
    assert [type_of(field) for field in click.schema] == [type_of(field) for field in duck.schema]
    different = {n: (d, c) for n in schema.names if (d := duck[n].to_pylist()) != (c := click[n].to_pylist())}
    assert different == {}
