"""Folds one partition of the log: reads records in order, closes protosessions, makes plans, lets time pass, trims.

What closed and stands in no plan is recomputed after a restart; what stands in a plan is never decided again.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import structlog
from numpy.typing import NDArray

from tracker.clock import MINUTE, Clock
from tracker.config import WorkerSettings
from tracker.metrics import Metrics
from tracker.model import CLOCK, Carried, Closed, Plan, Routing, StartPoint
from tracker.worker.log import Log
from tracker.worker.plans import Planner
from tracker.worker.sizes import Sizes

logger = structlog.get_logger()

AHEAD = 5 * MINUTE
"""How far log time may run ahead of the wall clock before it is set back."""


class Folding(Protocol):
    """The fold, as the consumer sees it."""

    log_time: int

    @property
    def open(self) -> int:
        """Open protosessions."""

    @property
    def open_hits(self) -> int:
        """Their hits."""

    def apply(self, offset: int, routing: Routing, planned: bool = False) -> list[Closed]:
        """Apply one record; returns what it closed."""

    def start_point(self, carry_after: int, end: int, saved: StartPoint) -> tuple[StartPoint, list[Carried]]:
        """Where a new fold may start, and the hits that must be carried there and are not since `saved`."""


@dataclass(frozen=True, slots=True)
class Steps:
    """What the consumer is handed: the stages behind it, and how records are written and read."""

    fold: Callable[[StartPoint, Sequence[Carried]], Folding]
    decode: Callable[[bytes], Routing]
    tick: Callable[[int], bytes]
    clock_record: Callable[[int], bytes]
    reached: Callable[[str], None] = lambda point: None
    """Told of named points between durable steps."""


class Consumer:
    """The owner of one partition. Call `step` again and again; it never blocks for long."""

    def __init__(
        self,
        log: Log,
        partition: int,
        steps: Steps,
        settings: WorkerSettings,
        carry_after: int,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._log, self.partition, self._steps = log, partition, steps
        self._settings, self._carry_after, self._clock, self._metrics = settings, carry_after, clock, metrics
        self._label = str(partition)
        start = log.start(partition)
        self._next = start.offset
        self._planned, carried, last_plan = _already_planned(log, partition, start)
        self._planned_from = start.offset
        self.fold = steps.fold(start, carried)
        self._sizes = Sizes(start.offset)
        for hit in carried:
            self._sizes.carry(hit.offset, len(hit.record))
        self._planner = Planner(
            settings.batch_hits,
            settings.flush_interval,
            last_plan.log_time if last_plan else 0,
            settings.batch_bytes,
            lambda closed: self._sizes.take(closed.offsets),
        )
        self._totals = log.totals(partition)
        self._newest, self._hits_planned = self._totals.plans, self._totals.planned
        self._batches: deque[Sequence[Closed]] = deque()
        self._trim_to: int | None = None
        self._quiet_since = clock.now()
        self._ahead_since: int | None = None

    @property
    def waiting_hits(self) -> int:
        """Hits closed but not planned yet."""
        return self._planner.hits

    @property
    def lag(self) -> int:
        """Records appended but not folded yet."""
        return self._log.end(self.partition) - self._next

    def step(self) -> int:
        """Fold what is there, up to one reading; returns how many records that was. With none, time may pass."""
        self._put_batches()
        records = self._log.read(self.partition, self._next, self._settings.read_records)
        if not records:
            self._let_time_pass()
            return 0
        for offset, record in records:
            self._sizes.put(offset, len(record))
            self._apply(offset, self._steps.decode(record))
        self._quiet_since = self._clock.now()
        self._count(len(records))
        return len(records)

    def trim(self, safe_plan: int) -> int:
        """Let go of what no open protosession and no sink needs; `safe_plan` is the last plan every sink has.

        Where closed protosessions wait to be planned, this is done as soon as none does.
        """
        if len(self._planner) or self._batches:
            self._trim_to = safe_plan
            return 0
        self._trim_to = None
        # What the log says, not what the fold returned last: saving that may have failed.
        start, stays = self.fold.start_point(self._carry_after, self._next, self._log.start(self.partition))
        if stays:
            records = self._log.get(self.partition, np.array([hit.offset for hit in stays], np.int64))
            stays = [replace(hit, record=record) for hit, record in zip(stays, records, strict=True)]
            self._log.carry(self.partition, stays, start)
            for hit in stays:
                self._sizes.carry(hit.offset, len(hit.record))
        else:
            self._log.save_start(self.partition, start)
        self._sizes.forget(start.offset)
        self._steps.reached("start_saved")
        dropped = self._log.trim(self.partition, start.offset, self._last_plan_before(start.offset, safe_plan))
        self._steps.reached("trimmed")
        if dropped:
            logger.info("log trimmed", partition=self.partition, records=dropped)
        return dropped

    def _apply(self, offset: int, routing: Routing) -> None:
        at = offset - self._planned_from
        planned = 0 <= at < len(self._planned) and bool(self._planned[at])
        closed = self.fold.apply(offset, routing, planned)
        self._next = offset + 1
        if routing.flags & CLOCK:
            self._planner.clock_set_back(self.fold.log_time)
        for cause in closed:
            self._metrics.closed.labels(self._label, cause.cause).inc()
        self._batches.extend(self._planner.add(closed, self.fold.log_time))
        self._put_batches()

    def _put_batches(self) -> None:
        """Make plans. A batch that the log cannot take now waits, and nothing is folded before it is taken."""
        while self._batches:
            plan = Plan(self._newest + 1, self.fold.log_time, tuple(self._batches[0]), self._hits_planned)
            self._steps.reached("before_plan")
            self._log.put_plan(self.partition, plan, self._log.start(self.partition))
            self._batches.popleft()
            self._newest, self._hits_planned = plan.n, self._hits_planned + plan.hits
            self._steps.reached("after_plan")
            self._metrics.plans.labels(self._label).inc()
        if self._trim_to is not None and not len(self._planner):
            self.trim(self._trim_to)

    def _let_time_pass(self) -> None:
        """The log has been read to its end: after a quiet second, write the time into it if something waits."""
        now = self._clock.now()
        if self._set_back_if_ahead(now):
            return
        waits = self.fold.open or len(self._planner)
        if waits and now - self._quiet_since >= self._settings.tick_interval:
            self._log.append_own(self.partition, self._steps.tick(now))

    def _set_back_if_ahead(self, now: int) -> bool:
        if self.fold.log_time - now <= AHEAD:
            self._ahead_since = None
            return False
        self._ahead_since = self._ahead_since or now
        if now - self._ahead_since < MINUTE:
            return False
        self._log.append_own(self.partition, self._steps.clock_record(now))
        self._ahead_since = None
        return True

    def _last_plan_before(self, offset: int, safe_plan: int) -> int:
        """The last plan, in order, that every sink has and whose hits all stand before `offset`: a restart needs the
        others.
        """
        last = 0
        for plan in self._log.plans(self.partition, 0):
            if plan.n > safe_plan or (plan.hits and int(plan.offsets()[-1]) >= offset):
                break
            last = plan.n
        return last

    def _count(self, records: int) -> None:
        label, metrics = self._label, self._metrics
        metrics.folded.labels(label).inc(records)
        metrics.open_protosessions.labels(label).set(self.fold.open)
        metrics.log_time.labels(label).set(self.fold.log_time / 1e6)
        metrics.log_lag.labels(label).set(self.lag)


def _already_planned(
    log: Log, partition: int, start: StartPoint
) -> tuple[NDArray[np.bool_], list[Carried], Plan | None]:
    """Which offsets from `start` on stand in a plan, the carried hits that stand in none, and the newest plan."""
    planned = np.zeros(max(0, log.end(partition) - start.offset), bool)
    before: set[int] = set()
    last: Plan | None = None
    for last in log.plans(partition, 0):
        offsets = last.offsets()
        planned[offsets[offsets >= start.offset] - start.offset] = True
        before.update(offsets[offsets < start.offset].tolist())
    carried = [hit for hit in log.carried(partition) if hit.offset not in before]
    return planned, carried, last
