"""Hits all the way to rows, in memory: what a plan of these hits would write."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from tracker import app
from tracker.clock import HOUR
from tracker.columns.batch import Computer
from tracker.config import Settings
from tracker.metrics import new_metrics
from tracker.model import Batch, Closed, Hit, Plan
from tracker.testing.hits import NOW
from tracker.worker import codec


def compute_batch(
    hits: Sequence[Hit],
    settings: Mapping[str, Any] | None = None,
    protosessions: Sequence[Closed] | None = None,
    killed: Sequence[int] = (),
    log_time: int = NOW + HOUR,
) -> Batch:
    """The batch of one plan, made at `log_time`. Offsets count from 0 in the order of `hits`; all are one protosession
    by default.
    """
    computer = _computer(json.dumps(settings or {}, default=str, sort_keys=True))
    closed = protosessions or (Closed(np.arange(len(hits)), "timeout"),)
    plan = Plan(1, log_time, tuple(closed), 0)
    records = [codec.encode(hits[offset]) for one in closed for offset in one.offsets.tolist()]
    return computer(0, plan, records, killed)


def compute_rows(
    hits: Sequence[Hit], settings: Mapping[str, Any] | None = None, **options: Any
) -> list[dict[str, Any]]:
    """The rows of `compute_batch`, in the order of `hits`."""
    rows: list[dict[str, Any]] = compute_batch(hits, settings, **options).events.to_pylist()
    return sorted(rows, key=lambda row: int(row["log_offset"]))


@cache
def _computer(settings: str) -> Computer:
    """Made once per set of settings: loading plugins takes longer than computing a few hits."""
    resolved = Settings.model_validate_json(settings)
    found = app.registry(resolved)
    return app.computer(resolved, found, app.properties(resolved, found), new_metrics())
