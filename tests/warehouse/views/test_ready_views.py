"""What `ready_views` gives for a table set."""

import re

import duckdb
import pyarrow as pa
import pytest

from tests.warehouse.views.traffic import batches
from tests.warehouse.views.warehouses import session_columns
from tracker.warehouse.tables import Tables, tables
from tracker.warehouse.views import ready_views
from tracker.warehouse.views.dialects import DIALECTS
from tracker.warehouse.views.views import NAMES


@pytest.fixture(scope="module")
def columns() -> pa.Schema:
    """Every stored column."""
    return batches()[0].events.schema


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("own", [tables("wide", "events"), tables("split", "events")], ids=lambda own: own.layout)
def test_order(columns: pa.Schema, dialect: str, own: Tables) -> None:
    """A view reads tables, and views that come before it."""
    known = {own.events, own.sessions} if own.layout == "split" else {own.events}
    for view in ready_views(dialect, own, columns, session_columns()):
        read = set(re.findall(r'(?:FROM|JOIN) "(\w+)"', view.sql))
        assert read <= known
        assert read
        known.add(view.name)


def test_names(columns: pa.Schema) -> None:
    """Views are named after their table of events, that of sessions as the settings say; a table is no view."""
    wide = ready_views("duckdb", tables("wide", "shop_events", "visits"), columns, session_columns())
    assert [view.name for view in wide] == ["visits", *(f"shop_{name}" for name in NAMES[1:])]
    split = ready_views("duckdb", tables("split", "events"), columns, session_columns())
    assert [view.name for view in split] == list(NAMES[1:])


def test_sentences(columns: pa.Schema) -> None:
    """Each view says in a sentence what one row of it is."""
    for view in ready_views("duckdb", Tables(), columns, session_columns()):
        assert re.fullmatch(r"One row for each .+\.", view.doc)
        assert not view.sql.startswith("--")


def test_unknown_dialect(columns: pa.Schema) -> None:
    """A warehouse that says nothing of its SQL gets no views."""
    assert ready_views("", Tables(), columns, session_columns()) == []


def test_own_columns(columns: pa.Schema) -> None:
    """A column that was added stands in the views that have all columns, and changes no other."""
    more = columns.append(pa.field("session_mood", pa.string()))
    before = ready_views("duckdb", Tables(), columns, session_columns())
    after = ready_views("duckdb", Tables(), more, {*session_columns(), "session_mood"})
    changed = [new.name for old, new in zip(before, after, strict=True) if old != new]
    assert changed == ["sessions", "events_wide"]


@pytest.mark.parametrize("own", [tables("wide", "events"), tables("split", "events")], ids=lambda own: own.layout)
def test_empty_tables(columns: pa.Schema, own: Tables) -> None:
    """Before the first event every view has no rows."""
    of_sessions = session_columns()
    with duckdb.connect() as connection:
        empty = columns.empty_table()
        connection.register("empty", empty)
        connection.execute(f'CREATE TABLE "{own.events}" AS FROM empty')
        if own.layout == "split":
            connection.execute(f'CREATE TABLE "{own.sessions}" AS FROM empty')
        for view in ready_views("duckdb", own, columns, of_sessions):
            connection.execute(f'CREATE VIEW "{view.name}" AS {view.sql}')
            assert connection.sql(f'SELECT * FROM "{view.name}"').fetchall() == []
