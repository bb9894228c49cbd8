"""Which tables a batch becomes: events, with their sessions beside or in them, and the tracker's own tables that prove
nothing was lost.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa

from tracker.model import ENUMERATION, Batch, DeadLetter, Outcome
from tracker.warehouse.driver import TableBatch, View
from tracker.warehouse.sessions import required, session_names, sessions_schema
from tracker.warehouse.tables import Tables
from tracker.warehouse.views import ready_views

LEDGER, DEAD_LETTERS, EPOCHS = "tracker_ledger", "tracker_dead_letters", "tracker_epochs"
"""Names of the tracker's own tables: how many hits of each plan ended where, those that could not be written, and what
rows were computed with.
"""

OTHER_SINK: tuple[Outcome, str] = ("filtered", "other_sink")
"""What the ledger of a sink says of hits whose property goes elsewhere, whatever became of them there."""


def _few(name: str) -> pa.Field:
    """A column of text with few different values."""
    return pa.field(name, pa.string(), nullable=False, metadata={ENUMERATION: "1"})


LEDGER_SCHEMA = pa.schema(
    [
        pa.field("partition", pa.int64(), nullable=False),
        pa.field("plan", pa.int64(), nullable=False),
        _few("property_id"),
        _few("outcome"),
        _few("reason"),
        pa.field("hits", pa.int64(), nullable=False),
    ]
)
"""One row per plan, property, outcome (`written` included, reason empty) and reason; `hits` add up to the plan's."""

DEAD_LETTERS_SCHEMA = pa.schema(
    [
        pa.field("partition", pa.int64(), nullable=False),
        pa.field("log_offset", pa.int64(), nullable=False),
        pa.field("plan", pa.int64(), nullable=False),
        _few("property_id"),
        pa.field("received_at", pa.timestamp("us", "UTC"), nullable=False),
        _few("stage"),
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


class Layout:
    """The tables of one sink, and which rows of a batch go into which.

    Properties may share a table set or have one each; what a property keeps out of this sink is only counted.
    """

    def __init__(
        self,
        columns: pa.Schema,
        session_columns: Collection[str],
        tables_of: Callable[[str], Tables] = lambda property_id: Tables(),
        takes: Callable[[str], bool] = lambda property_id: True,
        sets: Sequence[Tables] = (Tables(),),
    ) -> None:
        """`columns` are those of a batch's events, `session_columns` names those that have one value for a session.

        `tables_of(property)` is one of `sets`; `takes(property)` says whether the sink gets its rows.
        """
        self.columns, self.sets = columns, tuple(dict.fromkeys(sets))
        self.session_columns = frozenset(session_columns)
        self._tables_of, self._takes = tables_of, takes
        self._event_names = [n for n in columns.names if n not in self.session_columns or n == "session_id"]
        self._session_names = session_names(columns, self.session_columns)
        self.schemas = self._schemas()
        """Every table and its schema."""

    def __call__(self, batch: Batch) -> list[TableBatch]:
        """The rows of a batch, table by table; tables that get none are left out.

        The epoch is there with every batch, and before the events that point to it: the writer knows when it is new.
        """
        found = [
            TableBatch(EPOCHS, _epoch(batch)),
            *self._rows(batch.events),
            TableBatch(LEDGER, _ledger(batch, self._takes)),
            TableBatch(DEAD_LETTERS, _dead_letters(batch, self._takes)),
        ]
        return [table for table in found if table.rows.num_rows]

    def views(self, dialect: str) -> Sequence[View]:
        """The ready views over these tables, in order of dependence; none for a warehouse of another dialect."""
        return [view for own in self.sets for view in ready_views(dialect, own, self.columns, self.session_columns)]

    def misfit(self, table: str, here: pa.Schema) -> str:
        """Why a table of events cannot be used although its columns fit: it was made in another layout. Else empty."""
        own = next((own for own in self.sets if own.events == table), None)
        of_sessions = self.session_columns - {"session_id"}
        if own is None or not of_sessions or "session_id" not in here.names:
            return ""
        was = "split" if of_sessions.isdisjoint(here.names) else "wide"
        if was == own.layout:
            return ""
        return (
            f"it was made in the layout {was}, and its rows would look as if their sessions had no facts: name another "
            "events_table, or drop the tables and run `tracker rebuild`"
        )

    def _schemas(self) -> dict[str, pa.Schema]:
        schemas: dict[str, pa.Schema] = {}
        for own in self.sets:
            split = own.layout == "split"
            names = self._event_names if split else self.columns.names
            schemas[own.events] = pa.schema([self.columns.field(name) for name in names])
            if split:
                schemas[own.sessions] = sessions_schema(self.columns, self.session_columns)
        return schemas | {LEDGER: LEDGER_SCHEMA, DEAD_LETTERS: DEAD_LETTERS_SCHEMA, EPOCHS: EPOCHS_SCHEMA}

    def _rows(self, events: pa.Table) -> Iterator[TableBatch]:
        """The rows of each table set, sessions before the events that point to them."""
        for own, rows in self._by_set(events):
            if own.layout == "wide":
                yield TableBatch(own.events, rows)
            else:
                yield TableBatch(own.sessions, self._first_events(rows))
                yield TableBatch(own.events, rows.select(self._event_names))

    def _by_set(self, events: pa.Table) -> Iterator[tuple[Tables, pa.Table]]:
        if not events.num_rows:
            return
        properties = events["property_id"].combine_chunks().dictionary_encode()
        names = [name or "" for name in properties.dictionary.to_pylist()]
        places = {own: number for number, own in enumerate(self.sets)}
        of = np.array([places[self._tables_of(name)] if self._takes(name) else -1 for name in names])
        if (of == of[0]).all():
            if of[0] >= 0:
                yield self.sets[of[0]], events
            return
        row_of = of[properties.indices.to_numpy()]
        for number, own in enumerate(self.sets):
            if (mask := row_of == number).any():
                yield own, events.filter(pa.array(mask))

    def _first_events(self, rows: pa.Table) -> pa.Table:
        """One row for each session among `rows`, which stand in order of session and time."""
        ids = rows["session_id"].combine_chunks().dictionary_encode().indices
        codes, first = np.unique(ids.fill_null(-1).to_numpy(), return_index=True)
        taken = rows.select(self._session_names).take(pa.array(np.sort(first[codes >= 0]), pa.int64()))
        return taken.cast(pa.schema([required(field) for field in taken.schema]))


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


def _ledger(batch: Batch, takes: Callable[[str], bool]) -> pa.Table:
    ends: dict[tuple[str, Outcome, str], int] = {
        (property_id, "written", ""): hits for property_id, hits in _written(batch.events).items()
    }
    ends.update(batch.ledger)
    counts: Counter[tuple[str, Outcome, str]] = Counter()
    for (property_id, outcome, reason), hits in ends.items():
        counts[(property_id, outcome, reason) if takes(property_id) else (property_id, *OTHER_SINK)] += hits
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


def _dead_letters(batch: Batch, takes: Callable[[str], bool]) -> pa.Table:
    letters = [_row(letter) for letter in batch.dead if takes(letter.property_id)]
    return pa.Table.from_pylist(letters, DEAD_LETTERS_SCHEMA)


def _row(letter: DeadLetter) -> dict[str, object]:
    names = {name: name for name in DEAD_LETTERS_SCHEMA.names} | {"log_offset": "offset"}
    return {column: getattr(letter, attribute) for column, attribute in names.items()}
