"""What a warehouse driver is.

`tracker.testing.DriverContract` holds every driver to it; `docs/writing-a-driver.md` shows one.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from tracker.config import SqlSettings
from tracker.errors import Misconfigured, Reject
from tracker.model import Cursor
from tracker.warehouse.change import Change, CreateTable, Relation, WidenTable

if TYPE_CHECKING:
    from tracker.warehouse.evolve import IncompatibleTable


class DriverSettings(BaseModel):
    """Settings of one sink: `[warehouse.sinks.NAME]`. A driver adds its own fields; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    driver: str = "duckdb"
    """Kind of warehouse."""


@dataclass(frozen=True, slots=True)
class TableBatch:
    """Rows for one table."""

    table: str
    rows: pa.Table


@dataclass(frozen=True, slots=True)
class View:
    """A question that the warehouse knows by name."""

    name: str
    doc: str
    """What one row is, and what the view is for: a sentence for analysts."""
    sql: str
    """One SELECT in the warehouse's own SQL."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question came to; `truncated` when there would have been more rows than the caps allow."""

    table: pa.Table
    truncated: bool
    note: str = ""
    """A sentence about the rows that the asker should see; empty: there is nothing to say."""


class Questions(Protocol):
    """Answers users' SQL, and is unable to change or hold up anything. May be used from any number of threads."""

    def run(self, sql: str) -> Answer:
        """Answer one question. Raises `Reject` with a sentence, the warehouse's own or why the question was not run,
        and `Retry` where the warehouse cannot be reached.
        """


class NothingThere(Misconfigured):
    """There is no warehouse to ask: no tracker has made it yet."""

    def __init__(self, what: Path | str) -> None:
        super().__init__(what)
        self.what = what

    def __str__(self) -> str:
        return f"no tracker is running and there is no {self.what} yet: start one with `tracker serve`"


class BadRows(Reject):
    """The warehouse refused the data itself; the same rows again cannot help. The writer looks for the bad row."""


class SchemaMismatch(Misconfigured):
    """A table in the warehouse is not what the columns need, and adding columns does not mend it."""


class Driver(ABC):
    """One kind of warehouse.

    Errors say what to do: `Retry` (the writer backs off, for ever), `SchemaMismatch` (the sink stops and says why),
    `BadRows` (the writer bisects). All methods are called from one thread, the sink's own.
    """

    name: ClassVar[str]
    dialect: ClassVar[str] = ""
    """The SQL that ready views are written in for it, `duckdb` or `clickhouse`; empty: it gets no views."""
    writes_at_once: ClassVar[bool] = True
    """Whether readers see all tables of a plan and its cursor, or none; otherwise a plan may be half there for them."""
    Settings: ClassVar[type[DriverSettings]] = DriverSettings

    def __init__(self, settings: Any, data: Path) -> None:
        """`settings` is an instance of this class's `Settings`; `data` is the tracker's data folder."""
        self.settings, self.data = settings, data

    @abstractmethod
    def open(self) -> None:
        """Connect. Raises `Retry` while somebody else holds the warehouse, naming who."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the warehouse."""

    @abstractmethod
    def describe(self, table: str) -> pa.Schema | None:
        """The table's columns as Arrow fields, in order, with nullability; None where there is no such table."""

    @abstractmethod
    def create(self, table: str, schema: pa.Schema) -> None:
        """Create a table. Fields marked non-nullable become NOT NULL."""

    @abstractmethod
    def widen(self, table: str, fields: Sequence[pa.Field]) -> None:
        """Add columns; a field whose name exists is a struct (or list of structs) that gained members."""

    @abstractmethod
    def append(self, tables: Sequence[TableBatch], cursor: Cursor) -> None:
        """Write all rows and the cursor: once, whatever happens. Columns are matched by name.

        Must do nothing when the warehouse already has `cursor.plan` or a later one of that partition. Raises `Broken`
        when its cursor is one of another log.
        """

    @abstractmethod
    def cursor(self, partition: int) -> Cursor | None:
        """The last plan that is safely here; None where this warehouse cannot keep one or has none yet."""

    @property
    def where(self) -> str:
        """Which warehouse this is, for people."""
        return self.name

    def inspect(self) -> None:
        """Connect as `open` does, but only to look: nothing is made. What is not there yet has no tables."""
        self.open()

    def relations(self) -> Mapping[str, Relation]:
        """Every table and view here by name, with its comment. Needed where there are views."""
        return {}

    def own_tables(self) -> Mapping[str, pa.Schema]:
        """Tables that it keeps for itself, made by `open`: a migration shows them."""
        return {}

    def statements(self, changes: Sequence[Change]) -> Sequence[str]:
        """The statements that `apply` runs, word for word. May be called before `open`."""
        raise NotImplementedError(f"the {self.name} driver shows no statements")

    def apply(self, changes: Sequence[Change]) -> None:
        """Change tables and views, in order. What is done already is passed over; all or nothing where that can be."""
        for change in changes:
            if isinstance(change, CreateTable):
                self.create(change.table, change.schema)
            elif isinstance(change, WidenTable):
                self.widen(change.table, change.fields)

    def by_hand(self, problem: "IncompatibleTable") -> Sequence[str]:
        """What a person may run to mend what adding columns does not; empty where only the words can be given."""
        return ()

    def check(self, tables: Sequence[TableBatch]) -> None:
        """Raise what `append` would raise for these rows, and keep none of them: how the writer finds the bad ones."""
        raise NotImplementedError(f"the {self.name} driver cannot try rows without keeping them")

    def tidy(self) -> None:  # noqa: B027 - most warehouses need no tidying
        """Put things in order (a checkpoint, for one). Called now and then while no plan is waiting."""

    def query(self, sql: str) -> pa.Table:
        """Answer a trusted question of our own (the audit, the contract suite). Not for users' SQL."""
        raise NotImplementedError(f"the {self.name} driver answers no questions")

    def queries(self, settings: SqlSettings) -> Questions:
        """What answers users' SQL, from any thread, while this driver writes.

        Must keep to the limits of `settings`, change nothing, and let no question reach beyond the warehouse or keep a
        plan from being written. May be called before `open`. Not needed: such a sink is asked with its own tools.
        """
        raise NotImplementedError(f"the {self.name} driver answers no questions")

    @contextmanager
    def reading(self, settings: SqlSettings) -> Iterator[Questions]:
        """As `queries`, where no tracker runs: opens what questions need, and lets go of it.

        Raises `NothingThere` where no tracker has written yet.
        """
        questions = self.queries(settings)
        self.open()
        try:
            yield questions
        finally:
            self.close()
