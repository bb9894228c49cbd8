"""The steps between decoding and columns: incomplete and excluded events out, visitors and order, each event once,
sessions.

Each takes a run and what the batch is made of, and leaves the run arranged anew.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracker.columns import arrays, ops, split, visitors
from tracker.columns.events import Events
from tracker.columns.graph import Node
from tracker.columns.parameters import Hits
from tracker.columns.run import Run
from tracker.model import Closed

Positions = NDArray[np.int64]
CAPS = ("max_time_since_first_event_reached", "max_events_reached", "max_actions_reached")
"""Boundaries at which a session is too long, not over."""


class Counting(Protocol):
    """What a step tells of hits that become no row. `rows` are places in `hits`."""

    def dead_rows(self, hits: Hits, rows: Positions, stage: str, reason: str) -> None:
        """These go to the dead letters."""

    def duplicates(self, hits: Hits, rows: Positions) -> None:
        """These repeat an event."""

    def filtered(self, hits: Hits, rows: Positions, reasons: Sequence[str]) -> None:
        """These are left out by a rule: a reason for each."""


def drop_incomplete(run: Run, counting: Counting) -> None:
    """An event without an identifier goes to the dead letters."""
    whole = np.ones(run.size, bool)
    for node in run.graph.required:
        missing = whole & ~arrays.known_mask(run.values[node.name])
        if missing.any():
            counting.dead_rows(run.hits, run.places[missing], "columns", f"no_{node.name}")
            whole &= ~missing
    if not whole.all():
        run.arrange(np.flatnonzero(whole))


def leave_out(run: Run, counting: Counting) -> None:
    """What a filter excludes: from here on it joins, repeats and splits nothing, and no later column sees it."""
    reason = run.values.get("exclusion_reason")
    if reason is None or reason.null_count == run.size:
        return
    excluded = arrays.known_mask(reason)
    counting.filtered(run.hits, run.places[excluded], reason.drop_null().to_pylist())
    run.arrange(np.flatnonzero(~excluded))


def arrange(run: Run, counting: Counting) -> None:
    """Visitors, order, and each event once."""
    hits, rows = run.hits, run.places
    at = pa.array(rows, pa.int64())
    client, user = (pa.array(ids, pa.string()).take(at) for ids in (hits.client_ids, hits.user_ids))
    found = visitors.resolve(
        hits.protosession[rows],
        client,
        user,
        pa.array(hits.stamps, pa.binary()).take(at),
        run.per_property(lambda own: bool(own.join_by_user_id)),
    )

    ids = hits.ids if len(rows) == len(hits) else [hits.ids[row] for row in rows]

    def in_order(visitor: Positions) -> Positions:
        return split.in_order(
            visitor,
            run.values["timestamp_utc"],
            run.values["client_sequence"],
            hits.received_at[rows],
            ids,
            hits.offsets[rows],
        )

    order = in_order(found.visitor)
    people = visitors.told_apart(found.visitor, client, user, order)
    if people is not None:
        found, order = replace(found, visitor=people), in_order(people)
    visitor = found.visitor[order]
    key = pa.array(hits.event_keys, pa.binary()).take(pa.array(rows[order], pa.int64()))
    repeated = split.duplicates(visitor, key)
    counting.duplicates(hits, rows[order[repeated]])
    kept = order[~repeated]
    run.arrange(kept)
    run.split = {"visitor": found.visitor[kept], "joined_by": found.joined_by.take(pa.array(kept, pa.int64()))}


def cut(run: Run, protosessions: Sequence[Closed]) -> None:
    """Sessions; events that open none stand behind them."""
    visitor, joined_by = run.split["visitor"], run.split["joined_by"]

    def switched_on(node: Node) -> NDArray[np.bool_]:
        return run.per_property(lambda own: own.boundaries.get(node.name, node.default))

    cuts = split.split(
        visitor, run.graph.boundaries, run.values.__getitem__, run.settings_groups, switched_on, run.failed
    )
    continued = _continued(run.hits.protosession[run.places], visitor, protosessions)
    cause = np.where(continued != None, continued, cuts.cause)  # noqa: E711 an elementwise comparison
    goes_on = (continued != None) | np.isin(cuts.cause.astype(str), CAPS)  # noqa: E711
    inside, offsets = _opened(_openers(run) | goes_on, cuts.offsets)
    if not inside.all():
        order = np.concatenate((np.flatnonzero(inside), np.flatnonzero(~inside)))
        starts = np.repeat(cuts.offsets[:-1], np.diff(cuts.offsets))
        run.arrange(order)
        cause, joined_by = cause[starts][order], joined_by.take(pa.array(order, pa.int64()))
    _name_sessions(run, offsets, cause, joined_by)


def _openers(run: Run) -> NDArray[np.bool_]:
    """Events that may begin a session: not a sleeping tab's."""
    opens = run.values.get("opens_session")
    return np.ones(run.size, bool) if opens is None else arrays.true_mask(opens)


def _opened(openers: NDArray[np.bool_], offsets: Positions) -> tuple[NDArray[np.bool_], Positions]:
    """Which events are in a session, and the offsets of sessions among those: each run from its first opener on."""
    total = np.concatenate(([0], np.cumsum(openers)))
    lengths = np.diff(offsets)
    inside = total[1:] > np.repeat(total[offsets[:-1]], lengths)
    kept = np.concatenate(([0], np.cumsum(inside)))[offsets]
    return inside, np.unique(kept)


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
        run.hits.protosession[run.places][offsets[:-1]],
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
