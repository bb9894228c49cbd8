"""Which tables a batch becomes: the wide table of events, and the tracker's own tables that prove nothing was lost."""

from collections.abc import Mapping

import pyarrow as pa

from tracker.config import WarehouseSettings
from tracker.model import Batch, DeadLetter, Outcome
from tracker.warehouse.driver import TableBatch

LEDGER, DEAD_LETTERS, EPOCHS = "tracker_ledger", "tracker_dead_letters", "tracker_epochs"
"""Names of the tracker's own tables: how many hits of each plan ended where, those that could not be written, and what
rows were computed with.
"""

LEDGER_SCHEMA = pa.schema(
    [
        pa.field("partition", pa.int64(), nullable=False),
        pa.field("plan", pa.int64(), nullable=False),
        pa.field("property_id", pa.string(), nullable=False),
        pa.field("outcome", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("hits", pa.int64(), nullable=False),
    ]
)
"""One row per plan, property, outcome (`written` included, reason empty) and reason; `hits` add up to the plan's."""

DEAD_LETTERS_SCHEMA = pa.schema(
    [
        pa.field("partition", pa.int64(), nullable=False),
        pa.field("log_offset", pa.int64(), nullable=False),
        pa.field("plan", pa.int64(), nullable=False),
        pa.field("property_id", pa.string(), nullable=False),
        pa.field("received_at", pa.timestamp("us", "UTC"), nullable=False),
        pa.field("stage", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("record", pa.binary(), nullable=False),
    ]
)
"""One row per hit that could not be written; `record` is its log record, whole, so that it can be tried again."""

EPOCHS_SCHEMA = pa.schema(
    [
        pa.field("epoch", pa.int64(), nullable=False),
        pa.field("program", pa.string(), nullable=False),
        pa.field("columns", pa.string(), nullable=False),
        pa.field("settings", pa.string(), nullable=False),
        pa.field("data_files", pa.string(), nullable=False),
        pa.field("first_partition", pa.int64(), nullable=False),
        pa.field("first_plan", pa.int64(), nullable=False),
        pa.field("first_seen", pa.timestamp("us", "UTC"), nullable=False),
    ]
)
"""One row per `schema_epoch`: what it stands for (JSON, see `tracker.model.Epoch`), and the first plan that had it, at
which log time.
"""


def schemas(events: pa.Schema, settings: WarehouseSettings) -> dict[str, pa.Schema]:
    """Every table of the layout and its schema, given that of the events."""
    return {
        settings.events_table: events,
        LEDGER: LEDGER_SCHEMA,
        DEAD_LETTERS: DEAD_LETTERS_SCHEMA,
        EPOCHS: EPOCHS_SCHEMA,
    }


def wide_tables(batch: Batch, events_table: str) -> list[TableBatch]:
    """The rows of a batch, table by table; tables that get none are left out.

    The epoch is there with every batch, and before the events that point to it: the writer knows when it is new.
    """
    tables = [
        TableBatch(EPOCHS, _epoch(batch)),
        TableBatch(events_table, batch.events),
        TableBatch(LEDGER, _ledger(batch)),
        TableBatch(DEAD_LETTERS, _dead_letters(batch)),
    ]
    return [table for table in tables if table.rows.num_rows]


def _epoch(batch: Batch) -> pa.Table:
    epoch = batch.epoch
    rows = (
        []
        if epoch is None
        else [
            {
                "epoch": epoch.number,
                "program": epoch.program,
                "columns": epoch.columns,
                "settings": epoch.settings,
                "data_files": epoch.data_files,
                "first_partition": batch.partition,
                "first_plan": batch.plan,
                "first_seen": batch.log_time,
            }
        ]
    )
    return pa.Table.from_pylist(rows, EPOCHS_SCHEMA)


def _ledger(batch: Batch) -> pa.Table:
    counts: dict[tuple[str, Outcome, str], int] = {
        (property_id, "written", ""): hits for property_id, hits in _written(batch.events).items()
    }
    counts.update(batch.ledger)
    rows = [
        {"partition": batch.partition, "plan": batch.plan, "property_id": p, "outcome": o, "reason": r, "hits": hits}
        for (p, o, r), hits in sorted(counts.items())
    ]
    return pa.Table.from_pylist(rows, LEDGER_SCHEMA)


def _written(events: pa.Table) -> Mapping[str, int]:
    if not events.num_rows:
        return {}
    counts = events.group_by("property_id").aggregate([([], "count_all")])
    names = [name or "" for name in counts["property_id"].to_pylist()]
    return dict(zip(names, counts["count_all"].to_pylist(), strict=True))


def _dead_letters(batch: Batch) -> pa.Table:
    return pa.Table.from_pylist([_row(letter) for letter in batch.dead], DEAD_LETTERS_SCHEMA)


def _row(letter: DeadLetter) -> dict[str, object]:
    names = {name: name for name in DEAD_LETTERS_SCHEMA.names} | {"log_offset": "offset"}
    return {column: getattr(letter, attribute) for column, attribute in names.items()}
