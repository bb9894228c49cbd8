"""ClickHouse, a server or a cluster of them, over HTTP; or the same engine inside this process (chDB).

ClickHouse has no transactions over several tables. So every insert carries a token made of plan and table, by which
ClickHouse knows it when it comes again, and the cursor is written last: a plan that was cut off is sent whole once
more, and what was there already is not there twice.
"""

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Literal

import pyarrow as pa
from pydantic import Field, SecretStr

from tracker.config import Size, SqlSettings
from tracker.errors import Broken, Misconfigured, TrackerError
from tracker.model import Cursor
from tracker.warehouse.change import Change, CreateTable, Relation, WidenTable
from tracker.warehouse.clickhouse_queries import ClickHouseQueries, Session
from tracker.warehouse.clickhouse_rows import arrow_file, by_month, check_nulls, check_times, filled_columns, parts
from tracker.warehouse.clickhouse_sessions import ChdbSession, HttpSession
from tracker.warehouse.clickhouse_sql import (
    CURSOR_SCHEMA,
    CURSOR_TABLE,
    Storage,
    by_hand,
    create_database,
    cursor_table,
    statements,
)
from tracker.warehouse.clickhouse_types import described, quoted
from tracker.warehouse.driver import Driver, DriverSettings, NothingThere, SchemaMismatch, TableBatch
from tracker.warehouse.evolve import IncompatibleTable, require

_DEFAULT = "default"
_CHECKED = "tracker_checked_"


class ClickHouseSettings(DriverSettings):
    """A ClickHouse: `[warehouse.sinks.NAME]` with `driver = "clickhouse"`."""

    interface: Literal["http", "https", "chdb"] = "http"
    """How to reach it; `chdb` runs the engine inside the worker, with its files in `path`."""
    host: str = "127.0.0.1"
    """Host of the server."""
    port: int | None = Field(None, ge=1, le=65535)
    """Port of its HTTP interface; default: 8123, or 8443 for https."""
    username: str = "default"
    """Who writes."""
    password: SecretStr = SecretStr("")
    """Its password; better given as the variable `TRACKER_WAREHOUSE__SINKS__NAME__PASSWORD`."""
    database: str = Field("tracker", pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    """Database of the tables; made where it is missing."""
    path: Path = Path("clickhouse")
    """Folder of chDB's files, relative to the data folder."""
    cluster: str | None = None
    """Name of a cluster: tables are then made on all of it (`ON CLUSTER`)."""
    engine: str = "MergeTree"
    """Engine of the tables; on a cluster usually `ReplicatedMergeTree`."""
    partition_by: str = "toYYYYMM(date_utc)"
    """Partitions of tables that have the column; empty for none."""
    order_by: tuple[str, ...] = ("property_id", "date_utc", "session_id", "timestamp_utc")
    """Sorting key of tables that have these columns."""
    enumerations: tuple[str, ...] = ()
    """Further text columns with few different values, besides those that say it of themselves: kept as a dictionary
    (`LowCardinality`).
    """
    connect_timeout: int = Field(10, ge=1)
    """Seconds to wait for a connection."""
    timeout: int = Field(300, ge=1)
    """Seconds to wait for an answer."""
    query_memory: Size = Field(512 << 20, ge=32 << 20)
    """Most bytes of memory that one question of `tracker sql` may take: the server's, or with `chdb` the tracker's."""


class ClickHouse(Driver):
    """The ClickHouse driver."""

    name: ClassVar[str] = "clickhouse"
    dialect: ClassVar[str] = "clickhouse"
    writes_at_once: ClassVar[bool] = False
    Settings: ClassVar[type[DriverSettings]] = ClickHouseSettings
    settings: ClickHouseSettings

    def __init__(self, settings: ClickHouseSettings, data: Path) -> None:
        super().__init__(settings, data)
        self.storage = Storage(
            settings.database,
            settings.cluster,
            settings.engine,
            settings.partition_by,
            settings.order_by,
            frozenset(settings.enumerations),
        )
        self._client: Any = None
        self._reader: Any = None
        self._reading = threading.Lock()
        self._queries: list[ClickHouseQueries] = []

    @property
    def where(self) -> str:
        """What is talked to, for messages."""
        own = self.settings
        return (
            f"chDB in {self.data / own.path}"
            if own.interface == "chdb"
            else f"ClickHouse at {own.host}:{own.port or (8443 if own.interface == 'https' else 8123)}"
        )

    def open(self) -> None:
        """Connect, and make the database and the table of cursors where they are missing.

        Raises `Retry` while nobody answers.
        """
        if self._client is None:
            with self._errors():
                client = self._connected()
                try:
                    self._make_room(client)
                except BaseException:
                    client.close()
                    raise
            self._client = client

    def _make_room(self, client: Any) -> None:
        """What is there is not made again: whoever writes may lack the right to."""
        database = quoted(self.settings.database)
        if not client.command(f"EXISTS DATABASE {database}"):
            client.command(create_database(self.storage))
        client.database = self.settings.database
        if not client.command(f"EXISTS TABLE {self._name(CURSOR_TABLE)}"):
            client.command(cursor_table(self.storage))

    def close(self) -> None:
        """End questions and let go of the connections."""
        for queries in self._queries:
            queries.quiesce("the warehouse is closing")
        clients, self._client, self._reader = (self._client, self._reader), None, None
        for client in clients:
            if client is not None:
                client.close()

    def describe(self, table: str) -> pa.Schema | None:
        """See `Driver.describe`, but for columns that ClickHouse computes."""
        return self._described([table]).get(table)

    def create(self, table: str, schema: pa.Schema) -> None:
        """See `Driver.create`."""
        self.apply([CreateTable(table, schema)])

    def widen(self, table: str, fields: Sequence[pa.Field]) -> None:
        """See `Driver.widen`: one statement."""
        self.apply([WidenTable(table, self.describe(table) or pa.schema([]), tuple(fields))])

    def inspect(self) -> None:
        """See `Driver.inspect`."""
        if self._client is None:
            with self._errors():
                self._client = self._connected()

    def relations(self) -> Mapping[str, Relation]:
        """See `Driver.relations`."""
        with self._errors():
            found = self._opened().query(
                "SELECT name, engine, comment FROM system.tables WHERE database = {database:String}",
                parameters={"database": self.settings.database},
            )
        return {
            name: Relation("view" if engine.endswith("View") else "table", comment)
            for name, engine, comment in found.result_rows
        }

    def own_tables(self) -> Mapping[str, pa.Schema]:
        """The table of cursors."""
        return {CURSOR_TABLE: CURSOR_SCHEMA}

    def statements(self, changes: Sequence[Change]) -> Sequence[str]:
        """See `Driver.statements`."""
        return list(statements(self.storage, changes))

    def apply(self, changes: Sequence[Change]) -> None:
        """See `Driver.apply`: one statement after the other, each of which may be run twice."""
        for statement in self.statements(changes):
            with self._errors():
                done_everywhere = {"alter_sync": 2, "mutations_sync": 2} if statement.startswith("ALTER") else {}
                self._opened().command(statement, settings=done_everywhere)

    def by_hand(self, problem: IncompatibleTable) -> Sequence[str]:
        """See `Driver.by_hand`."""
        return list(by_hand(self.storage, problem))

    def append(self, tables: Sequence[TableBatch], cursor: Cursor) -> None:
        """See `Driver.append`. Raises `Broken` where the tables follow another log."""
        stored = self.cursor(cursor.partition)
        if stored and stored.log_id != cursor.log_id:
            raise Broken(
                f"{self.where} holds partition {cursor.partition} of log {stored.log_id}, and this is log "
                f"{cursor.log_id}; give the sink another database, or the tracker its old log"
            )
        if stored and stored.plan >= cursor.plan:
            return
        here = self._checked_columns(tables)
        token = f"{cursor.log_id}:{cursor.partition}:{cursor.plan}"
        for batch in tables:
            filled = filled_columns(batch.rows, here[batch.table])
            for part, rows in parts(filled, self.settings.partition_by):
                self._insert(batch.table, rows, f"{token}:{batch.table}:{part}")
        row = {"partition": cursor.partition, "log_id": cursor.log_id, "plan": cursor.plan, "hits": cursor.hits}
        self._insert(CURSOR_TABLE, pa.Table.from_pylist([row], CURSOR_SCHEMA), f"{token}:{CURSOR_TABLE}:0")

    def check(self, tables: Sequence[TableBatch]) -> None:
        """See `Driver.check`: into tables of the same columns that keep nothing.

        Raises `SchemaMismatch` where a table was changed: then not the rows are to blame.
        """
        self._checked_columns(tables)
        for batch in tables:
            twin = f"{_CHECKED}{batch.table}"
            with self._errors():
                self._opened().command(f"DROP TABLE IF EXISTS {self._name(twin)}")
                self._opened().command(f"CREATE TABLE {self._name(twin)} AS {self._name(batch.table)} ENGINE = Null")
            try:
                self._insert(twin, batch.rows, "")
            finally:
                with self._errors():
                    self._opened().command(f"DROP TABLE IF EXISTS {self._name(twin)}")

    def cursor(self, partition: int) -> Cursor | None:
        """See `Driver.cursor`."""
        with self._errors():
            found = self._opened().query(
                f"SELECT log_id, partition, plan, hits FROM {self._name(CURSOR_TABLE)} "  # noqa: S608
                "WHERE partition = {partition:Int64} ORDER BY plan DESC LIMIT 1",
                parameters={"partition": partition},
            )
        return Cursor(*found.result_rows[0]) if found.result_rows else None

    def query(self, sql: str) -> pa.Table:
        """See `Driver.query`; tables are looked for in the sink's database."""
        with self._errors():
            return self._opened().query_arrow(sql, settings={"output_format_arrow_string_as_string": 1})

    def queries(self, settings: SqlSettings) -> ClickHouseQueries:
        """See `Driver.queries`."""
        queries = ClickHouseQueries(self._session, settings, self.settings.query_memory, self.where)
        self._queries.append(queries)
        return queries

    @contextmanager
    def reading(self, settings: SqlSettings) -> Iterator[ClickHouseQueries]:
        """See `Driver.reading`. Makes nothing."""
        folder = self.data / self.settings.path
        if self.settings.interface == "chdb" and not folder.exists():
            raise NothingThere(folder)
        try:
            yield self.queries(settings)
        finally:
            self.close()

    def _session(self, limits: Mapping[str, Any]) -> Session:
        own = self.settings
        if own.interface == "chdb":
            return ChdbSession(self.data / own.path, own.database, limits)
        with self._reading:
            if self._reader is None:
                self._reader = self._connected(database=own.database)
            return HttpSession(self._reader, limits)

    def _insert(self, table: str, rows: pa.Table, token: str) -> None:
        own = self.settings
        settings: dict[str, Any] = {
            "async_insert": 0,
            "input_format_null_as_default": 0,
            "min_insert_block_size_bytes": 0,  # one block, however large: all of an insert or nothing
        }
        if own.partition_by and not by_month(own.partition_by, rows.schema):
            settings["max_partitions_per_insert_block"] = 0
        if token:
            settings |= {"insert_deduplicate": 1, "insert_deduplication_token": token}
        if token and "deduplicate_insert" in self._opened().server_settings:
            settings["deduplicate_insert"] = "enable"  # where a server knows this, it counts in place of the other
        compression = None if own.interface == "chdb" else "lz4"
        with self._errors():
            self._opened().raw_insert(
                self._name(table), rows.schema.names, arrow_file(rows, compression), settings, "Arrow"
            )

    def _checked_columns(self, tables: Sequence[TableBatch]) -> Mapping[str, pa.Schema]:
        """The tables as they are, and that these rows go into them: before anything is written, not between two tables.

        Raises `SchemaMismatch` with what differs, `BadRows` for what ClickHouse could not hold.
        """
        here = self._described([batch.table for batch in tables])
        for batch in tables:
            try:
                require(batch.table, here.get(batch.table), batch.rows.schema)
            except SchemaMismatch as error:
                raise SchemaMismatch(f"{self.where}: {error}") from error
        check_times(tables)
        check_nulls(tables, here)
        return here

    def _described(self, tables: Sequence[str]) -> dict[str, pa.Schema]:
        """The columns that can be written. One that somebody gave a default to says so in its field's metadata."""
        if not tables:
            return {}
        with self._errors():
            found = self._opened().query(
                "SELECT table, name, type, comment, default_kind FROM system.columns "
                "WHERE database = {database:String} AND table IN {tables:Array(String)} "
                "AND default_kind NOT IN ('MATERIALIZED', 'ALIAS', 'EPHEMERAL') ORDER BY table, position",
                parameters={"database": self.settings.database, "tables": list(tables)},
            )
        fields: dict[str, list[pa.Field]] = {}
        for table, name, native, comment, default in found.result_rows:
            made = described(name, native, comment)
            if default:
                made = made.with_nullable(True).with_metadata({_DEFAULT: default})
            fields.setdefault(table, []).append(made)
        return {table: pa.schema(columns) for table, columns in fields.items()}

    def _connected(self, **more: Any) -> Any:
        try:
            import clickhouse_connect
        except ImportError as error:
            raise Misconfigured("ClickHouse needs a package more: install tracker[clickhouse]") from error
        own = self.settings
        for chatty in ("clickhouse_connect", "urllib3.connectionpool"):  # they say twice what their errors say
            logging.getLogger(chatty).setLevel(logging.CRITICAL)
        if own.interface == "chdb":
            (self.data / own.path).mkdir(parents=True, exist_ok=True)
            return clickhouse_connect.get_client(interface="chdb", path=str(self.data / own.path))
        return clickhouse_connect.get_client(
            interface=own.interface,
            host=own.host,
            port=own.port or 0,
            username=own.username,
            password=own.password.get_secret_value(),
            connect_timeout=own.connect_timeout,
            send_receive_timeout=own.timeout,
            query_retries=0,
            autogenerate_session_id=False,
            client_name="tracker",
            **more,
        )

    def _opened(self) -> Any:
        if self._client is None:
            self.open()
        return self._client

    def _name(self, table: str) -> str:
        return quoted(self.settings.database, table)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        from tracker.warehouse.clickhouse_errors import translated

        try:
            yield
        except TrackerError:
            raise
        except Exception as error:
            raise translated(error, self.where) from error
