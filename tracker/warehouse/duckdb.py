"""The default warehouse: one DuckDB file, owned by this process and written by one thread.

Rows and cursor go into one transaction, so a plan is there once or not at all. What other threads ask goes through
`queries`.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import pyarrow as pa
from pydantic import Field

from tracker.clock import HOUR
from tracker.config import Size, SqlSettings
from tracker.errors import Broken, Retry
from tracker.model import Cursor
from tracker.warehouse.change import Change, CreateTable, Relation, WidenTable
from tracker.warehouse.driver import Driver, DriverSettings, NothingThere, TableBatch, View
from tracker.warehouse.duckdb_file import CATALOG, connect, cursor, is_fatal, is_short_of_memory, translated
from tracker.warehouse.duckdb_sql import RELATIONS, by_hand, relations_of, statements
from tracker.warehouse.duckdb_types import described, quoted, readable
from tracker.warehouse.evolve import IncompatibleTable, require
from tracker.warehouse.live import LiveRelations
from tracker.warehouse.queries import Queries, open_offline
from tracker.warehouse.snapshots import write_snapshots

CURSOR_TABLE = "tracker_cursor"
"""One row per partition: the last plan that is in the file."""
_PATIENCE = 5.0
"""Seconds that closing waits for a snapshot, which looks between two row groups whether it should go on."""
_CURSOR_SCHEMA = pa.schema(
    [
        pa.field("partition", pa.int64(), nullable=False),
        pa.field("log_id", pa.string(), nullable=False),
        pa.field("plan", pa.int64(), nullable=False),
        pa.field("hits", pa.int64(), nullable=False),
    ]
)

_ROWS = "tracker_rows"


class DuckDBSettings(DriverSettings):
    """A DuckDB file: `[warehouse.sinks.NAME]` with `driver = "duckdb"`."""

    path: Path = Path("tracker.duckdb")
    """The file, relative to the data folder."""
    memory_limit: Size = Field(256 << 20, ge=32 << 20)
    """Most bytes of memory DuckDB may take, queries included."""
    threads: int = Field(1, ge=1)
    """Threads of one statement. Two insert slower than one."""
    checkpoint_threshold: Size = 64 << 20
    """Bytes of write-ahead log after which a commit moves it into the file; earlier when nothing is waiting."""
    spill_limit: Size = 1 << 30
    """Most bytes that queries may spill to disk, beside the file."""


class DuckDB(Driver):
    """The DuckDB driver. After a fatal error, such as a full disk at a checkpoint, the next call opens it again."""

    name: ClassVar[str] = "duckdb"
    dialect: ClassVar[str] = "duckdb"
    Settings: ClassVar[type[DriverSettings]] = DuckDBSettings
    settings: DuckDBSettings

    def __init__(self, settings: DuckDBSettings, data: Path) -> None:
        super().__init__(settings, data)
        self.path = data / settings.path
        self._writing: duckdb.DuckDBPyConnection | None = None
        self._root: duckdb.DuckDBPyConnection | None = None
        self._queries: list[Queries] = []
        self._copying = threading.Lock()
        self._fits: dict[str, tuple[list[Any], pa.Schema]] = {}

    def open(self) -> None:
        """Open or create the file. Raises `Retry` while another process holds it, naming its process id."""
        if self._writing is not None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._root = connect(
            self.path,
            memory_limit=self.settings.memory_limit,
            threads=self.settings.threads,
            checkpoint_threshold=self.settings.checkpoint_threshold,
            spill_limit=self.settings.spill_limit,
        )
        with self._errors():
            self._writing = cursor(self._root)
            for statement in statements(CreateTable(CURSOR_TABLE, _CURSOR_SCHEMA)):
                self._writing.execute(statement)

    def close(self) -> None:
        """Interrupt queries, put a snapshot off, and close the file, checkpointed."""
        with self._alone("the warehouse is closing"):  # one that began meanwhile would keep the file from being opened
            connections, self._writing, self._root = (self._writing, self._root), None, None
            if self._copying.acquire(timeout=_PATIENCE):  # a snapshot has seen that its file is closing
                self._copying.release()
            for connection in connections:
                if connection is not None:
                    connection.close()

    def describe(self, table: str) -> pa.Schema | None:
        """See `Driver.describe`."""
        with self._errors():
            return described(self._connection(), table)

    def create(self, table: str, schema: pa.Schema) -> None:
        """See `Driver.create`."""
        self.apply([CreateTable(table, schema)])

    def widen(self, table: str, fields: Sequence[pa.Field]) -> None:
        """See `Driver.widen`. All or nothing."""
        self.apply([WidenTable(table, self.describe(table) or pa.schema([]), tuple(fields))])

    @property
    def where(self) -> str:
        """The file."""
        return str(self.path)

    def inspect(self) -> None:
        """See `Driver.inspect`. Raises `Retry` while another process holds the file."""
        if self._writing is not None:
            return
        if self.path.exists():
            self._root = connect(self.path, memory_limit=self.settings.memory_limit, read_only=True)
        else:
            self._root = duckdb.connect(":memory:")
            self._root.execute(f"ATTACH ':memory:' AS {CATALOG}")
        self._writing = cursor(self._root)

    def relations(self) -> Mapping[str, Relation]:
        """See `Driver.relations`."""
        with self._errors():
            return relations_of(self._connection().execute(RELATIONS).fetchall())

    def own_tables(self) -> Mapping[str, pa.Schema]:
        """The table of cursors."""
        return {CURSOR_TABLE: _CURSOR_SCHEMA}

    def statements(self, changes: Sequence[Change]) -> Sequence[str]:
        """See `Driver.statements`."""
        return [statement for change in changes for statement in statements(change)]

    def apply(self, changes: Sequence[Change]) -> None:
        """See `Driver.apply`: one transaction."""
        with self._transaction() as connection:
            for statement in self.statements(changes):
                connection.execute(statement)

    def by_hand(self, problem: IncompatibleTable) -> Sequence[str]:
        """See `Driver.by_hand`."""
        return list(by_hand(problem))

    def append(self, tables: Sequence[TableBatch], cursor: Cursor) -> None:
        """See `Driver.append`. When memory is short, the rows are tried once more while no question runs.

        Raises `Broken` when the file follows another log.
        """
        try:
            self._append(tables, cursor)
        except Retry as error:
            if not is_short_of_memory(error.__cause__):
                raise
            with self._alone():
                self._append(tables, cursor)

    def check(self, tables: Sequence[TableBatch]) -> None:
        """See `Driver.check`: a transaction that is rolled back."""
        with self._registered(tables), self._transaction(keep=False) as connection:
            self._insert_all(connection, tables)

    def cursor(self, partition: int) -> Cursor | None:
        """See `Driver.cursor`."""
        with self._errors(), suppress(duckdb.CatalogException):  # looked at before the tracker ever opened it
            return _cursor(self._connection(), partition)
        return None

    def tidy(self) -> None:
        """Move the write-ahead log into the file, unless there is a question: one that takes all memory would make that
        fail, and DuckDB then wants the file opened again. A commit does it where the log grows long.
        """
        if not Path(f"{self.path}.wal").exists():
            return
        with ExitStack() as stack, self._errors():
            idle = [stack.enter_context(queries.held_off_if_idle()) for queries in self._queries]
            if all(idle):
                self._connection().execute(f"CHECKPOINT {CATALOG}")

    def query(self, sql: str) -> pa.Table:
        """See `Driver.query`; only from the writer's own thread."""
        with self._errors():
            relation = self._connection().sql(sql)
            return pa.table({}) if relation is None else relation.to_arrow_table()

    def queries(self, settings: SqlSettings, live: LiveRelations | None = None) -> Queries:
        """What answers users' SQL, from any thread, while this driver writes."""
        queries = Queries(self._query_cursor, settings, live)
        self._queries.append(queries)
        return queries

    @contextmanager
    def reading(self, settings: SqlSettings, live: LiveRelations | None = None) -> Iterator[Queries]:
        """See `Driver.reading`. Opens the file to read only."""
        if not self.path.exists():
            raise NothingThere(self.path)
        with open_offline(self.path, settings, live=live) as queries:
            yield queries

    def snapshot(
        self,
        folder: Path,
        tables: Sequence[str],
        views: Sequence[View] = (),
        keep_replaced: int = HOUR,
        stop: Callable[[], bool] = lambda: False,
    ) -> list[Path]:
        """Bring the Parquet copies in `folder` up to date, see `write_snapshots`. From any thread, one at a time."""
        with self._copying:
            root = self._root
            return write_snapshots(
                self._query_cursor,
                folder,
                tables,
                views=views,
                keep_replaced=keep_replaced,
                stop=lambda: stop() or self._root is not root,
            )

    def _append(self, tables: Sequence[TableBatch], cursor: Cursor) -> None:
        with self._registered(tables), self._transaction() as connection:
            stored = _cursor(connection, cursor.partition)
            if stored and stored.log_id != cursor.log_id:
                raise Broken(
                    f"{self.path} holds partition {cursor.partition} of log {stored.log_id}, and this is log "
                    f"{cursor.log_id}; give the sink another path, or the tracker its old log"
                )
            if stored and stored.plan >= cursor.plan:
                return
            self._insert_all(connection, tables)
            connection.execute(f"DELETE FROM {CURSOR_TABLE} WHERE partition = ?", [cursor.partition])  # noqa: S608
            connection.execute(
                f"INSERT INTO {CURSOR_TABLE} (partition, log_id, plan, hits) VALUES (?, ?, ?, ?)",  # noqa: S608
                [cursor.partition, cursor.log_id, cursor.plan, cursor.hits],
            )

    def _insert_all(self, connection: duckdb.DuckDBPyConnection, tables: Sequence[TableBatch]) -> None:
        for batch in tables:
            self._require(connection, batch)
        for number, batch in enumerate(tables):
            table = quoted(CATALOG, "main", batch.table)
            connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM {_ROWS}_{number}")  # noqa: S608

    def _require(self, connection: duckdb.DuckDBPyConnection, batch: TableBatch) -> None:
        """Raise `SchemaMismatch` where somebody has changed the table; DuckDB would cast, or blame the rows."""
        columns = connection.execute(f"PRAGMA table_info({quoted('main', batch.table)})").fetchall()
        if self._fits.get(batch.table) != (columns, batch.rows.schema):
            require(batch.table, described(connection, batch.table), batch.rows.schema)
            self._fits[batch.table] = columns, batch.rows.schema

    @contextmanager
    def _alone(self, why: str = "the memory was needed to write") -> Iterator[None]:
        """While no question runs or takes memory."""
        with ExitStack() as stack:
            for queries in self._queries:
                stack.enter_context(queries.held_off(why))
            yield

    def _query_cursor(self) -> duckdb.DuckDBPyConnection:
        root = self._root
        if root is None:
            raise Retry(f"{self.path} is not open")
        try:
            return cursor(root)
        except duckdb.Error as error:  # there is no memory left for it, for one
            raise Retry(str(error)) from error

    def _connection(self) -> duckdb.DuckDBPyConnection:
        if self._writing is None:
            self.open()
        assert self._writing is not None  # noqa: S101 - open() sets it or raises
        return self._writing

    @contextmanager
    def _registered(self, tables: Sequence[TableBatch]) -> Iterator[None]:
        """Around a transaction, not inside: an aborted one could not let go of the rows."""
        with self._errors():
            connection = self._connection()
            for number, batch in enumerate(tables):
                connection.register(f"{_ROWS}_{number}", readable(batch.rows))
            try:
                yield
            finally:
                with suppress(duckdb.Error):  # a fatal error has closed the connection
                    for number in range(len(tables)):
                        connection.unregister(f"{_ROWS}_{number}")

    @contextmanager
    def _transaction(self, *, keep: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._errors():
            connection = self._connection()
            connection.execute("BEGIN TRANSACTION")
            try:
                yield connection
            except BaseException:
                self._roll_back(connection)
                raise
            try:
                connection.execute("COMMIT" if keep else "ROLLBACK")
            except duckdb.Error:  # it may leave in memory what does not fit together; what is in the file does
                self.close()
                raise

    def _roll_back(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Never leaves an aborted transaction behind: nothing could be written after it. It takes memory, too."""
        if _rolled_back(connection):
            return
        with self._alone():
            if not _rolled_back(connection):
                self.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as error:
            if is_fatal(error):
                self.close()
            raise translated(error) from error


def _rolled_back(connection: duckdb.DuckDBPyConnection) -> bool:
    try:
        connection.execute("ROLLBACK")
    except duckdb.TransactionException:  # none is active
        return True
    except duckdb.Error as error:
        return is_fatal(error) or isinstance(error, duckdb.ConnectionException)  # closed: opened again anyway
    return True


def _cursor(connection: duckdb.DuckDBPyConnection, partition: int) -> Cursor | None:
    found = connection.execute(
        f"SELECT log_id, partition, plan, hits FROM {CURSOR_TABLE} WHERE partition = ?",  # noqa: S608
        [partition],
    ).fetchall()
    return Cursor(*found[0]) if found else None
