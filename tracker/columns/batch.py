"""A plan's hits become a batch: decoded, filtered, resolved to visitors, ordered, de-duplicated, split, and run through
the columns.

Pure: the same records, settings and resources give the same batch.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracker.columns import arrays, ops, steps
from tracker.columns.cache import BoundedCache
from tracker.columns.collect import AnyColumn
from tracker.columns.decode import Decoded, Reader, decode_hits, parameters_of
from tracker.columns.epoch import describe
from tracker.columns.graph import Graph
from tracker.columns.parameters import Hits
from tracker.columns.run import Run
from tracker.model import ENUMERATION, Batch, DeadLetter, Epoch, Outcome, Outcomes, Plan

Positions = NDArray[np.int64]
Decode = Callable[[bytes], tuple[Any, Mapping[str, Any]]]


@dataclass(frozen=True)
class Rules:
    """What a batch is computed by, besides the graphs: settings, resources, and who is told of failures."""

    settings_of: Callable[[str], Any]
    """Property id -> its settings as attributes, with those of `[sessions]` where it has none."""
    overrides: Callable[[str, str], Mapping[str, Any]] = lambda column, property_id: {}
    """(column, property id) -> the column's own settings that differ from their defaults."""
    resources: Callable[[], Mapping[str, Any]] = dict
    """What is open, by name. Asked once a batch, which sees no other version of it."""
    failed: Callable[[str, int, Exception], None] = lambda column, pieces, error: None
    watch: Callable[[Run], None] = lambda run: None
    """Shown every run twice, for explanations: before anything is left out of it, and at its end."""
    properties: Sequence[str] = ()
    """The properties that have settings of their own."""
    common: Mapping[str, Any] = field(default_factory=dict)
    """Settings of no property that decide what rows are: they become part of the epoch, and are not read here."""
    libraries: Mapping[str, str] = field(default_factory=dict)
    """Version of each library that brings data of its own: part of the epoch, as the resources' versions are."""
    program: str = ""
    """Its version."""


class Computer:
    """Computes batches. Owns the cache of what was computed per distinct value."""

    def __init__(
        self,
        graphs: Mapping[str, Graph],
        columns: Sequence[AnyColumn],
        readers: Mapping[str, Reader],
        decode: Decode,
        rules: Rules,
    ) -> None:
        """`columns` gives the order of the table; `readers` has each protocol's `parameters`, by protocol name."""
        self.graphs, self.readers, self.decode, self.rules = graphs, readers, decode, rules
        self.schema = table_schema(columns)
        self.session_columns = frozenset(column.name for column in columns if column.scope == "session")
        """Names of the columns that have one value for a session."""
        self._opened: _Opened | None = None

    def __call__(self, partition: int, plan: Plan, records: Sequence[bytes], killed: Sequence[int] = ()) -> Batch:
        """The batch of `plan`; `records` belong to the offsets of its protosessions, one after the other.

        `killed` are offsets that took the program down before: they go to the dead letters unread.
        """
        work = _Work(partition, plan, self.schema)
        decoded = decode_hits(partition, plan, records, self.decode, work.dead_letter, frozenset(killed))
        work.record_of = decoded.record_of
        opened = self._now_open()
        token = ops.current_cache.set(opened.cache)
        try:
            for family in sorted(decoded.families):
                self._family(decoded, family, plan, work, opened)
        finally:
            ops.current_cache.reset(token)
        return work.batch(opened.epoch)

    def _now_open(self) -> "_Opened":
        """What is open now, and what was remembered with it: nothing outlives the data it was looked up in."""
        resources, rules, opened = self.rules.resources(), self.rules, self._opened
        if opened is None or resources != opened.resources:
            epoch = describe(
                self.graphs,
                rules.settings_of,
                rules.overrides,
                rules.properties,
                rules.common,
                {**rules.libraries, **{name: _version(one) for name, one in resources.items()}},
                rules.program,
            )
            self._opened = opened = _Opened(resources, BoundedCache(rules.failed), epoch)
        return opened

    def _family(self, decoded: Decoded, family: str, plan: Plan, work: "_Work", opened: "_Opened") -> None:
        hits = replace(decoded.families[family], schema_epoch=opened.epoch.number)
        graph = self.graphs.get(family)
        if graph is None:
            work.dead_rows(hits, np.arange(len(hits)), "decode", "unknown_protocol")
            return
        hits, parameters, lost = parameters_of(hits, self.readers)
        for row_hits, reason in lost:
            work.dead_rows(row_hits, np.arange(len(row_hits)), "parameters", reason)
        if not len(hits):
            return
        run = Run(
            graph,
            hits,
            parameters,
            self.rules.settings_of,
            self.rules.overrides,
            opened.resources,
            self.rules.failed,
        )
        run.compute(graph.early)
        self.rules.watch(run)
        steps.drop_incomplete(run, work)
        steps.leave_out(run, work)
        steps.arrange(run, work)
        steps.cut(run, plan.protosessions)
        run.compute(graph.late)
        self.rules.watch(run)
        work.add(table(run, self.schema))


def _version(opened: Any) -> str:
    """What a resource says of itself; empty where it says nothing."""
    return str(getattr(opened, "version", ""))


@dataclass(frozen=True, slots=True)
class _Opened:
    """What a batch sees of data files, and what holds as long as they are the same."""

    resources: Mapping[str, Any]
    cache: BoundedCache
    epoch: Epoch


@dataclass
class _Work:
    """What a batch is made of while it is made."""

    partition: int
    plan: Plan
    schema: pa.Schema
    tables: list[pa.Table] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)
    duplicate: list[int] = field(default_factory=list)
    left_out: list[int] = field(default_factory=list)
    ledger: Counter[tuple[str, Outcome, str]] = field(default_factory=Counter)
    record_of: Callable[[int], bytes] = bytes

    def add(self, rows: pa.Table) -> None:
        self.tables.append(rows)

    def dead_letter(
        self, offset: int, property_id: str, received_at: int, stage: str, reason: str, record: bytes
    ) -> None:
        self.dead.append(
            DeadLetter(self.partition, offset, self.plan.n, property_id, received_at, stage, reason, record)
        )
        self.ledger[property_id, "dead", reason] += 1

    def dead_rows(self, hits: Hits, rows: Positions, stage: str, reason: str) -> None:
        for row in rows.tolist():
            offset = int(hits.offsets[row])
            self.dead_letter(
                offset, hits.property_ids[row], int(hits.received_at[row]), stage, reason, self.record_of(offset)
            )

    def duplicates(self, hits: Hits, rows: Positions) -> None:
        for row in rows.tolist():
            self.duplicate.append(int(hits.offsets[row]))
            self.ledger[hits.property_ids[row], "duplicate", "event_key"] += 1

    def filtered(self, hits: Hits, rows: Positions, reasons: Sequence[str]) -> None:
        for row, reason in zip(rows.tolist(), reasons, strict=True):
            self.left_out.append(int(hits.offsets[row]))
            self.ledger[hits.property_ids[row], "filtered", reason] += 1

    def batch(self, epoch: Epoch) -> Batch:
        events = pa.concat_tables(self.tables).combine_chunks() if self.tables else self.schema.empty_table()
        outcomes = Outcomes(
            self.plan.n,
            sorted(self.duplicate),
            sorted(self.left_out),
            {letter.offset: letter.reason for letter in self.dead},
        )
        return Batch(
            self.partition,
            self.plan.n,
            events,
            outcomes,
            self.dead,
            dict(self.ledger),
            self.record_of,
            epoch,
            self.plan.log_time,
        )


def table(run: Run, schema: pa.Schema) -> pa.Table:
    """The stored columns of a run in the order of `schema`; what this family does not have is null (lists: empty)."""
    columns = []
    for wanted in schema:
        node = run.graph.nodes.get(wanted.name)
        values = run.per_event(node) if node is not None and node.interface.stored else pa.nulls(run.size, wanted.type)
        if pa.types.is_list(wanted.type):
            values = arrays.empty_for_null(values) if values.null_count else values
        elif pa.types.is_string(wanted.type):
            values = ops.cut_text(values)
        columns.append(values)
    return pa.Table.from_arrays(columns, schema=schema)


def table_schema(columns: Iterable[AnyColumn]) -> pa.Schema:
    """The stored columns of every protocol, in order; a name that two protocols share stands once."""
    fields: dict[str, pa.Field] = {}
    for column in columns:
        if column.stored and column.implements is None and column.scope in ("event", "session"):
            metadata = {ENUMERATION: "1"} if column.is_enumeration else None
            fields.setdefault(
                column.name, pa.field(column.name, column.type, nullable=not column.required, metadata=metadata)
            )
    return pa.schema(list(fields.values()))
