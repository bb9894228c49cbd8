"""Which rows a batch becomes, in which tables."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from tracker.model import Batch, DeadLetter, Outcome, Outcomes
from tracker.warehouse.layout import DEAD_LETTERS, EPOCHS, LEDGER, Layout
from tracker.warehouse.tables import Kind, Tables

LETTER = DeadLetter(2, 7, 5, "p", 1_700_000_000_000_001, "columns", "no_id", b"\x00raw")
COLUMNS = pa.schema(
    [
        pa.field("property_id", pa.string(), nullable=False),
        pa.field("session_source", pa.string()),
        pa.field("log_offset", pa.int64()),
        pa.field("name", pa.string(), nullable=False),
        pa.field("session_id", pa.string()),
    ]
)
SESSION = {"session_id", "session_source"}
SPLIT = Tables("split")


def batch(
    properties: list[str], *, dead: tuple[DeadLetter, ...] = (), sessions: list[str | None] | None = None
) -> Batch:
    """Events of these properties, in the sessions named."""
    rows = [
        {
            "property_id": one,
            "name": "x",
            "log_offset": at,
            "session_id": own,
            "session_source": own and f"{own} source",
        }
        for at, (one, own) in enumerate(zip(properties, sessions or [None] * len(properties), strict=True))
    ]
    counts: dict[tuple[str, Outcome, str], int] = {
        ("p", "duplicate", "event_key"): 3,
        ("p", "dead", "no_id"): len(dead),
    }
    events = pa.Table.from_pylist(rows, COLUMNS)
    return Batch(2, 5, events, Outcomes(5), dead, counts if dead else {}, lambda offset: b"")


def rows(batch: Batch, table: str, layout: Layout | None = None) -> list[dict[str, Any]]:
    """What a table gets."""
    found = (layout or Layout(COLUMNS, SESSION))(batch)
    return [row for one in found if one.table == table for row in one.rows.to_pylist()]


def own_tables(property_id: str) -> Tables:
    """Property q has tables of its own."""
    return Tables("split", "q_events", "q_sessions") if property_id == "q" else Tables()


def only(*names: str) -> Callable[[str], bool]:
    """A sink for these properties."""
    return lambda property_id: property_id in names


def test_wide_schemas() -> None:
    """The wide layout is the table of events, under its configured name, and the tracker's own."""
    schemas = Layout(COLUMNS, SESSION, sets=[Tables("wide", "hits", "visits")]).schemas
    assert list(schemas) == ["hits", LEDGER, DEAD_LETTERS, EPOCHS]
    assert schemas["hits"] == COLUMNS


def test_split_schemas() -> None:
    """Split, events keep the session's id only, and the table of sessions has keys first, its id never null."""
    schemas = Layout(COLUMNS, SESSION, sets=[SPLIT]).schemas
    assert schemas["events"].names == ["property_id", "log_offset", "name", "session_id"]
    assert schemas["sessions"].names == ["session_id", "property_id", "log_offset", "session_source"]
    assert [field.name for field in schemas["sessions"] if not field.nullable] == ["session_id", "property_id"]


@pytest.mark.parametrize("layout", [Layout(COLUMNS, SESSION), Layout(COLUMNS, SESSION, lambda _: SPLIT, sets=[SPLIT])])
def test_rows_fit_schemas(layout: Layout) -> None:
    """The rows of each table have exactly the schema that was announced."""
    for table in layout(batch(["p", "p"], dead=(LETTER,), sessions=["a", None])):
        assert table.rows.schema == layout.schemas[table.table]


def test_wide_events() -> None:
    """Where all rows go into one wide table, they are written as they are."""
    events = batch(["p", "q"])
    assert Layout(COLUMNS, SESSION)(events)[0].rows is events.events


def test_split_sessions() -> None:
    """A session's row is that of its first event; events of no session have none."""
    layout = Layout(COLUMNS, SESSION, lambda _: SPLIT, sets=[SPLIT])
    made = batch(["p"] * 6, sessions=["b", "b", "a", "a", "a", None])
    assert [
        (row["session_id"], row["log_offset"], row["session_source"]) for row in rows(made, "sessions", layout)
    ] == [
        ("b", 0, "b source"),
        ("a", 2, "a source"),
    ]
    assert [row["session_id"] for row in rows(made, "events", layout)] == ["b", "b", "a", "a", "a", None]


def test_split_without_sessions() -> None:
    """Events that belong to no session make no row there."""
    layout = Layout(COLUMNS, SESSION, lambda _: SPLIT, sets=[SPLIT])
    assert [table.table for table in layout(batch(["p"]))] == ["events", LEDGER]


def test_tables_of_properties() -> None:
    """Each property's rows go into its own tables, in its own layout, whatever order they come in."""
    layout = Layout(COLUMNS, SESSION, own_tables, sets=[Tables(), own_tables("q")])
    made = batch(["q", "p", "q"], sessions=["a", "b", "a"])
    assert [row["log_offset"] for row in rows(made, "events", layout)] == [1]
    assert [row["log_offset"] for row in rows(made, "q_events", layout)] == [0, 2]
    assert [row["session_id"] for row in rows(made, "q_sessions", layout)] == ["a"]


def test_other_sinks() -> None:
    """Of a property that goes elsewhere a sink gets no rows and no dead letters, only one count."""
    layout = Layout(COLUMNS, SESSION, takes=only("q"))
    made = batch(["p", "q", "p"], dead=(LETTER,))
    assert [row["property_id"] for row in rows(made, "events", layout)] == ["q"]
    assert rows(made, DEAD_LETTERS, layout) == []
    assert [(row["property_id"], row["outcome"], row["reason"], row["hits"]) for row in rows(made, LEDGER, layout)] == [
        ("p", "filtered", "other_sink", 2 + 3 + 1),
        ("q", "written", "", 1),
    ]


def test_nothing_for_a_sink() -> None:
    """A batch of other properties only is still counted."""
    assert [table.table for table in Layout(COLUMNS, SESSION, takes=only())(batch(["p", "p"]))] == [LEDGER]


def test_written_are_counted() -> None:
    """The ledger counts written events per property."""
    counted = [
        (row["property_id"], row["outcome"], row["reason"], row["hits"]) for row in rows(batch(["p", "q", "p"]), LEDGER)
    ]
    assert counted == [("p", "written", "", 2), ("q", "written", "", 1)]


def test_ledger_adds_up() -> None:
    """Written, duplicate and dead hits of a plan add up to its hits."""
    assert sum(row["hits"] for row in rows(batch(["p"] * 4, dead=(LETTER,)), LEDGER)) == 4 + 3 + 1


def test_dead_letter() -> None:
    """A dead letter keeps the whole record and says where and why."""
    (row,) = rows(batch([], dead=(LETTER,)), DEAD_LETTERS)
    assert row["received_at"].isoformat() == "2023-11-14T22:13:20.000001+00:00"
    del row["received_at"]
    assert row == {
        "partition": 2,
        "log_offset": 7,
        "plan": 5,
        "property_id": "p",
        "stage": "columns",
        "reason": "no_id",
        "record": b"\x00raw",
    }


def test_empty_tables_are_left_out() -> None:
    """A plan without events and dead letters writes neither table."""
    assert Layout(COLUMNS, SESSION)(batch([])) == []


@pytest.mark.parametrize("was", ["wide", "split"])
@pytest.mark.parametrize("now", ["wide", "split"])
def test_table_of_another_layout(was: Kind, now: Kind) -> None:
    """A table of events that was made in the other layout is refused: its rows would lack their sessions."""
    here = Layout(COLUMNS, SESSION, sets=[Tables(was)]).schemas["events"]
    why = Layout(COLUMNS, SESSION, sets=[Tables(now)]).misfit("events", here)
    assert why.startswith(f"it was made in the layout {was}") if was != now else why == ""


def test_tables_without_layout() -> None:
    """The tracker's own tables are the same in both."""
    layout = Layout(COLUMNS, SESSION, sets=[SPLIT])
    assert [layout.misfit(table, schema) for table, schema in layout.schemas.items()] == [""] * 5
