"""The queries of docs/querying.md give the answers that the page shows, by the rules of `tracker sql`."""

import re
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import structlog

from tracker.config import Properties, PropertySettings, SqlSettings
from tracker.metrics import new_metrics
from tracker.model import Closed, Cursor, Hit
from tracker.protocols.ga4 import GA4Protocol
from tracker.testing import make_hit, make_request
from tracker.testing.hits import NOW
from tracker.testing.rows import compute_batch
from tracker.warehouse.duckdb import DuckDB, DuckDBSettings
from tracker.warehouse.layout import Layout
from tracker.warehouse.live import LiveRelations, written
from tracker.warehouse.queries import Queries, open_offline
from tracker.warehouse.writer import Writer
from tracker.worker.live import Live

PAGE = Path(__file__).resolve().parents[2] / "docs" / "querying.md"
EXAMPLES = re.findall(
    r"## ([^\n]+)\n(?:(?!\n## ).)*?```sql\n(.*?)```\n\n```text\n(.*?)```", PAGE.read_text(), re.DOTALL
)
MINUTE = 60
SHOP = {"properties": {"G-SHOP": {"name": "Shop"}}}

VISITS = (
    ("10.1", 0, "page_view", "/?utm_source=news&utm_medium=email"),
    ("10.1", 30, "page_view", "/shoes"),
    ("10.1", 50, "scroll", "/shoes"),
    ("10.1", 90, "add_to_cart", "/shoes"),
    ("10.1", 120, "page_view", "/cart"),
    ("10.1", 180, "purchase&epn.value=59.5&cu=EUR&ep.transaction_id=T1", "/cart"),
    ("10.1", 180, "purchase&epn.value=59.5&cu=EUR&ep.transaction_id=T1", "/cart"),
    ("20.2", 5, "page_view", "/"),
    ("30.3", 9, "page_view", "/shoes?utm_source=news&utm_medium=email"),
    ("30.3", 20 * MINUTE, "page_view", "/"),
    ("30.3", 24 * 60 * MINUTE, "page_view", "/shoes"),
)
"""Client, seconds after the first, event, page. A purchase comes twice: its page was loaded again from memory."""


NOW_THERE = (
    ("50.5", 0, "page_view", "/?utm_source=news&utm_medium=email"),
    ("50.5", 20, "page_view", "/shoes"),
    ("50.5", 45, "page_view", "/cart"),
    ("60.6", 50, "page_view", "/shoes"),
)
"""Visits that still go on."""


def hits() -> list[Hit]:
    """What the visitors of the shop sent, and one hit that has lost its name."""
    return [*sent(VISITS), make_hit("v=2", property_id="G-SHOP", client_id="40.4")]


def sent(visits: Sequence[tuple[str, int, str, str]]) -> list[Hit]:
    """What visitors send."""
    known = Properties({}, PropertySettings())
    sent: list[Hit] = []
    for client, seconds, event, page in visits:
        location = f"https://shop.example{page}".replace("&", "%26")
        query = f"v=2&tid=G-SHOP&cid={client}&_p=1&_s={seconds}&en={event}&dl={location}"
        request = make_request(f"/g/collect?{query}", received_at=NOW + seconds * 1_000_000)
        sent += [piece for piece in GA4Protocol().hits(request, known) if isinstance(piece, Hit)]
    return sent


def missing(has: object, check: object) -> Live:
    """What is in no table: a protosession for each client."""
    open_hits = sent(NOW_THERE)
    apart = [Closed(np.array([0, 1, 2]), "timeout"), Closed(np.array([3]), "timeout")]
    return Live(compute_batch(open_hits, SHOP, apart).events, len(open_hits), len(open_hits))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Queries]:
    """The tables of the shop, as `tracker sql` sees them."""
    folder = tmp_path_factory.mktemp("shop")
    batch = compute_batch(hits(), SHOP)
    writer = Writer(
        "main",
        DuckDB(DuckDBSettings(), folder),
        Layout(batch.events.schema, ()),
        wait=threading.Event().wait,
        metrics=new_metrics(),
        log=structlog.get_logger(),
    )
    writer.prepare()
    writer.write(batch, Cursor("log", 0, 1, len(hits())))
    writer.close()
    live = LiveRelations(missing, written)
    with open_offline(folder / "tracker.duckdb", SqlSettings(), live=live) as queries:
        yield queries


@pytest.mark.parametrize(("sql", "answer"), [pytest.param(sql, text, id=title) for title, sql, text in EXAMPLES])
def test_query(shop: Queries, sql: str, answer: str) -> None:
    """The query is admitted, and its answer is the one on the page."""
    assert shown(shop, sql) == answer


def test_every_query_has_an_answer() -> None:
    """No query of the page goes without."""
    assert len(EXAMPLES) == PAGE.read_text().count("```sql\n") > 5


def shown(queries: Queries, sql: str) -> str:
    """An answer as the page shows it: aligned columns."""
    table = queries.run(sql).table
    rows = [table.column_names, *([_text(value) for value in row.values()] for row in table.to_pylist())]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return "".join("  ".join(map(str.ljust, row, widths)).rstrip() + "\n" for row in rows)


def _text(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
