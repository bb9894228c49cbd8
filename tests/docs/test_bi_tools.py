"""What docs/bi-tools.md shows runs: the file of views, first charts in both engines, and Python."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from tests.warehouse.chdb_server import ChdbServer
from tracker.cli import app

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "bi-tools.md").read_text()
CHARTS: list[str] = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
PYTHON: list[str] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
RANGE = {
    "$__timeFilter(date::TIMESTAMP)": "date::TIMESTAMP >= '2025-10-01T00:00:00Z' "
    "AND date::TIMESTAMP <= '2025-10-31T00:00:00Z'",
    "$__dateFilter(date)": "date >= toDate('2025-10-01') AND date <= toDate('2025-10-31')",
    "$__timeFilter(timestamp_utc)": "timestamp_utc >= toDateTime(1759276800) "
    "AND timestamp_utc <= toDateTime(1761868800)",
    "$__timeInterval(timestamp_utc)": "toStartOfInterval(toDateTime(timestamp_utc), INTERVAL 3600 second)",
}
"""Macros as the plugins of Grafana replace them: of DuckDB the first, of ClickHouse the others."""


def chart(words: str) -> str:
    """The chart on the page that has these words in it, with Grafana's macros replaced."""
    (found,) = [sql for sql in CHARTS if words in sql]
    for macro, sql in RANGE.items():
        found = found.replace(macro, sql)
    return found


@pytest.fixture(scope="module")
def web(shop_folder: Path) -> Path:
    """The file of views, made as the page says, over snapshots of the shop. Gives the folder that has both."""
    done = CliRunner().invoke(app, ["snapshot", "--data", str(shop_folder)])
    assert done.exit_code == 0, done.output
    snapshots = shop_folder / "snapshots"
    (script,) = re.findall(r"<<SQL\n(.*?)\nSQL\n", PAGE, re.DOTALL)
    script = script.replace(".read open.sql", (snapshots / "open.sql").read_text()).replace("$PWD", str(snapshots))
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{shop_folder / 'web.duckdb'}' (STORAGE_VERSION 'v1.0.0')")
        connection.execute("USE web")
        connection.execute(script)
    return shop_folder


def test_file_of_views(web: Path) -> None:
    """Opened read-only, from another folder, it has the events and every ready view."""
    with duckdb.connect(web / "web.duckdb", read_only=True) as connection:
        views = connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()
        counts = [
            connection.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0] for name in ("events", "channels")
        ]
    assert counts == [11, 3]
    assert {"daily_traffic", "landing_pages", "session_history", "people"} <= {name for (name,) in views}


def test_file_of_views_is_readable_for_older_versions(web: Path) -> None:
    """Its format is that of DuckDB 1.0."""
    with duckdb.connect(web / "web.duckdb", read_only=True) as connection:
        tags = connection.execute("SELECT tags FROM duckdb_databases() WHERE database_name = 'web'").fetchall()
    assert tags[0][0]["storage_version"].startswith("v1.0.0")


@pytest.mark.parametrize("words", ["sum(visitors)", "date::TIMESTAMP"])
def test_charts_on_duckdb(web: Path, words: str) -> None:
    """Each has a point for each day."""
    with duckdb.connect(web / "web.duckdb", read_only=True) as connection:
        assert connection.sql(chart(words)).to_arrow_table().num_rows == 2


@pytest.mark.parametrize("words", ["sum(visitors)", "toDateTime(date", "timestamp_utc"])
def test_charts_on_clickhouse(in_clickhouse: Callable[[str], Any], words: str) -> None:
    """Each has a point at least for each day."""
    assert in_clickhouse(chart(words)).num_rows >= 2


def test_every_chart_is_tried() -> None:
    """There are no others on the page."""
    assert len(CHARTS) == 4


@pytest.mark.parametrize("package", ["duckdb", "pyarrow"])
def test_python_on_duckdb(web: Path, package: str) -> None:
    """The excerpt gives rows."""
    (code,) = [code for code in PYTHON if f"import {package}" in code]
    names: dict[str, Any] = {}
    exec(code.replace("/srv/web/snapshots", str(web / "snapshots")).replace("/srv/web", str(web)), names)
    assert names["table" if package == "duckdb" else "views"].num_rows >= 2


def test_python_on_clickhouse(clickhouse: ChdbServer, in_clickhouse: Callable[[str], Any]) -> None:
    """The excerpt gives rows over HTTP."""
    (code,) = [code for code in PYTHON if "import clickhouse_connect" in code]
    database = in_clickhouse("SELECT currentDatabase() AS name")["name"][0].as_py()
    server = f'host="127.0.0.1", port={clickhouse.port}, username="default", password="", database="{database}"'
    names: dict[str, Any] = {}
    exec(re.sub(r"get_client\(.*?\n\)", f"get_client({server})", code, flags=re.DOTALL), names)
    names["web"].close()
    assert names["table"].num_rows == 2
