"""Works through the plans for one warehouse, in order, at its own pace: read back, compute, write, note the cursor.

A warehouse that is away holds nobody else up. After several deaths at one plan its protosessions are tried one by one,
and the one that kills the program goes to the dead letters.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Any, Protocol

import cbor2
import numpy as np
import structlog

from tracker.errors import Broken, Misconfigured, Retry
from tracker.metrics import Metrics
from tracker.model import Batch, Cursor, Outcomes, Plan
from tracker.worker.log import Gone, Log

logger = structlog.get_logger()

TRIALS = 2
"""Deaths while a protosession was tried alone after which it is the killer: one may be anybody's doing."""
IDLE_BEFORE_TIDYING = 50
"""Rests, of at most 0.2 seconds each, without a plan before the warehouse is tidied."""


class Writing(Protocol):
    """The writer, as the sink sees it."""

    problem: str
    """Why the warehouse takes nothing now; empty when it does."""

    def prepare(self) -> None:
        """Connect and bring the tables up to date. Raises `Retry` when told to stop while the warehouse is away."""

    def cursor(self, partition: int) -> Cursor | None:
        """What the warehouse itself says it has."""

    def tidy(self) -> None:
        """Put things in order while no plan is waiting."""

    def write(self, batch: Batch, cursor: Cursor) -> Outcomes:
        """Write a batch once; returns what became of its hits."""

    def close(self) -> None:
        """Let go."""


class Behind(Misconfigured):
    """A warehouse needs what has left the log: it is empty or old, or was added later."""

    def __init__(self, sink: str, partition: int, plan: int) -> None:
        """`plan` is the first that it lacks."""
        super().__init__(sink, partition, plan)
        self.sink, self.partition, self.plan = sink, partition, plan

    def __str__(self) -> str:
        return (
            f"sink {self.sink!r} needs plan {self.plan} of partition {self.partition}, and its hits are no longer in "
            "the log: put back the warehouse that belongs to this log, or let `tracker rebuild --sink "
            f"{self.sink}` build its tables from the archive; then start the tracker again. Until then nothing leaves "
            "the log, and at 80 % of its quota it takes no more hits"
        )


Compute = Callable[[int, Plan, Sequence[bytes], Sequence[int]], Batch]
"""(partition, plan, records, offsets that killed the program) -> batch."""


@dataclass(slots=True)
class SinkState:
    """What `/health` says of a sink."""

    name: str
    state: str = "starting"
    written: int = 0


class Sink:
    """One warehouse. `run` is its thread's whole life."""

    def __init__(
        self,
        name: str,
        log: Log,
        compute: Compute,
        writer: Writing,
        attempts: int,
        metrics: Metrics,
        stop: Event,
        news: Event,
        reached: Callable[[str], None] = lambda point: None,
    ) -> None:
        """`news` is set whenever a plan was made; `attempts` is how many deaths at a plan are too many."""
        self.name, self._log, self._compute, self._writer = name, log, compute, writer
        self._attempts, self._metrics, self._stop, self._news, self._reached = attempts, metrics, stop, news, reached
        self.state = SinkState(name)
        self.cursors: dict[int, int] = {}
        self._idle = 0

    def run(self) -> None:
        """Open, then write plans as they come, until stopped. Raises what cannot be helped."""
        try:
            self.open()
            while not self._stop.is_set():
                if not any([self.advance(partition) for partition in range(self._log.partitions)]):  # noqa: C419
                    self._rest()
        except Retry:
            if not self._stop.is_set():
                raise
        finally:
            self._writer.close()

    def open(self) -> None:
        """Connect and find the place to go on. Waits while the warehouse is away."""
        self._writer.prepare()
        for partition in range(self._log.partitions):
            self.cursors[partition] = self._resume(partition)
        self.state.state = "running"

    def advance(self, partition: int) -> bool:
        """Write the next plan of a partition; False when there is none."""
        n = self.cursors[partition] + 1
        plan = next(iter(self._log.plans(partition, n, 1)), None)
        if plan is None:
            return False
        if plan.n != n:
            raise Behind(self.name, partition, n)
        self._idle = 0
        self._write(partition, plan)
        self._metrics.sink_lag.labels(str(partition), self.name).set(self._log.totals(partition).plans - n)
        return True

    @property
    def problem(self) -> str:
        """Why the warehouse takes nothing now; empty when it does."""
        return self._writer.problem

    def waiting(self) -> int:
        """Plans that are not written yet."""
        return sum(
            self._log.totals(partition).plans - self.cursors.get(partition, self._log.cursor(partition, self.name))
            for partition in range(self._log.partitions)
        )

    def _rest(self) -> None:
        """Nothing to write: wait for news, and when none comes for a while, tidy up."""
        self._news.wait(0.2)
        self._news.clear()
        self._idle += 1
        if self._idle % IDLE_BEFORE_TIDYING == 0:
            self._writer.tidy()

    def _resume(self, partition: int) -> int:
        """The last plan this sink has: the warehouse's own word wins over the log's."""
        has = checked(self.name, self._log, partition, self._writer.cursor(partition)).plan
        if has > self._log.cursor(partition, self.name):
            self._log.commit(partition, self.name, has)
        first = next((plan.n for plan in self._log.plans(partition, has + 1, 1)), self._log.totals(partition).plans + 1)
        if first > has + 1:
            raise Behind(self.name, partition, has + 1)
        return has

    def _write(self, partition: int, plan: Plan) -> None:
        offsets = np.concatenate([closed.offsets for closed in plan.protosessions])
        try:
            records = self._log.get(partition, offsets)
        except Gone as error:  # other sinks had this plan, so its hits could go before it
            raise Behind(self.name, partition, plan.n) from error
        before = self._log.attempt(partition, self.name, plan.n)
        killed = self._killers(partition, plan, records) if before >= self._attempts else []
        self._reached("before_compute")
        with self._metrics.write_seconds.labels(self.name).time():
            batch = self._compute(partition, plan, records, killed)
            self._keep_outcomes(partition, batch.outcomes)
            self._reached("before_write")
            cursor = Cursor(self._log.id, partition, plan.n, plan.hits_before + plan.hits)
            outcomes = self._writer.write(batch, cursor)
        self._reached("after_write")
        if outcomes != batch.outcomes:
            self._keep_outcomes(partition, outcomes)
        if plan.n > self._log.cursor(partition, self.name):
            self._log.commit(partition, self.name, plan.n)
        self._reached("after_cursor")
        self.cursors[partition] = plan.n
        self.state.written += len(batch.events)
        for stage, reason, hits in _drops(batch):
            self._metrics.dropped.labels(stage, reason).inc(hits)

    def _keep_outcomes(self, partition: int, outcomes: Outcomes) -> None:
        if outcomes.duplicate or outcomes.filtered or outcomes.dead:
            self._log.put_outcomes(partition, outcomes)

    def _killers(self, partition: int, plan: Plan, records: Sequence[bytes]) -> list[int]:
        """Offsets of the protosessions that end the program, found by computing each alone.

        A suspect is tried again after all others: whatever else ended the program will not be there at that moment.
        """
        key = _trial(partition, self.name, plan.n)
        trial = _noted(self._log, key)
        deaths: dict[int, int] = trial["deaths"]
        suspects = [number for number, times in deaths.items() if times < TRIALS]
        ends = np.cumsum([len(closed.offsets) for closed in plan.protosessions])
        for number in (*range(trial["next"], len(plan.protosessions)), *suspects):
            deaths[number] = deaths.get(number, 0) + 1
            trial["next"] = max(trial["next"], number + 1)
            self._log.put_note(key, cbor2.dumps(trial))
            closed = plan.protosessions[number]
            alone = Plan(plan.n, plan.log_time, (closed,), 0)
            end = int(ends[number])
            self._compute(partition, alone, records[end - len(closed.offsets) : end], [])
            self._reached("trial")
            del deaths[number]
        self._log.put_note(key, cbor2.dumps(trial))
        for number in deaths:
            logger.error(
                "a protosession ended the program and is put aside", partition=partition, plan=plan.n, number=number
            )
        return [offset for number in deaths for offset in plan.protosessions[number].offsets.tolist()]


def checked(name: str, log: Log, partition: int, cursor: Cursor | None) -> Cursor:
    """What a warehouse says it has of a partition, plan 0 where it has none. Raises `Broken` where it is not this
    log's.
    """
    newest = log.totals(partition).plans
    if cursor is None:
        return Cursor(log.id, partition, 0, 0)
    if cursor.log_id != log.id:
        raise Broken(f"sink {name!r} holds rows of another log ({cursor.log_id}); this one is {log.id}")
    if cursor.plan > newest:
        raise Broken(
            f"sink {name!r} has plan {cursor.plan} of partition {partition}, but the log ends at plan {newest}"
        )
    return cursor


def put_aside(log: Log, partition: int, sinks: Iterable[str], plan: Plan) -> list[int]:
    """Offsets of a plan's hits that ended the program and were put aside when one of these sinks wrote it."""
    trials = (_noted(log, _trial(partition, sink, plan.n)) for sink in sinks)
    killers = {number for trial in trials for number, times in trial["deaths"].items() if times >= TRIALS}
    return [offset for number in sorted(killers) for offset in plan.protosessions[number].offsets.tolist()]


def _trial(partition: int, sink: str, n: int) -> str:
    return f"trial/{partition}/{sink}/{n}"


def _noted(log: Log, key: str) -> dict[str, Any]:
    """Which protosession of a plan is tried next, and how often each has ended the program so far."""
    note = log.note(key)
    trial: dict[str, Any] = cbor2.loads(note) if note else {"next": 0, "deaths": {}}
    return trial


def _drops(batch: Batch) -> list[tuple[str, str, int]]:
    return [(outcome, reason, hits) for (_, outcome, reason), hits in batch.ledger.items()]
