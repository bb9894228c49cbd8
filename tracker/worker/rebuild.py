"""Writes a warehouse again from the log and its archive: the plans it lacks, in order, each as a sink would write it.

The log is only read, so this may run beside a tracker, and be ended at any moment: the warehouse's own cursor says
where the next one goes on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from threading import Event

import numpy as np

from tracker.model import Cursor, Plan
from tracker.worker.history import History
from tracker.worker.log import Log
from tracker.worker.sink import Compute, Writing, checked, put_aside

_PASSES = 2
"""The second one for what was planned during the first: a rebuild ends, however much comes."""


@dataclass(frozen=True, slots=True)
class Step:
    """One plan is in the warehouse."""

    partition: int
    plan: int
    hits: int
    rows: int


@dataclass(frozen=True, slots=True)
class Missing:
    """What a warehouse lacks."""

    plans: int
    hits: int


class Rebuild:
    """One warehouse. `writer` must be prepared, and be closed by whoever made it."""

    def __init__(
        self,
        name: str,
        log: Log,
        history: History,
        compute: Compute,
        writer: Writing,
        *,
        sinks: Sequence[str] = (),
        reached: Callable[[str], None] = lambda point: None,
    ) -> None:
        """`sinks` are all that may have met hits that end the program; `reached` is told of points between steps."""
        self.name, self._log, self._history, self._compute, self._writer = name, log, history, compute, writer
        self._sinks, self._reached = {name, *sinks}, reached
        self._has: dict[int, Cursor] = {}

    def has(self, partition: int) -> Cursor:
        """The last plan of a partition that the warehouse has; 0: none. Raises `Broken` where it is not this log's."""
        if partition not in self._has:
            self._has[partition] = checked(self.name, self._log, partition, self._writer.cursor(partition))
        return self._has[partition]

    def cursors(self) -> list[Cursor]:
        """What it has of every partition. Raises as `has` does."""
        return [self.has(partition) for partition in range(self._log.partitions)]

    def missing(self) -> Missing:
        """How much the warehouse lacks now. Raises as `has` does."""
        cursors = self.cursors()
        totals = [self._log.totals(partition) for partition in range(self._log.partitions)]
        return Missing(
            sum(total.plans - cursor.plan for total, cursor in zip(totals, cursors, strict=True)),
            sum(total.planned - cursor.hits for total, cursor in zip(totals, cursors, strict=True)),
        )

    def run(self, stop: Event, told: Callable[[Step], None] = lambda step: None) -> None:
        """Write what is missing, then what a running tracker has planned meanwhile, unless `stop` is set before.

        `told` hears of every plan once it is in the warehouse. Raises `Lost` or `Broken` where history has a hole.
        """
        for _ in range(_PASSES):
            for partition in range(self._log.partitions):
                self._catch_up(partition, stop, told)

    def _catch_up(self, partition: int, stop: Event, told: Callable[[Step], None]) -> None:
        """Write a partition's plans, up to the newest there is at the beginning."""
        has = self.has(partition).plan
        for plan in islice(self._history.plans(partition, has + 1), self._log.totals(partition).plans - has):
            if stop.is_set():
                return
            told(self._write(partition, plan))

    def _write(self, partition: int, plan: Plan) -> Step:
        records = self._history.get(partition, np.concatenate([closed.offsets for closed in plan.protosessions]))
        killed = put_aside(self._log, partition, self._sinks | set(self._log.sinks(partition)), plan)
        batch = self._compute(partition, plan, records, killed)
        cursor = Cursor(self._log.id, partition, plan.n, plan.hits_before + plan.hits)
        self._reached("before_write")
        self._writer.write(batch, cursor)
        self._reached("after_write")
        self._has[partition] = cursor
        return Step(partition, plan.n, plan.hits, len(batch.events))
