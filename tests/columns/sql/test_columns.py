"""Columns written in SQL are columns like any other."""

import datetime
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from tracker import app
from tracker.cli import app as commands
from tracker.config import Settings
from tracker.metrics import Metrics, new_metrics
from tracker.model import Batch, Closed, Hit, Plan
from tracker.testing import compute_batch, compute_rows, make_hit
from tracker.testing.hits import NOW
from tracker.worker import codec

SECOND = 1_000_000


def view(path: str, seconds: int = 0, **fields: Any) -> Hit:
    """A page view of one visitor."""
    query = f"v=2&tid=G-1&cid=1.1&en=page_view&dl=https://shop.example{path}&dt=Shop&epn.depth=7"
    return make_hit(query, received_at=NOW + seconds * SECOND, **fields)


def matomo(path: str) -> Hit:
    """An action that another protocol reports."""
    query = f"idsite=1&rec=1&url=https%3A%2F%2Fshop.example{path}"
    return make_hit(query, protocol="matomo", family="matomo", property_id="1")


def counted(settings: dict[str, Any], hits: list[Hit]) -> tuple[Batch, Metrics]:
    """A batch, and what was counted meanwhile."""
    resolved, metrics = Settings.model_validate(settings), new_metrics()
    found = app.registry(resolved)
    plan = Plan(1, NOW + 3_600 * SECOND, (Closed(np.arange(len(hits)), "timeout"),), 0)
    compute = app.computer(resolved, found, app.properties(resolved, found), metrics)
    return compute(0, plan, [codec.encode(hit) for hit in hits]), metrics


VALUES = {
    "page_path LIKE '/checkout%'": True,
    "upper(page_path)": "/CHECKOUT/7",
    "length(page_path)": 11,
    "1::UTINYINT + length(page_path)::HUGEINT": 12,
    "length(page_path) / 2": 5.5,
    "length(page_path) * 0.5": 5.5,
    "length(page_path) / 0": None,
    "timestamp_utc::DATE": datetime.date(2025, 10, 9),
    "date_trunc('hour', timestamp_utc)": datetime.datetime(2025, 10, 9, 8, tzinfo=datetime.UTC),
    "to_timestamp(length(page_path))": datetime.datetime(1970, 1, 1, 0, 0, 11, tzinfo=datetime.UTC),
    "CASE WHEN page_path <> '' THEN 'infinity'::DATE END": None,
    "string_split(page_path, '/')": ["", "checkout", "7"],
    "string_split(user_id, '/')": [],
    "user_id || page_path": None,
    "coalesce(user_id, page_title)": "Shop",
    'PAGE_PATH || "Page_Title"': "/checkout/7Shop",
    "list_transform([page_path], lambda x: x || page_title)": ["/checkout/7Shop"],
    "page_path -- to the end": "/checkout/7",
    "page_path /* and */\n || '!'": "/checkout/7!",
    "split_part(page_path, '/', 3)::INTEGER": 7,
    "hour(timezone('Europe/Berlin', timezone('UTC', timestamp_utc)))": 10,
    "CASE WHEN session_total_page_views = 1 THEN page_path END": "/checkout/7",
}


@cache
def values() -> dict[str, Any]:
    """What all of them give for one event."""
    hit = make_hit(
        "v=2&tid=G-1&cid=1.1&en=page_view&dl=https://shop.example/checkout/7&dt=Shop", received_at=1_759_999_000_000_000
    )
    (row,) = compute_rows([hit], {"columns": {f"c{n}": {"sql": sql} for n, sql in enumerate(VALUES)}})
    return {sql: row[f"c{n}"] for n, sql in enumerate(VALUES)}


@pytest.mark.parametrize("sql", VALUES)
def test_values(sql: str) -> None:
    """Of every type a column may have; times are UTC, and what is infinite or no number is null."""
    assert values()[sql] == VALUES[sql]


def test_columns_in_sql_read_each_other() -> None:
    """In whatever order they are written."""
    settings = {"columns": {"a": {"sql": "b || '!'"}, "b": {"sql": "c || '?'"}, "c": {"sql": "lower(page_title)"}}}
    assert compute_rows([view("/")], settings)[0]["a"] == "shop?!"


def test_a_parameter_of_the_settings_is_an_input() -> None:
    """One section makes the column of the parameter, another computes with it."""
    settings = {"columns": {"depth": {"param": "epn.depth", "type": "int64"}, "half": {"sql": "depth / 2"}}}
    assert compute_rows([view("/")], settings)[0]["half"] == 3.5


def test_session_columns_are_repeated() -> None:
    """An event column may look at its session."""
    settings = {"columns": {"mine": {"sql": "page_path = session_entry_page_path"}}}
    assert [row["mine"] for row in compute_rows([view("/a"), view("/b", 1)], settings)] == [True, False]


def test_an_event_without_a_session() -> None:
    """Session columns are null there, and the expression sees that."""
    lone = make_hit("v=2&tid=G-1&cid=1.1&en=user_engagement&dl=https://a.example/")
    assert compute_rows([lone], {"columns": {"mine": {"sql": "session_entry_page_path IS NULL"}}})[0]["mine"] is True


def test_a_row_that_fails_costs_only_its_value() -> None:
    """Null there, counted; the others have theirs, however many fail."""
    settings = {"columns": {"mine": {"sql": "split_part(page_path, '/', 2)::INTEGER"}}}
    batch, metrics = counted(settings, [view("/7" if n == 149 else "/x", n) for n in range(150)])
    assert batch.events["mine"].to_pylist() == [None] * 149 + [7]
    assert metrics.column_failures.labels("mine")._value.get() == 149


def test_equal_batches_have_equal_values() -> None:
    """Computed twice, and by two engines."""
    settings = {"columns": {"mine": {"sql": "hash(page_path) % 97"}}}
    hits = [view(f"/{n}", n) for n in range(50)]
    assert counted(settings, hits)[0].events.equals(counted(settings, hits)[0].events)


def test_a_column_of_one_protocol() -> None:
    """What only GA4 has makes a column that only GA4's events fill."""
    settings = {"columns": {"mine": {"sql": "measurement_id IS NULL"}}}
    assert [row["mine"] for row in compute_rows([view("/")], settings)] == [False]
    assert [row["mine"] for row in compute_rows([matomo("/")], settings)] == [None]


def test_a_column_of_all_protocols() -> None:
    """What all protocols fill makes one column for all."""
    settings = {"columns": {"mine": {"sql": "page_path || '!'"}}}
    assert compute_rows([matomo("/a")], settings)[0]["mine"] == compute_rows([view("/a")], settings)[0]["mine"] == "/a!"


def test_the_epoch_tells_expressions_apart() -> None:
    """Rows of another expression have another `schema_epoch`."""
    one, other = (
        compute_batch([view("/")], {"columns": {"mine": {"sql": sql}}}) for sql in ("page_path", "page_title")
    )
    assert one.epoch != other.epoch


def test_the_command_explains_it(tmp_path: Any) -> None:
    """`tracker columns NAME` shows the expression, what it is for, and its inputs down to the wire."""
    file = tmp_path / "tracker.toml"
    file.write_text("[columns.is_checkout]\nsql = \"page_path LIKE '/checkout%'\"\ndoc = 'Where people pay.'\n")
    shown = CliRunner().invoke(commands, ["columns", "is_checkout", "--config", str(file)]).output
    assert shown.startswith("is_checkout  bool  event\n\nWhere people pay.\n\nIn SQL: `page_path LIKE '/checkout%'`.\n")
    assert "computed for all protocols, version 1, defined in [columns.is_checkout]\n  page_path\n" in shown


def test_the_check_shows_every_problem(tmp_path: Any) -> None:
    """Before the tracker starts, with their places."""
    file = tmp_path / "tracker.toml"
    file.write_text("[columns.one]\nsql = 'pag_path'\n[filters.two]\nexclude = 'random() < 0.5'\n")
    data = ["--data", str(tmp_path)]
    result = CliRunner().invoke(commands, ["check", "--config", str(file), *data])
    assert result.exit_code == 1
    assert "column 'one' (columns.one.sql, line 1, column 1): there is no column 'pag_path'" in result.stderr
    assert "column 'filter_two' (filters.two.exclude, line 1, column 1): random does not always" in result.stderr


def test_the_page_about_it() -> None:
    """What the documentation shows can be computed."""
    page = (Path(__file__).resolve().parents[3] / "docs" / "filters-and-sql-columns.md").read_text()
    for text in re.findall(r"```toml\n(.*?)```", page, re.DOTALL):
        resolved = Settings.model_validate(tomllib.loads(text))
        app.properties(resolved, app.registry(resolved))
