"""When: the time used, the times it was made from, and the days they fall on."""

from typing import Any

import numpy as np

from tracker.columns import arrays, ops
from tracker.columns.types import Date, Enumeration, Int64, String, Timestamp
from tracker.columns.words import event, hit, setting

received_at = hit("received_at", Timestamp, stored=True, required=True, doc="When the request reached the receiver.")
ingested_at = hit(
    "ingested_at", Timestamp, stored=True, required=True, doc="Log time at which the event's protosession closed."
)
event_time = hit(
    "event_time", Timestamp, doc="The client's own clock, where the protocol carries one and it was accepted."
)
timestamp_refused_reason = hit(
    "event_time_refused", Enumeration, stored=True,
    doc="Why a client time was not used: future, too_old, unit, unauthorised, unreadable; null when used or absent.",
)  # fmt: skip
time_zone = setting("time_zone", String, doc="The property's time zone.")


def _whole_batch(function: Any) -> Any:
    function.whole_batch = True
    return function


@event(required=True)
@_whole_batch
def timestamp_utc(
    received_at: Timestamp,
    event_time: Timestamp,
    client_id: String,
    protosession: Int64,
    page_load_id: String,
    client_sequence: Int64,
) -> Timestamp:
    """When it happened, in UTC, as far as it can be known.

    The client's own time where it was accepted. Otherwise the earliest receive time among hits of the same client and
    page load with an equal or later sequence number: a hit that overtook another on the way does not come before it.
    """
    received = arrays.as_numpy(received_at)
    ranked = np.flatnonzero(arrays.known_mask(page_load_id) & arrays.known_mask(client_sequence))
    best = received.copy()
    if len(ranked):
        rows = ops.take(client_sequence, ranked)
        sequence = arrays.as_numpy(rows)
        load = arrays.codes(ops.take(page_load_id, ranked))
        client = arrays.codes(ops.take(client_id, ranked))
        home = arrays.as_numpy(ops.take(protosession, ranked))
        best[ranked] = _earliest_at_or_after(received[ranked], sequence, (load, client, home))
    return ops.coalesce(event_time, arrays.from_numpy(best, received_at.type))


def _earliest_at_or_after(received: Any, sequence: Any, keys: tuple[Any, ...]) -> Any:
    """For each row the least `received` among rows of the same keys whose `sequence` is equal or greater."""
    order = np.lexsort((received, -sequence, *keys))
    fresh = np.zeros(len(order), bool)
    fresh[0] = True
    for key in keys:
        fresh[1:] |= key[order][1:] != key[order][:-1]
    least = received[order].copy()
    starts = np.flatnonzero(fresh)
    group = np.cumsum(fresh) - 1
    # A running minimum that restarts with each group: groups are lifted apart so that one accumulate serves all.
    span = int(least.max()) - int(least.min()) + 1
    lifted = least - int(least.min()) - group * span
    least = np.minimum.accumulate(lifted) + group * span + int(received.min())
    # Equal sequence numbers share the least among them.
    same = np.zeros(len(order), bool)
    same[1:] = sequence[order][1:] == sequence[order][:-1]
    same[starts] = False
    block = np.cumsum(~same) - 1
    least = np.minimum.reduceat(least, np.flatnonzero(~same))[block]
    result = np.empty_like(least)
    result[order] = least
    return result


@event(required=True)
def date_utc(timestamp_utc: Timestamp) -> Date:
    """Calendar day of the event in UTC."""
    return ops.day(timestamp_utc)


@event
def date_local(timestamp_utc: Timestamp, time_zone: String) -> Date:
    """Calendar day of the event where the property lives."""
    return ops.day_in_zone(timestamp_utc, time_zone)
