"""Brings batches into one sink: makes its tables fit, writes each plan until it is there, and sets bad rows aside.

Nothing is ever dropped: what may succeed later is tried for ever, a row that is refused becomes a dead letter.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import pyarrow as pa
from structlog.typing import FilteringBoundLogger

from tracker.errors import Broken, Retry, TrackerError
from tracker.metrics import Metrics
from tracker.model import Batch, Cursor, DeadLetter, Outcome, Outcomes
from tracker.warehouse.change import CreateTable, PutView
from tracker.warehouse.changes import Changes, compared
from tracker.warehouse.driver import BadRows, Driver, SchemaMismatch, TableBatch
from tracker.warehouse.layout import EPOCHS, LEDGER, Layout

STAGE, REASON = "warehouse", "bad_row"
"""What counters and the ledger say of a row that the warehouse refused; its dead letter says more."""

_REMEDY = "`tracker migrate --plan` shows the statements that mend it; then start the tracker again"
_LOST = "empty the warehouse as a whole, and let `tracker rebuild` make all its tables again"
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0
_MOST_BAD = 64
_SENTENCE = 500

ResultT = TypeVar("ResultT")


class Writer:
    """Writes batches into one sink. Used from one thread, the sink's own."""

    def __init__(
        self,
        name: str,
        driver: Driver,
        layout: Layout,
        *,
        wait: Callable[[float], bool],
        metrics: Metrics,
        log: FilteringBoundLogger,
        views: bool = True,
    ) -> None:
        """`layout` has the tables and makes their rows; without `views` the warehouse's views are left alone.

        `wait` sleeps so many seconds, or returns True at once when the sink should stop: a `threading.Event`'s `wait`.
        """
        self.name, self.driver = name, driver
        self._layout = layout
        self._wait, self._metrics, self._log = wait, metrics, log.bind(sink=name)
        self.problem = ""
        """Why the warehouse takes nothing now; empty when it does."""
        self.complaints: Sequence[str] = ()
        """What is wrong with views, and which tables were lost: sentences, none where all is well. Rows are written
        all the same.
        """
        self._views = views
        self._epochs: set[int] = set()
        self._missing: Sequence[PutView] = ()
        self._standing: Sequence[str] = ()

    def prepare(self) -> None:
        """Open the warehouse, make its tables fit, and its views. Must be called before the first batch.

        Raises `SchemaMismatch` with everything that does not fit, before anything is changed. A view that cannot be
        made stops nothing.
        """
        self._until_done(self.driver.open)
        found = self._until_done(self._fit)
        lost: Sequence[str] = self._until_done(lambda: list(self._lost(found)))
        for complaint in lost:
            self._log.error("rows are missing", problem=complaint)
        not_ours = [
            f"view {name} is not made: something that is not ours has the name, and is what other views read"
            for name in found.not_ours
        ]
        self._standing = [*lost, *not_ours]
        self._missing = found.views
        self._put_views()
        stored: set[int] | None = self._until_done(self._stored_epochs)
        self._epochs = stored or set()

    def cursor(self, partition: int) -> Cursor | None:
        """What the warehouse itself says it has."""
        return self._until_done(lambda: self.driver.cursor(partition))

    def write(self, batch: Batch, cursor: Cursor) -> Outcomes:
        """Write a plan's rows and its cursor; returns what its hits came to, dead letters made here included.

        Tries for ever. Raises the last `Retry` when told to stop: nothing was done then. Lets `SchemaMismatch` pass.
        """
        try:
            written, tables = self._until_done(lambda: self._append(batch, cursor))
        except SchemaMismatch as problem:
            raise SchemaMismatch(f"{problem}\n{_REMEDY}") from problem
        self._note_epoch(batch)
        for table in tables:
            self._metrics.rows.labels(self.name, table.table).inc(table.rows.num_rows)
        refused = len(written.dead) - len(batch.dead)
        if refused:
            self._metrics.dropped.labels(STAGE, REASON).inc(refused)
            self._log.warning("rows refused by the warehouse became dead letters", plan=batch.plan, rows=refused)
        return written.outcomes

    def tidy(self) -> None:
        """Let the driver put things in order. Call now and then while no plan is waiting."""
        if self._missing:
            self._put_views()
        try:
            self.driver.tidy()
        except Retry as error:
            self._log.info("tidying was put off", error=str(error))

    def close(self) -> None:
        """Let go of the warehouse."""
        self.driver.close()

    def _fit(self) -> Changes:
        """Make the tables fit; returns what else is to be done."""
        try:
            views = self._layout.views(self.driver.dialect) if self._views else None
            found = compared(self.driver, self._layout.schemas, views, self._layout.misfit)
        except SchemaMismatch as problem:
            raise SchemaMismatch(f"sink {self.name}: {problem}\n{_REMEDY}") from problem
        self.driver.apply(found.tables)
        for change in found.tables:
            self._log.info("tables changed", change=str(change))
        return found

    def _lost(self, found: Changes) -> Iterator[str]:
        """What tables that had to be made held before, as the ledger and the tables beside them tell."""
        made = {change.table for change in found.tables if isinstance(change, CreateTable)}
        if not made or LEDGER in made:
            return
        for tables in self._layout.sets:
            if tables.sessions in made and tables.events not in made:
                yield f"table {tables.sessions} was missing and is made anew, empty: {_LOST}"
        try:
            written = self._number(f"SELECT sum(hits) AS n FROM {LEDGER} WHERE outcome = 'written'")  # noqa: S608
            rows = sum(self._number(f"SELECT count(*) AS n FROM {one.events}") for one in self._layout.sets)  # noqa: S608
        except NotImplementedError:
            return
        if rows < written:
            gone = f"{written - rows:,} of {written:,} rows are gone"
            yield f"table {', '.join(sorted(made))} was missing and is made anew; {gone}: {_LOST}"

    def _number(self, sql: str) -> int:
        return int(self.driver.query(sql)["n"].to_pylist()[0] or 0)

    def _put_views(self) -> None:
        """Make views, as far as that can be done; `tidy` tries the others again."""
        failed: list[PutView] = []
        made: list[str] = []
        complaints = list(self._standing)
        for at, put in enumerate(self._missing):
            try:
                self.driver.apply([put])
            except TrackerError as error:
                failed.append(put)
                complaints.append(f"view {put.view.name} cannot be made: {error}")
                if isinstance(error, Retry):  # nobody answers: rows should not wait until that is said of each view
                    failed += self._missing[at + 1 :]
                    break
            else:
                made.append(put.view.name)
        if made:
            self._log.info("views made", views=made)
        for complaint in complaints:
            if complaint not in self.complaints:
                self._log.warning("a view is not made", problem=complaint)
        self._missing, self.complaints = failed, complaints

    def _until_done(self, attempt: Callable[[], ResultT]) -> ResultT:
        seconds = _FIRST_WAIT
        while True:
            try:
                done = attempt()
            except Retry as error:
                self.problem = str(error)
                self._metrics.retries.labels(self.name).inc()
                self._log.warning("the warehouse is not ready; trying again", error=str(error), seconds=seconds)
                if self._wait(seconds):
                    raise
            else:
                self.problem = ""
                return done
            seconds = min(2 * seconds, _LONGEST_WAIT)

    def _stored_epochs(self) -> set[int] | None:
        """Those the warehouse has a row of; None where it answers no questions."""
        if EPOCHS not in self._layout.schemas:
            return None
        try:
            found = self.driver.query(f"SELECT epoch FROM {EPOCHS}")  # noqa: S608
        except NotImplementedError:
            return None
        return set(found["epoch"].to_pylist())

    def _note_epoch(self, batch: Batch) -> None:
        """Remember a new epoch once its row is there.

        It may not be: when a plan was cut off and comes again under another epoch, a warehouse that knows a plan's
        inserts by its number takes the second row for the first. Then the next plan brings it.
        """
        if batch.epoch is None or batch.epoch.number in self._epochs:
            return
        try:
            stored = self._stored_epochs()
        except Retry:
            stored = None
        self._epochs |= {batch.epoch.number} if stored is None else stored

    def _tables(self, batch: Batch) -> Sequence[TableBatch]:
        """The rows of a batch, without those of an epoch that the warehouse has."""
        known = batch.epoch is not None and batch.epoch.number in self._epochs
        return [table for table in self._layout(batch) if not (known and table.table == EPOCHS)]

    def _append(self, batch: Batch, cursor: Cursor) -> tuple[Batch, Sequence[TableBatch]]:
        tables = self._tables(batch)
        try:
            self.driver.append(tables, cursor)
        except BadRows:
            batch = self._without_bad_rows(batch)
            tables = self._tables(batch)
            self._append_good(tables, cursor)
        return batch, tables

    def _append_good(self, tables: Sequence[TableBatch], cursor: Cursor) -> None:
        try:
            self.driver.append(tables, cursor)
        except BadRows as error:
            raise Broken(f"sink {self.name} refuses rows together that it takes one by one: {error}") from error

    def _without_bad_rows(self, batch: Batch) -> Batch:
        bad = self._bad_rows(batch)
        good = pa.array([row not in bad for row in range(batch.events.num_rows)], pa.bool_())
        letters = [self._dead_letter(batch, row, refusal) for row, refusal in sorted(bad.items())]
        return replace(
            batch,
            events=batch.events.filter(good),
            dead=[*batch.dead, *letters],
            ledger=_counted(batch.ledger, letters),
            outcomes=replace(
                batch.outcomes, dead={**batch.outcomes.dead, **{letter.offset: REASON for letter in letters}}
            ),
        )

    def _bad_rows(self, batch: Batch) -> dict[int, str]:
        """Row -> what was said of it. Halves what is refused; past 64 bad rows, what is refused is bad as a whole."""
        bad: dict[int, str] = {}
        doubtful = [(0, batch.events.num_rows)]
        while doubtful:
            start, stop = doubtful.pop()
            refusal = self._refusal(batch, start, stop)
            if refusal is None:
                continue
            if stop - start == 1 or len(bad) >= _MOST_BAD:
                bad.update(dict.fromkeys(range(start, stop), refusal))
            else:
                middle = (start + stop) // 2
                doubtful += [(middle, stop), (start, middle)]
        return bad

    def _refusal(self, batch: Batch, start: int, stop: int) -> str | None:
        piece = replace(batch, events=batch.events.slice(start, stop - start), dead=(), ledger={}, epoch=None)
        try:
            self.driver.check(self._layout(piece))
        except BadRows as error:
            return str(error)
        except NotImplementedError as error:
            raise Broken(f"sink {self.name} refused rows and cannot say which: {error}") from error
        return None

    def _dead_letter(self, batch: Batch, row: int, refusal: str) -> DeadLetter:
        event = batch.events.slice(row, 1)
        offset = int(event["log_offset"][0].as_py())
        return DeadLetter(
            partition=batch.partition,
            offset=offset,
            plan=batch.plan,
            property_id=event["property_id"][0].as_py() or "",
            received_at=event["received_at"].cast(pa.int64())[0].as_py() or 0,
            stage=STAGE,
            reason=f"{REASON}: {refusal}"[:_SENTENCE],
            record=batch.record_of(offset),
        )


def _counted(
    ledger: Mapping[tuple[str, Outcome, str], int], letters: Iterable[DeadLetter]
) -> dict[tuple[str, Outcome, str], int]:
    counts = dict(ledger)
    for letter in letters:
        key: tuple[str, Outcome, str] = (letter.property_id, "dead", REASON)
        counts[key] = counts.get(key, 0) + 1
    return counts
