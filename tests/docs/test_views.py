"""The queries of docs/views.md give the answers that the page shows, in both engines, and its tables of columns are
those of the views.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pytest

from tests.warehouse.views.traffic import NEWS, SETTINGS, SHOP, Visit, bought, hits_of, page, refund
from tests.warehouse.views.warehouses import WIDE, fill
from tracker.model import Closed, Hit
from tracker.testing.rows import compute_batch
from tracker.warehouse.clickhouse import ClickHouse, ClickHouseSettings
from tracker.warehouse.driver import Driver
from tracker.warehouse.duckdb import DuckDB, DuckDBSettings
from tracker.warehouse.views.views import NAMES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "views.md"
SECTIONS = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", PAGE.read_text(), re.DOTALL | re.MULTILINE))
EXAMPLES = re.findall(r"```sql\n(.*?)```\n\n```text\n(.*?)```", PAGE.read_text(), re.DOTALL)
WITH_ALL_COLUMNS = {"sessions", "events_wide"}
"""Views of which the page names no columns: they have all of them."""

SHOE, SOCK = "pr1=idP1~nmShoe~pr20~qt2", "pr2=idP2~nmSock~pr5.5~qt1"
VISITS = (
    Visit(SHOP, "10.1", 0, (
        (0, page(NEWS)), (0.5, page("/shoes")), (0.6, page("/shoes", name="view_item") + f"&{SHOE}"),
        (1.5, page("/shoes", name="add_to_cart") + f"&{SHOE}"), (2, page("/cart", name="begin_checkout") + f"&{SHOE}"),
        (3, page("/thanks")), (3, bought("T1", 59.5, "EUR", f"&epn.tax=9.5&epn.shipping=4.5&{SHOE}&{SOCK}")),
    )),
    Visit(SHOP, "20.2", 0.1, ((0, page("/")),)),
    Visit(SHOP, "10.1", 1, ((0, page("/thanks")), (0.1, bought("T1", 59.5, "EUR", f"&{SHOE}&{SOCK}")),
        (2, page("/account"))), "bob"),
    Visit(SHOP, "30.3", 1.2, ((0, page("/shoes", "https://www.google.com/")),
        (1, page("/shoes", name="view_item") + f"&{SHOE}"), (2, page("/shoes", name="add_to_cart") + f"&{SHOE}"),
        (4, page("/")))),
    Visit(SHOP, "40.4", 7, ((0, page("/")), (2, bought("T2", 20, "USD", f"&{SHOE.replace('qt2', 'qt1')}"))), "bob"),
    Visit(SHOP, "30.3", 7.2, ((0, page("/shoes")),)),
    Visit(SHOP, "10.1", 8, ((0, page("/account", name="user_engagement") + "&_et=4000"),)),
    Visit(SHOP, "10.1", 14, ((0, page("/account")), (1, refund("T1", "20", "EUR") + "&pr1=idP1~nmShoe~pr20~qt1")),
        "bob"),
)  # fmt: skip
"""A small shop: bob, who buys on two devices; a visitor who looks in; one who comes again and buys nothing."""


@pytest.fixture(scope="module", params=["duckdb", "clickhouse"])
def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, chdb_folder: Path
) -> Iterator[Driver]:
    """The small shop in an engine."""
    sent: list[Hit] = []
    closed: list[Closed] = []
    for number, visit in enumerate(VISITS):
        hits = list(hits_of(number, visit))
        closed.append(Closed(np.arange(len(sent), len(sent) + len(hits)), "timeout"))
        sent += hits
    driver: Driver = (
        DuckDB(DuckDBSettings(), tmp_path_factory.mktemp("shop"))
        if request.param == "duckdb"
        else ClickHouse(ClickHouseSettings(interface="chdb", database=f"test_{uuid4().hex}"), chdb_folder)
    )
    fill(driver, [compute_batch(sent, SETTINGS, closed)], [WIDE])
    yield driver
    driver.close()


@pytest.mark.parametrize(("sql", "answer"), [pytest.param(*one, id=f"{n}") for n, one in enumerate(EXAMPLES)])
def test_query(shop: Driver, sql: str, answer: str) -> None:
    """The answer is the one on the page."""
    assert shown(shop.query(sql)) == answer


@pytest.mark.parametrize("name", [name for name in NAMES if name not in WITH_ALL_COLUMNS])
def test_columns(shop: Driver, name: str) -> None:
    """The page's table has the view's columns, all of them and in their order."""
    found = shop.query(f'SELECT * FROM "{name}" LIMIT 1')
    assert [
        column
        for row in re.findall(r"^\| (`.+?) \|", SECTIONS[name], re.MULTILINE)
        for column in re.findall(r"`(\w+)`", row)
    ] == found.schema.names


def test_every_view_is_shown() -> None:
    """Each view has a section, and each section but those of tables a query with an answer."""
    assert list(SECTIONS) == list(dict.fromkeys(SECTIONS))
    assert set(SECTIONS) == set(NAMES)
    assert all("```sql\n" in text and "```text\n" in text for text in SECTIONS.values())
    assert len(EXAMPLES) == PAGE.read_text().count("```sql\n")


def shown(table: pa.Table) -> str:
    """An answer as the page shows it: aligned columns."""
    rows = [table.column_names, *([_text(value) for value in row.values()] for row in table.to_pylist())]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return "".join("  ".join(map(str.ljust, row, widths)).rstrip() + "\n" for row in rows)


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
