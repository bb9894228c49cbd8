"""The migration of one sink: looking at its warehouse, comparing, printing, applying."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tracker import app
from tracker.cli.held import Held
from tracker.errors import Reject, Retry, TrackerError
from tracker.metrics import new_metrics
from tracker.model import Cursor
from tracker.warehouse.asked import UnknownSink
from tracker.warehouse.change import Existing, Relation, WidenTable
from tracker.warehouse.changes import Changes, IncompatibleTables, Phase, compared
from tracker.warehouse.driver import Driver, View
from tracker.warehouse.duckdb import CURSOR_TABLE, DuckDB
from tracker.warehouse.duckdb_sql import RELATIONS, relations_of
from tracker.warehouse.duckdb_types import COLUMNS, schema_of
from tracker.warehouse.evolve import IncompatibleTable
from tracker.warehouse.layout import Layout
from tracker.warehouse.states import State, listed, states, unfilled
from tracker.worker.control import ControlClient, NobodyThere

if TYPE_CHECKING:
    from tracker.config import Settings


_REMEDY = (
    "Where that is the tracker, stop it and call `tracker migrate --apply` again; or start the new release: "
    "`tracker serve` makes what is missing by itself."
)


def migrations(settings: "Settings", sinks: Sequence[str] | None) -> "Iterator[Migration]":
    """One for each sink, or for each of `sinks`. Raises `UnknownSink`."""
    known_sinks = settings.warehouse.sinks
    for name in sinks or ():
        if name not in known_sinks:
            raise UnknownSink(name, known_sinks)
    found = app.registry(settings)
    properties = app.properties(settings, found)
    compute = app.computer(settings, found, properties, new_metrics(), dict)
    for name in sinks or known_sinks:
        driver = app.driver(settings, found, name, known_sinks[name])
        yield Migration(settings, name, driver, app.layout(settings, properties, compute, name))


@dataclass(frozen=True, slots=True)
class Migration:
    """What one sink needs. Each method prints, and says whether all is well."""

    settings: "Settings"
    sink: str
    driver: Driver
    layout: Layout

    def plan(self, phase: Phase | None) -> bool:
        """Print the statements, as text for the warehouse's own client."""
        print(f"-- sink {self.sink} ({self.driver.name}, {self.driver.where})")
        try:
            with self._looked() as here:
                found = self._compared(here)
                notes = list(self._notes(found))
        except IncompatibleTables as problem:
            _print_comments(self._refusal(problem))
            return False
        except TrackerError as error:
            _print_comments(str(error).splitlines())
            return _failed(error)
        _print_comments(notes)
        statements = self._statements(found, phase)
        print("\n".join(statements) if statements else "-- nothing to do")
        print()
        return True

    def apply(self, phase: Phase | None) -> bool:
        """Run the statements, and say what was done."""
        try:
            with self._opened():
                found = self._compared(self.driver)
                self.driver.apply(found.of(phase))
                notes = list(self._notes(found))
        except IncompatibleTables as problem:
            print("\n".join([f"sink {self.sink}: nothing was changed", *self._refusal(problem)]))
            return False
        except TrackerError as error:
            return _failed(error)
        for line in [*map(str, found.of(phase) or ["nothing to do"]), *notes]:
            print(f"sink {self.sink}: {line}")
        return True

    def status(self, phase: Phase | None) -> bool:
        """Print how every table and view compares, and the cursors."""
        try:
            with self._looked() as here:
                found = list(states(here, self.layout.schemas, self._views(), self.layout.misfit))
                cursors = list(self._cursors(here))
        except TrackerError as error:
            return _failed(error)
        _print_states(self.sink, [*found, *cursors])
        return all(state.is_well for state in found)

    def _views(self) -> Sequence[View] | None:
        return self.layout.views(self.driver.dialect) if self.settings.warehouse.views else None

    def _compared(self, here: Existing) -> Changes:
        tables = {**self.driver.own_tables(), **self.layout.schemas}
        return compared(here, tables, self._views(), self.layout.misfit)

    def _statements(self, found: Changes, phase: Phase | None) -> list[str]:
        lines = []
        for each, title in (("pre", "pre: additions"), ("post", "post: the end")):
            changes = found.of(each) if phase in (None, each) else ()  # type: ignore[arg-type]
            if not changes:
                continue
            try:
                lines += [f"-- {title}", *(f"{statement};" for statement in self.driver.statements(changes))]
            except NotImplementedError:
                lines += [f"-- {title}", *(f"-- {change}" for change in changes)]
        return lines

    def _notes(self, found: Changes) -> Iterator[str]:
        for name in found.not_ours:
            yield (
                f"view {name} is left alone: something that is not ours has the name, and views of ours that read "
                f"{name} read that"
            )
        for change in found.tables:
            wanted = self.layout.schemas.get(change.table) if isinstance(change, WidenTable) else None
            if isinstance(change, WidenTable) and wanted and (others := unfilled(change.here, wanted)):
                yield (
                    f"table {change.table} has columns that nothing fills: {listed(others)}; where one of them is a "
                    "new column under another name, rename it before this"
                )

    def _refusal(self, problem: IncompatibleTables) -> Iterator[str]:
        yield "refused: adding does not mend this, and nothing else is done by itself"
        yield from str(problem).splitlines()
        by_hand = [statement for table in problem.tables for statement in self._by_hand(table)]
        if by_hand:
            yield "by hand, while no tracker writes, and with a copy of the data:"
            yield from by_hand

    def _by_hand(self, problem: IncompatibleTable) -> Iterator[str]:
        for statement in self.driver.by_hand(problem):
            yield f"{statement};"

    @contextmanager
    def _looked(self) -> Iterator[Any]:
        """The warehouse, to look at; a DuckDB file that a running tracker holds is looked at by that tracker."""
        try:
            self.driver.inspect()
        except Retry as held:
            if not isinstance(self.driver, DuckDB):
                raise
            yield _answering(self.settings, self.sink, held)
            return
        try:
            yield self.driver
        finally:
            self.driver.close()

    @contextmanager
    def _opened(self) -> Iterator[None]:
        try:
            self.driver.open()
        except Retry as held:
            raise Held(self.sink, held, _REMEDY) from held
        try:
            yield
        finally:
            self.driver.close()

    def _cursors(self, here: Any) -> Iterator[State]:
        was_opened = self.driver.own_tables().keys() <= here.relations().keys()
        for partition in range(self.settings.log.partitions):
            cursor: Cursor | None = here.cursor(partition) if was_opened else None
            words = f"plan {cursor.plan} of log {cursor.log_id}" if cursor else "nothing written yet"
            yield State(f"partition {partition}", "cursor", words, is_well=True)


class Running:
    """A DuckDB file as the tracker that holds it answers: an older release too."""

    def __init__(self, client: ControlClient, sink: str) -> None:
        self._client, self._sink = client, sink

    def describe(self, table: str) -> pa.Schema | None:
        """See `Driver.describe`."""
        return schema_of(self._rows(COLUMNS.format(table=table.lower())))

    def relations(self) -> Mapping[str, Relation]:
        """See `Driver.relations`."""
        return relations_of(self._rows(RELATIONS))

    def cursor(self, partition: int) -> Cursor | None:
        """See `Driver.cursor`."""
        rows = self._rows(f"SELECT log_id, partition, plan, hits FROM {CURSOR_TABLE}")  # noqa: S608
        return next((Cursor(*row) for row in rows if row[1] == partition), None)

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows, as one value: the caps of users' questions are meant for rows."""
        answer = self._client.sql(f"SELECT list(t) AS found FROM ({sql}) AS t", self._sink)  # noqa: S608
        (found,) = answer.table["found"].to_pylist()
        return [tuple(row.values()) for row in found or ()]


def _answering(settings: "Settings", sink: str, held: Retry) -> Running:
    running = Running(ControlClient(settings.data), sink)
    try:
        running.relations()
    except (NobodyThere, Reject):
        raise Held(sink, held, _REMEDY) from held
    return running


def _failed(error: TrackerError) -> bool:
    print(f"tracker: {error}", file=sys.stderr)
    return False


def _print_comments(lines: Iterable[str]) -> None:
    for line in lines:
        print("\n".join(f"-- {part}" for part in line.splitlines()))


def _print_states(sink: str, found: Sequence[State]) -> None:
    table = Table("sink", "what", "name", "state", box=None, padding=(0, 2, 0, 0))
    for state in found:
        table.add_row(escape(sink), state.kind, escape(state.name), escape(state.state))
    Console(highlight=False, width=None if sys.stdout.isatty() else 160).print(table)
