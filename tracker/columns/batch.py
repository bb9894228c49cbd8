"""A plan's hits become a batch: decoded, resolved to visitors, ordered, de-duplicated, split, and run through the
columns.

Pure: the same records, settings and resources give the same batch.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracker.columns import arrays, ops, split, visitors
from tracker.columns.cache import BoundedCache
from tracker.columns.collect import AnyColumn
from tracker.columns.decode import Decoded, Reader, decode_hits, parameters_of
from tracker.columns.events import Events
from tracker.columns.graph import Graph, Node
from tracker.columns.parameters import Hits
from tracker.columns.run import Run
from tracker.model import Batch, Closed, DeadLetter, Outcome, Outcomes, Plan

Positions = NDArray[np.int64]
Decode = Callable[[bytes], tuple[Any, Mapping[str, Any]]]


@dataclass(frozen=True)
class Rules:
    """What a batch is computed by, besides the graphs: settings, resources, and who is told of failures."""

    settings_of: Callable[[str], Any]
    """Property id -> its settings as attributes, with those of `[sessions]` where it has none."""
    overrides: Callable[[str, str], Mapping[str, Any]] = lambda column, property_id: {}
    """(column, property id) -> the column's own settings that differ from their defaults."""
    resources: Mapping[str, Any] = field(default_factory=dict)
    failed: Callable[[str, int, Exception], None] = lambda column, pieces, error: None


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
        self._cache = BoundedCache(rules.failed)

    def __call__(self, partition: int, plan: Plan, records: Sequence[bytes], killed: Sequence[int] = ()) -> Batch:
        """The batch of `plan`; `records` belong to the offsets of its protosessions, one after the other.

        `killed` are offsets that took the program down before: they go to the dead letters unread.
        """
        work = _Work(partition, plan, self.schema)
        decoded = decode_hits(partition, plan, records, self.decode, work.dead_letter, frozenset(killed))
        token = ops.current_cache.set(self._cache)
        try:
            for family in sorted(decoded.families):
                self._family(decoded, family, plan, work)
        finally:
            ops.current_cache.reset(token)
        return work.batch(decoded.record_of)

    def _family(self, decoded: Decoded, family: str, plan: Plan, work: "_Work") -> None:
        hits = decoded.families[family]
        graph = self.graphs.get(family)
        if graph is None:
            work.dead_rows(hits, np.arange(len(hits)), decoded, "decode", "unknown_protocol")
            return
        hits, parameters, lost = parameters_of(hits, self.readers)
        for row_hits, reason in lost:
            work.dead_rows(row_hits, np.arange(len(row_hits)), decoded, "parameters", reason)
        if not len(hits):
            return
        run = Run(
            graph,
            hits,
            parameters,
            self.rules.settings_of,
            self.rules.overrides,
            self.rules.resources,
            self.rules.failed,
        )
        run.compute(graph.early)
        for step in (_drop_incomplete, _arrange, _cut):
            step(run, plan, work, decoded)
        run.compute(graph.late)
        work.add(table(run, self.schema))


@dataclass
class _Work:
    """What a batch is made of while it is made."""

    partition: int
    plan: Plan
    schema: pa.Schema
    tables: list[pa.Table] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)
    duplicate: list[int] = field(default_factory=list)
    ledger: Counter[tuple[str, Outcome, str]] = field(default_factory=Counter)

    def add(self, rows: pa.Table) -> None:
        self.tables.append(rows)

    def dead_letter(
        self, offset: int, property_id: str, received_at: int, stage: str, reason: str, record: bytes
    ) -> None:
        self.dead.append(
            DeadLetter(self.partition, offset, self.plan.n, property_id, received_at, stage, reason, record)
        )
        self.ledger[property_id, "dead", reason] += 1

    def dead_rows(self, hits: Hits, rows: Positions, decoded: Decoded, stage: str, reason: str) -> None:
        for row in rows.tolist():
            offset = int(hits.offsets[row])
            self.dead_letter(
                offset, hits.property_ids[row], int(hits.received_at[row]), stage, reason, decoded.record_of(offset)
            )

    def duplicates(self, hits: Hits, rows: Positions) -> None:
        for row in rows.tolist():
            self.duplicate.append(int(hits.offsets[row]))
            self.ledger[hits.property_ids[row], "duplicate", "event_key"] += 1

    def batch(self, record_of: Callable[[int], bytes]) -> Batch:
        events = pa.concat_tables(self.tables).combine_chunks() if self.tables else self.schema.empty_table()
        outcomes = Outcomes(
            self.plan.n, sorted(self.duplicate), (), {letter.offset: letter.reason for letter in self.dead}
        )
        return Batch(self.partition, self.plan.n, events, outcomes, self.dead, dict(self.ledger), record_of)


def _drop_incomplete(run: Run, plan: Plan, work: _Work, decoded: Decoded) -> None:
    """An event without an identifier goes to the dead letters."""
    whole = np.ones(run.size, bool)
    for node in run.graph.required:
        missing = whole & ~arrays.known_mask(run.values[node.name])
        if missing.any():
            work.dead_rows(run.hits, np.flatnonzero(missing), decoded, "columns", f"no_{node.name}")
            whole &= ~missing
    if not whole.all():
        run.arrange(np.flatnonzero(whole))


def _arrange(run: Run, plan: Plan, work: _Work, decoded: Decoded) -> None:
    """Visitors, order, and each event once."""
    rows = np.arange(run.size) if run.rows is None else run.rows
    hits = run.hits
    joins = (
        np.array([bool(run.settings_of(p).join_by_user_id) for p in hits.property_ids], bool)[rows]
        if len(rows)
        else np.empty(0, bool)
    )

    def of(values: Sequence[Any], kind: Any) -> Any:
        return pa.array(values, kind).take(pa.array(rows, pa.int64()))

    found = visitors.resolve(
        hits.protosession[rows],
        of(hits.client_ids, pa.string()),
        of(hits.user_ids, pa.string()),
        of(hits.stamps, pa.binary()),
        joins,
    )
    order = split.in_order(
        found.visitor,
        run.values["timestamp_utc"],
        run.values["client_sequence"],
        pa.array(hits.offsets[rows], pa.int64()),
    )
    visitor = found.visitor[order]
    key = of(hits.event_keys, pa.binary()).take(pa.array(order, pa.int64()))
    repeated = split.duplicates(visitor, key)
    work.duplicates(hits, rows[order[repeated]])
    kept = order[~repeated]
    run.arrange(kept)
    run.split = {"visitor": found.visitor[kept], "joined_by": found.joined_by.take(pa.array(kept, pa.int64()))}


def _cut(run: Run, plan: Plan, work: _Work, decoded: Decoded) -> None:
    """Sessions; events that open none stand behind them."""
    visitor, joined_by = run.split["visitor"], run.split["joined_by"]
    property_ids = run.hits.property_ids
    rows = run.rows if run.rows is not None else np.arange(run.size)

    def switched_on(node: Node) -> NDArray[np.bool_]:
        off = {p for p in set(property_ids) if run.settings_of(p).boundaries.get(node.name) is False}
        return (
            np.array([property_ids[row] not in off for row in rows.tolist()], bool) if off else np.ones(len(rows), bool)
        )

    cuts = split.split(
        visitor, run.graph.boundaries, run.values.__getitem__,
        lambda node: {**node.column.settings, **run.overrides(node.name, "")}, switched_on, run.failed,
    )  # fmt: skip
    continued = _continued(run.hits.protosession[rows], visitor, plan.protosessions)
    cause = np.where(continued != None, continued, cuts.cause)  # noqa: E711 an elementwise comparison
    offsets = cuts.offsets
    opens = arrays.true_mask(run.values["opens_session"]) if "opens_session" in run.values else np.ones(len(rows), bool)
    real = np.logical_or.reduceat(opens, offsets[:-1]) if len(rows) else np.empty(0, bool)
    if not real.all():
        inside = np.repeat(real, np.diff(offsets))
        order = np.concatenate((np.flatnonzero(inside), np.flatnonzero(~inside)))
        run.arrange(order)
        cause, joined_by = cause[order], joined_by.take(pa.array(order, pa.int64()))
        offsets = np.concatenate(([0], np.cumsum(np.diff(offsets)[real])))
    _name_sessions(run, offsets, cause, joined_by)


def _continued(protosession: Positions, visitor: Positions, closed: Sequence[Closed]) -> NDArray[np.object_]:
    """At each visitor's first event: why the protosession before was closed early, if it was."""
    why = np.array([c.continues for c in closed] or [None], object)[protosession]
    first = np.ones(len(visitor), bool)
    first[1:] = visitor[1:] != visitor[:-1]
    why[~first] = None
    return why


def _name_sessions(run: Run, offsets: Positions, cause: NDArray[np.object_], joined_by: Any) -> None:
    starts = pa.array(offsets[:-1], pa.int64())
    ids = split.session_ids(
        run.graph.family,
        run.values["property_id"].take(starts),
        run.values["client_id"].take(starts),
        run.values["timestamp_utc"].take(starts),
    )
    from_one_client = ops.equal(_distinct_clients(run, offsets), 1)
    run.cut(
        offsets,
        {
            "session_id": pa.array(ids, pa.string()),
            "split_cause": pa.array(cause[offsets[:-1]].tolist(), pa.string()),
            "joined_by": ops.only_where(ops.negate(from_one_client), joined_by.take(starts)),
        },
    )


def _distinct_clients(run: Run, offsets: Positions) -> Any:
    return Events(run.values["client_id"].slice(0, int(offsets[-1])), offsets).distinct_count()


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
            fields.setdefault(column.name, pa.field(column.name, column.type, nullable=not column.required))
    return pa.schema(list(fields.values()))
