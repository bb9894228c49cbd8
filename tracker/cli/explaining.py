"""Explains an event: finds it, computes its protosession again, and looks at what is stored.

The computing is by today's code, settings and data files; where that gives something else than what is stored, the
difference is told.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from tracker.cli.beginnings import beginning
from tracker.cli.output import plain
from tracker.cli.reasons import Grouping, NoEvent, Outcome, Value, Why
from tracker.cli.recent import recent
from tracker.cli.values import Snapshot
from tracker.cli.whereabouts import Place, Planned, Whereabouts
from tracker.columns.batch import Computer
from tracker.columns.run import Run
from tracker.errors import Misconfigured, Reject, Retry, did_you_mean
from tracker.model import Batch, Closed, Hit, Plan
from tracker.warehouse.layout import OTHER_SINK
from tracker.warehouse.tables import Tables
from tracker.worker.codec import decode_hit, decode_routing, is_hit

Ask = Callable[[str], pa.Table]
"""Answers SQL."""
KILLED = "killed_the_worker"
"""Reason of the dead letters that must not be computed again."""
_REASON = "exclusion_reason"
"""The column that says why an event is left out."""
_EPOCH = "schema_epoch"
"""Differs whenever anything was changed that could matter."""
_ALL = 1_000
"""Steps back that no column has."""


class Explainer:
    """Explains events of one data folder."""

    def __init__(
        self,
        whereabouts: Whereabouts,
        computer: Computer,
        properties: Any,
        ask: Ask,
        tables: Sequence[str],
        takes: Callable[[str], bool] = lambda property_id: True,
    ) -> None:
        """`computer` is for these explanations alone; `properties` must have what they take from `[sessions]`; `ask`
        answers SQL in one sink, `tables` are where its events stand, and `takes(property)` says whether it gets them.
        """
        self._where, self._properties, self._ask, self._tables = whereabouts, properties, ask, tables
        self._takes = takes
        self._snapshots: list[Snapshot] = []
        self._failures: dict[str, str] = {}
        computer.rules = replace(computer.rules, watch=self._watch, failed=self._failed)
        self._computer = computer

    def explain(self, wanted: str, columns: Sequence[str] = ()) -> Why:
        """Explain the event with an id or `PARTITION:OFFSET`; of named columns the inputs are followed to their ends.

        Raises `NoEvent`, and `Misconfigured` for a column that its protocol does not have.
        """
        notes: list[str] = []
        row = self._stored(wanted, notes)
        place = Place(row["log_partition"], row["log_offset"]) if row else self._place(wanted)
        record = self._record(place, wanted)
        hit = decode_hit(record)
        since = row["ingested_at"] if row else None
        planned = self._where.planned(place, _micros(since) if since is not None else hit.received_at)
        closed = planned.protosession(place.offset) if planned else self._so_far(place, record, notes)
        records = self._where.records(place.partition, closed.offsets.tolist())
        batch = self._computed(place, planned, closed, records)
        early, late = self._of(hit.family)
        computed = _row_of(batch, place.offset)
        outcome, reason = self._outcome(place, planned, row is not None, batch, computed is not None)
        if outcome not in ("written", "open") and not self._takes(hit.property_id):
            outcome, reason = OTHER_SINK
        shown = late if late is not None and late.row_of(place.offset) is not None else early
        at = None if shown is None else shown.row_of(place.offset)
        if outcome in ("open", "planned"):
            notes.append("the values are those that today's code gives; nothing is stored yet")
        is_whole = shown is late and shown is not None and at is not None
        return Why(
            place=place,
            hit=hit,
            name=None if shown is None or at is None else shown.value("name", at),
            outcome=outcome,
            reason=reason,
            until=self._until(place, hit) if planned is None else None,
            sent=[] if shown is None or at is None else shown.sent(at),
            grouping=self._grouping(records, closed, planned),
            beginning=beginning(shown, at) if is_whole and shown is not None and at is not None else None,
            is_whole=is_whole,
            repeats=self._repeated(place, hit, closed, records, batch) if outcome == "duplicate" else None,
            is_stored=row is not None,
            values=[] if shown is None or at is None else self._values(shown, at, row, computed, columns),
            notes=[*notes, *_told(row, computed)],
        )

    def _watch(self, run: Run) -> None:
        self._snapshots.append(Snapshot(run, self._failures))

    def _failed(self, column: str, pieces: int, error: Exception) -> None:
        self._failures[column] = f"{type(error).__name__}: {error}"[:300]

    def _stored(self, wanted: str, notes: list[str]) -> dict[str, Any] | None:
        """The event's row in the warehouse."""
        place = _as_place(wanted)
        if place is not None:
            condition = f"log_partition = {place.partition} AND log_offset = {place.offset}"
        else:
            condition = f"id = '{_as_id(wanted)}'"
        problems: list[str] = []
        rows: list[dict[str, Any]]
        for table in self._tables:
            try:
                rows = self._ask(f'SELECT * FROM "{table}" WHERE {condition} LIMIT 1').to_pylist()  # noqa: S608
            except (Misconfigured, Reject, Retry) as error:
                problems.append(f"what is stored cannot be shown: {error}")
                continue
            if rows:
                return rows[0]
        if len(problems) == len(self._tables):
            notes += problems[:1]
        return None

    def _place(self, wanted: str) -> Place:
        place = _as_place(wanted) or self._where.place_of(_as_id(wanted).bytes)
        if place is None:
            raise NoEvent(wanted, "it is in no table, and no hit of the log and the archive has this id")
        return place

    def _record(self, place: Place, wanted: str) -> bytes:
        partitions = self._where.log.partitions
        if place.partition >= partitions:
            raise NoEvent(wanted, f"the log has {partitions} partition{'s' * (partitions > 1)}, counted from 0")
        end = self._where.log.end(place.partition)
        if place.offset >= end:
            raise NoEvent(wanted, f"the log of partition {place.partition} ends before offset {end:,}")
        (record,) = self._where.records(place.partition, [place.offset])
        if not is_hit(record):
            raise NoEvent(wanted, "at this place stands a mark of time, no hit")
        return record

    def _so_far(self, place: Place, record: bytes, notes: list[str]) -> Closed:
        """What would be closed if the open hits of the same client were all."""
        offsets = self._where.open_with(place, decode_routing(record))
        notes.append("hits of other clients that would be joined with it are not looked at while it is open")
        return Closed(np.array(offsets or [place.offset], np.int64), "timeout")

    def _until(self, place: Place, hit: Hit) -> int | None:
        found = recent(self._where.log, hit.received_at, self._properties)
        return next((one.until for one in found if one.place == place), None)

    def _computed(self, place: Place, planned: Planned | None, closed: Closed, records: Sequence[bytes]) -> Batch:
        self._snapshots.clear()
        self._failures.clear()
        last = max(decode_routing(record).received_at for record in records)
        plan = Plan(planned.plan.n, planned.plan.log_time, (closed,), 0) if planned else Plan(0, last, (closed,), 0)
        killed = [offset for offset, (_, reason) in self._dead(place.partition, closed).items() if reason == KILLED]
        return self._computer(place.partition, plan, records, killed)

    def _of(self, family: str) -> tuple[Snapshot | None, Snapshot | None]:
        """The early and the late values of a family."""
        found = [one for one in self._snapshots if one.graph.family == family]
        return (found[0], found[1]) if len(found) == 2 else (found[0] if found else None, None)

    def _dead(self, partition: int, closed: Closed) -> dict[int, tuple[str, str]]:
        """(stage, reason) of the dead letters of a protosession, by offset."""
        offsets = ", ".join(map(str, closed.offsets.tolist()))
        sql = (
            "SELECT log_offset, stage, reason FROM tracker_dead_letters "  # noqa: S608
            f"WHERE partition = {partition} AND log_offset IN ({offsets})"
        )
        try:
            rows = self._ask(sql).to_pylist()
        except (Misconfigured, Reject, Retry):
            return {}
        return {row["log_offset"]: (row["stage"], row["reason"]) for row in rows}

    def _outcome(
        self, place: Place, planned: Planned | None, is_stored: bool, batch: Batch, is_computed: bool
    ) -> tuple[Outcome, str]:
        """What became of the hit, by the warehouse, then by the log, then by what it would be today."""
        partition, offset = place
        if is_stored:
            return "written", ""
        if planned is None:
            return "open", ""
        alone = Closed(np.array([offset], np.int64), "timeout")
        if dead := self._dead(partition, alone).get(offset):
            return "dead", ": ".join(dead)
        kept = self._where.log.outcomes(partition, planned.plan.n)
        for outcomes in (kept, batch.outcomes):
            if outcomes is not None and offset in outcomes.duplicate:
                return "duplicate", "event_key"
            if outcomes is not None and offset in outcomes.filtered:
                return "filtered", self._excluded(offset)
            if outcomes is not None and offset in outcomes.dead:
                return "dead", outcomes.dead[offset]
        if planned.plan.n > min(self._where.log.sinks(partition).values(), default=0):
            return "planned", ""
        return "missing" if is_computed else "dead", ""

    def _excluded(self, offset: int) -> str:
        for snapshot in self._snapshots:
            row = snapshot.row_of(offset)
            if row is not None and (reason := snapshot.value(_REASON, row)):
                return str(reason)
        return ""

    def _grouping(self, records: Sequence[bytes], closed: Closed, planned: Planned | None) -> Grouping:
        routings = [decode_routing(record) for record in records]
        return Grouping(
            hits=len(records),
            clients=list(dict.fromkeys(one.client_id for one in routings)),
            first_received_at=min(one.received_at for one in routings),
            last_received_at=max(one.received_at for one in routings),
            closed_because=closed.cause if planned else None,
            continues=closed.continues,
            plan=planned.plan.n if planned else None,
            log_time=planned.plan.log_time if planned else None,
            kept=planned.kept if planned else "log",
        )

    def _repeated(self, place: Place, hit: Hit, closed: Closed, records: Sequence[bytes], batch: Batch) -> Place | None:
        left_out = {*batch.outcomes.duplicate, *batch.outcomes.dead}
        for offset, record in zip(closed.offsets.tolist(), records, strict=True):
            if offset not in left_out and decode_hit(record).event_key == hit.event_key:
                return Place(place.partition, offset)
        return None

    def _values(
        self, shown: Snapshot, at: int, row: dict[str, Any] | None, computed: dict[str, Any] | None,
        columns: Sequence[str],
    ) -> list[Value]:  # fmt: skip
        unknown = next((name for name in columns if name not in shown.graph.nodes), None)
        if unknown is not None:
            near = did_you_mean(unknown, shown.graph.nodes)
            raise Misconfigured(f"events of {shown.graph.family} have no column {unknown!r}{near}")
        stored_names = [name for name in self._computer.schema.names if shown.has(name)]
        names = columns or [*stored_names, *([] if shown.has_sessions else shown.chain(_REASON, at))]
        found = []
        for name in names:
            if shown.graph.nodes[name].scope == "boundary":
                raise Misconfigured(f"{name!r} is a boundary and has no value; see `tracker columns {name}`")
            step = shown.step(name, at, _ALL if columns else 1)
            stored = plain(row[name]) if row and name in row else None
            differs = bool(row and computed and name in row and stored != plain(computed.get(name)))
            found.append(Value(step, stored, differs))
        return found


def readable(tables: Tables) -> Sequence[str]:
    """Where the events of a table set can be read, the whole ones first."""
    return [f"{tables.prefix}events_wide", tables.events] if tables.layout == "split" else [tables.events]


def _told(row: dict[str, Any] | None, computed: dict[str, Any] | None) -> list[str]:
    """How what is stored differs from what is computed now."""
    if row is None:
        return []
    if computed is None:
        return ["today's code, settings and data files would make this no row; what is stored was written by others"]
    other = [name for name in computed if name in row and plain(row[name]) != plain(computed[name])]
    missing = [name for name in computed if name not in row]
    notes = []
    if other == [_EPOCH]:
        notes.append(
            f"code, settings or data files were others when the row was written ({_EPOCH}); no value depends on it"
        )
    elif other:
        notes.append(
            f"{len(other)} stored {'value is' if len(other) == 1 else 'values are'} not what would be written today "
            f"({_some(other)}): code, settings or data files have changed since"
        )
    if missing:
        notes.append(f"not in the table yet: {_some(missing)}")
    return notes


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:10]) + f" and {len(names) - 10} more" * (len(names) > 10)


def _row_of(batch: Batch, offset: int) -> dict[str, Any] | None:
    places = batch.events["log_offset"].to_pylist()
    if offset not in places:
        return None
    row: dict[str, Any] = batch.events.slice(places.index(offset), 1).to_pylist()[0]
    return row


def _as_place(wanted: str) -> Place | None:
    partition, colon, offset = wanted.partition(":")
    if colon and partition.isdecimal() and offset.isdecimal():
        return Place(int(partition), int(offset))
    return None


def _as_id(wanted: str) -> uuid.UUID:
    try:
        return uuid.UUID(wanted)
    except ValueError:
        raise NoEvent(repr(wanted), "write the id of its row, or PARTITION:OFFSET (log_partition:log_offset)") from None


def _micros(moment: dt.datetime) -> int:
    return round(moment.timestamp() * 1_000_000)
