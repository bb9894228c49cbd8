"""From visitors to sessions: order, de-duplication, and the cuts that boundaries make. All over whole arrays."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracker.columns import arrays
from tracker.columns.evaluate import checked, settled
from tracker.columns.events import Events
from tracker.columns.graph import Node

Positions = NDArray[np.int64]
Mask = NDArray[np.bool_]
Variants = Sequence[tuple[Mapping[str, Any], Mask | None]]
"""A boundary's own settings, each with the events it is for; None: all."""


def in_order(
    visitor: Positions, time: Any, sequence: Any, received: Positions, ids: Sequence[bytes], offset: Positions
) -> Positions:
    """The total order of a batch: visitor, effective time, the client's own sequence (none first), time of receipt,
    id, offset.

    Ids of 16 bytes ascend within a request, line by line, and stay when records move: offsets decide only between hits
    of one id.
    """
    steps, times = arrays.as_numpy(sequence.fill_null(-1)), arrays.as_numpy(time)
    order = np.lexsort((steps, times, visitor))
    fresh = np.ones(len(order) + 1, bool)
    for key in (steps, times, visitor):
        fresh[1:-1] &= key[order][1:] == key[order][:-1]
    fresh[1:-1] = ~fresh[1:-1]
    tied = np.flatnonzero(~(fresh[1:] & fresh[:-1]))
    rows = order[tied]
    halves = np.frombuffer(b"".join([ids[row] for row in rows]), ">u8").astype(np.uint64).reshape(-1, 2)
    among = np.lexsort((offset[rows], halves[:, 1], halves[:, 0], received[rows], np.cumsum(fresh[:-1])[tied]))
    order[tied] = rows[among]
    return order


def duplicates(visitor: Positions, key: Any) -> Mask:
    """True for each event whose key an earlier event of the same visitor has. Events without a key are never
    duplicates.
    """
    repeated = np.zeros(len(visitor), bool)
    known = np.flatnonzero(arrays.known_mask(key))
    if len(known):
        codes = arrays.codes(key.take(pa.array(known)))
        repeated[known] = True
        repeated[known[arrays.first_of_each_pair(visitor[known], codes)]] = False
    return repeated


@dataclass(frozen=True, slots=True)
class Cuts:
    """Where sessions begin and why: `starts` and `cause` have one value per event, `cause` null but at cuts."""

    starts: Mask
    cause: NDArray[np.object_]

    @property
    def offsets(self) -> Positions:
        """The sessions as runs."""
        return np.concatenate((np.flatnonzero(self.starts), [len(self.starts)]))


def split(
    visitor: Positions,
    boundaries: Sequence[Node],
    value_of: Callable[[str], Any],
    variants_of: Callable[[Node], Variants],
    switched_on: Callable[[Node], Mask],
    failed: Callable[[str, int, Exception], None],
) -> Cuts:
    """Cut each visitor's events, in order, at every boundary's truths. The first boundary to cut names the cause."""
    starts = np.ones(len(visitor), bool)
    starts[1:] = visitor[1:] != visitor[:-1]
    cuts = Cuts(starts, np.full(len(visitor), None, object))
    for node in boundaries:
        allowed = switched_on(node)
        if not allowed.any():
            continue
        variants = variants_of(node)
        running = any(needed.first for needed, _ in node.inputs)
        while True:
            truth = _truth(node, cuts.offsets, value_of, variants, failed) & ~cuts.starts & allowed
            if running:
                truth = _first_of_each_run(truth, cuts.offsets)
            cuts.starts[truth] = True
            cuts.cause[truth] = node.name
            if not running or not truth.any():
                break
    return cuts


def _truth(node: Node, offsets: Positions, value_of: Callable[[str], Any], variants: Variants, failed: Any) -> Mask:
    def argument(needed: Any, source: Node) -> Any:
        values = value_of(source.name)
        if not isinstance(values, pa.Array):
            return values
        if needed.first:
            starts = np.repeat(offsets[:-1], np.diff(offsets))
            return Events(arrays.take(values, starts), offsets)
        return Events(values, offsets)

    truth = np.zeros(int(offsets[-1]), bool)
    arguments = [argument(needed, source) for needed, source in node.inputs]
    for settings, rows in variants:
        try:
            answer = settled(node.column(*arguments, **settings), node.name, failed)
            own = arrays.true_mask(checked(answer, pa.bool_(), len(truth)))
        except Exception as error:
            failed(node.name, 1, error)
            continue
        truth |= own if rows is None else own & rows
    return truth


def _first_of_each_run(truth: Mask, offsets: Positions) -> Mask:
    at = np.flatnonzero(truth)
    run = np.searchsorted(offsets, at, side="right") - 1
    first = np.zeros(len(truth), bool)
    first[at[np.unique(run, return_index=True)[1]]] = True
    return first


def session_ids(family: str, homes: Positions, properties: Any, clients: Any, times: Any) -> list[str]:
    """An id for each session from its first event: the same event gives the same id wherever it is computed again.

    `homes` are protosessions: equal starts are told apart within one, so that two uploads of the same events agree
    whether or not one batch holds both.
    """
    seen: dict[tuple[int, bytes], int] = {}
    ids = []
    moments = arrays.as_numpy(times).tolist()
    for home, property_id, client, moment in zip(
        homes.tolist(), properties.to_pylist(), clients.to_pylist(), moments, strict=True
    ):
        start = f"{family}\0{property_id}\0{client}\0{moment}".encode("utf-8", "surrogatepass")
        ordinal = seen.get((home, start), 0)
        seen[home, start] = ordinal + 1
        ids.append(blake2b(start + b"\0%d" % ordinal, digest_size=16).hexdigest())
    return ids
