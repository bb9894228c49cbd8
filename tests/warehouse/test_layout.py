"""Which rows a batch becomes."""

import pyarrow as pa

from tracker.config import WarehouseSettings
from tracker.model import Batch, DeadLetter, Outcome, Outcomes
from tracker.warehouse.layout import DEAD_LETTERS, EPOCHS, LEDGER, schemas, wide_tables

LETTER = DeadLetter(2, 7, 5, "p", 1_700_000_000_000_001, "columns", "no_id", b"\x00raw")


def batch(properties: list[str], *, dead: tuple[DeadLetter, ...] = ()) -> Batch:
    events = pa.table({"property_id": pa.array(properties, pa.string()), "name": pa.array(["x"] * len(properties))})
    counts: dict[tuple[str, Outcome, str], int] = {
        ("p", "duplicate", "event_key"): 3,
        ("q", "dead", "no_id"): len(dead),
    }
    return Batch(2, 5, events, Outcomes(5), dead, counts if dead else {}, lambda offset: b"")


def rows(batch: Batch, table: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = next(t.rows for t in wide_tables(batch, "events") if t.table == table).to_pylist()
    return found


def test_schemas() -> None:
    """The layout is the table of events, under its configured name, and the tracker's own."""
    events = pa.schema([("id", pa.string())])
    assert list(schemas(events, WarehouseSettings(events_table="hits"))) == ["hits", LEDGER, DEAD_LETTERS, EPOCHS]


def test_rows_fit_schemas() -> None:
    """The rows of the tracker's own tables have exactly the schema that was announced."""
    announced = schemas(pa.schema([]), WarehouseSettings())
    for table in wide_tables(batch(["p"], dead=(LETTER,)), "events")[1:]:
        assert table.rows.schema == announced[table.table]


def test_events() -> None:
    """The events are the wide table, as they are."""
    events = batch(["p", "q"])
    assert wide_tables(events, "events")[0].rows is events.events


def test_written_are_counted() -> None:
    """The ledger counts written events per property."""
    counted = [
        (row["property_id"], row["outcome"], row["reason"], row["hits"]) for row in rows(batch(["p", "q", "p"]), LEDGER)
    ]
    assert counted == [("p", "written", "", 2), ("q", "written", "", 1)]


def test_ledger_adds_up() -> None:
    """Written, duplicate and dead hits of a plan add up to its hits."""
    assert sum(int(str(row["hits"])) for row in rows(batch(["p"] * 4, dead=(LETTER,)), LEDGER)) == 4 + 3 + 1


def test_dead_letter() -> None:
    """A dead letter keeps the whole record and says where and why."""
    (row,) = rows(batch([], dead=(LETTER,)), DEAD_LETTERS)
    assert row["received_at"].isoformat() == "2023-11-14T22:13:20.000001+00:00"  # type: ignore[attr-defined]
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
    assert wide_tables(batch([]), "events") == []
