"""Pages about warehouses: one template for all, options made from the drivers, and SQL that runs in its engine."""

import re
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tracker.config import SqlSettings
from tracker.warehouse.queries import open_offline

DOCS = Path(__file__).resolve().parents[2] / "docs"
TEMPLATE = DOCS / "warehouse-template.md"
GENERATED = runpy.run_path(str(DOCS / "generate.py"))
WAREHOUSES = sorted(set(GENERATED["PAGES"]) - {"settings.md"} - {page for page in GENERATED["PAGES"] if "/" in page})
STATEMENT = re.compile(r";\s*(?=\n|$)")


def headings(page: Path) -> list[str]:
    """The headings of a page below its title, in order; deeper ones are left out."""
    return re.findall(r"^## (.+)$", page.read_text(), re.MULTILINE)


def section(page: str, title: str) -> str:
    """What stands under a heading of a page."""
    found = re.search(rf"^#+ {title}\n(.*?)(?=^#|\Z)", (DOCS / page).read_text(), re.MULTILINE | re.DOTALL)
    assert found, f"{page} has no heading {title}"
    return found[1]


def queries(page: str, title: str) -> list[str]:
    """The SQL under a heading of a page."""
    return re.findall(r"```sql\n(.*?)```", section(page, title), re.DOTALL)


@pytest.fixture(scope="module")
def in_duckdb(shop_folder: Path) -> Iterator[Callable[[str], Any]]:
    """Asks a DuckDB file of the shop, by the rules of `tracker sql`."""
    with open_offline(shop_folder / "tracker.duckdb", SqlSettings()) as asked:
        yield lambda sql: asked.run(sql).table


def test_every_driver_has_a_page() -> None:
    """A built-in driver without one is forgotten here."""
    drivers = GENERATED["plugins"].load(entry_points=False).drivers
    assert sorted(f"{name}.md" for name in drivers) == WAREHOUSES


@pytest.mark.parametrize("page", WAREHOUSES)
def test_headings(page: str) -> None:
    """A page has the template's headings: all of them, in its order, and no others."""
    assert headings(DOCS / page) == headings(TEMPLATE)
    assert len(headings(TEMPLATE)) == 10


@pytest.mark.parametrize("page", WAREHOUSES)
def test_sections_are_filled(page: str) -> None:
    """No heading stands over nothing, and the title is followed by what the warehouse is."""
    text = (DOCS / page).read_text()
    assert re.match(r"# \w+\n\n[A-Z]", text)
    assert [title for title in headings(DOCS / page) if not section(page, title).strip()] == []


@pytest.mark.parametrize("page", WAREHOUSES)
def test_options_come_from_the_settings(page: str) -> None:
    """Between the marks every key of the driver's settings has a row."""
    settings = GENERATED["plugins"].load(entry_points=False).drivers[page.removesuffix(".md")].Settings
    rows = re.findall(r"^\| `(\w+)` \|", section(page, "Options"), re.MULTILINE)
    assert rows == [name for name in settings.model_fields if name != "driver"]


@pytest.mark.parametrize("page", WAREHOUSES)
def test_number_of_recommended_queries(page: str) -> None:
    """A handful: enough to begin with, few enough to read."""
    assert 4 <= len(queries(page, "Recommended queries")) <= 6


@pytest.mark.parametrize("sql", queries("duckdb.md", "Recommended queries"))
def test_recommended_queries_of_duckdb(in_duckdb: Callable[[str], Any], sql: str) -> None:
    """`tracker sql` answers each."""
    assert in_duckdb(sql).num_columns >= 2


@pytest.mark.parametrize("sql", queries("clickhouse.md", "Recommended queries"))
def test_recommended_queries_of_clickhouse(in_clickhouse: Callable[[str], Any], sql: str) -> None:
    """ClickHouse answers each."""
    assert in_clickhouse(sql).num_columns >= 2


@pytest.mark.parametrize("page", ["duckdb.md", "clickhouse.md"])
def test_recommended_queries_find_something(
    page: str, in_duckdb: Callable[[str], Any], in_clickhouse: Callable[[str], Any]
) -> None:
    """Asked of all days and properties each has at least a row: no condition of theirs is wrong for every event."""
    ask = in_duckdb if page == "duckdb.md" else in_clickhouse
    everything = [re.sub(r" - (14|28)\b", " - 5000", sql) for sql in queries(page, "Recommended queries")]
    assert [sql for sql in everything if not ask(sql).num_rows] == []


@pytest.mark.parametrize("title", ["A user for the tracker", "A user for readers"])
def test_rights_are_words_of_clickhouse(in_clickhouse: Callable[[str], Any], title: str) -> None:
    """The engine can parse every statement about users, and knows each right and setting in it."""
    statements = [one for sql in queries("clickhouse.md", title) for one in STATEMENT.split(sql) if one.strip()]
    assert len(statements) >= 3
    for statement in statements:
        quoted = statement.replace("'", "''")
        assert in_clickhouse(f"SELECT formatQuery('{quoted}') AS statement").num_rows
        for setting in re.findall(r"^ +(\w+) = ", statement, re.MULTILINE):
            assert in_clickhouse(f"SELECT name FROM system.settings WHERE name = '{setting}'").num_rows, setting
