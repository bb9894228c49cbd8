"""Users' SQL against the file that the running tracker writes: answered beside the writer, and unable to hurt it.

A question is one SELECT or EXPLAIN that calls nothing dangerous, run inside a read-only transaction of a locked
instance, cut at so many rows and bytes, and interrupted when its time is over.
"""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pyarrow as pa

from tracker.config import SqlSettings, format_duration
from tracker.errors import Reject, Retry
from tracker.warehouse.driver import Answer
from tracker.warehouse.duckdb_file import connect, cursor
from tracker.warehouse.live import LiveRelations

_TABLE_FUNCTIONS = re.compile(
    r"duckdb_(columns|constraints|functions|indexes|keywords|schemas|tables|types|views)|generate_series|range|repeat"
    r"|repeat_row|histogram|histogram_values|json_each|json_tree|pg_timezone_names|pragma_table_info|summary|unnest"
)
"""The table functions a question may call: they read no file, show no inside of the instance, run no text as SQL."""

_REFUSED = re.compile(
    r"read_.*|.*_scan|parquet_.*|sniff_.*|glob|query|query_table|getenv|getvariable|duckdb_secrets|which_secret|pragma_.*"
    r"|nextval|currval|setval|setseed|checkpoint|force_checkpoint|write_log|sleep_ms|pg_sleep|current_query.*|json_execute_.*"
    r"|json_deserialize_sql|.*_external_resource.*|enable_.*|disable_.*|.*copy.*"
)
"""Names of functions that read files, variables or the network, change state, run text as SQL, or only wait."""

_FILE = re.compile(r"[./:\\]")
"""What is in a file's name, and in no table's: DuckDB takes `FROM 'x.parquet'` for a call of `read_parquet`."""

_EXPLAIN = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/)*explain\b(?P<options>\s+analyze\b|\s*\(\s*(?:analyze|format)\b[^()]*\))?(?P<select>.*)",
    re.IGNORECASE | re.DOTALL,
)
_BATCH_ROWS = 2_048
"""Rows fetched at a time, DuckDB's own vector: an answer overshoots its cap in bytes by no more than one of these."""
_BEGIN = "BEGIN TRANSACTION READ ONLY"
_LIVE_TRIES = 3
"""How often tables and log are read when the log is trimmed between the two."""
_NAG_SECONDS = 0.1
_PATIENCE_SECONDS = 30


class Queries:
    """Answers questions, each on a cursor of its own. May be used from any number of threads."""

    def __init__(
        self,
        cursors: Callable[[], duckdb.DuckDBPyConnection],
        settings: SqlSettings,
        live: LiveRelations | None = None,
    ) -> None:
        """`cursors` makes a new connection to the file, to be closed here; without `live` there is no `live_events`."""
        self._cursors, self._settings, self._live = cursors, settings, live
        self._running: set[_Running] = set()
        self._held_off = 0
        self._lock = threading.Condition()

    def run(self, sql: str) -> Answer:
        """Answer one SELECT or EXPLAIN. Raises `Reject` with a sentence: DuckDB's own, or why it was not run."""
        with self._begun() as running, _sentences(running):
            statement, tables = _admitted(running.cursor, sql)
            try:
                note = self._began(running, tables)
                return replace(self._fetched(running, statement), note=note)
            finally:
                running.done.set()
                running.cursor.execute("ROLLBACK")

    def is_busy(self) -> bool:
        """Whether a question is under way."""
        return bool(self._running)

    @contextmanager
    def held_off(self, why: str) -> Iterator[None]:
        """While no question runs: those under way are interrupted, others wait."""
        with self._lock:
            self._held_off += 1
        try:
            self.quiesce(why)
            yield
        finally:
            with self._lock:
                self._held_off -= 1
                self._lock.notify_all()

    @contextmanager
    def held_off_if_idle(self) -> Iterator[bool]:
        """While no question runs, unless one does: then gives False, and nothing is held off."""
        with self._lock:
            is_idle = not self._running
            self._held_off += is_idle
        try:
            yield is_idle
        finally:
            with self._lock:
                self._held_off -= is_idle
                self._lock.notify_all()

    def interrupt_all(self, why: str) -> bool:
        """Interrupt every running question, which then says `why`; False when there was none."""
        with self._lock:
            for running in self._running:
                running.stop(why)
            return bool(self._running)

    def quiesce(self, why: str) -> None:
        """Interrupt every running question and return when none is left."""
        self.interrupt_all(why)
        with self._lock:
            self._lock.wait_for(lambda: not self._running, _PATIENCE_SECONDS)

    @contextmanager
    def _begun(self) -> Iterator["_Running"]:
        with self._lock:
            self._lock.wait_for(lambda: not self._held_off, _PATIENCE_SECONDS)
            running = _Running(self._cursors(), self._settings.timeout)
            self._running.add(running)
        watch = threading.Thread(target=running.watch, name="query timeout", daemon=True)
        watch.start()
        try:
            yield running
        finally:
            running.done.set()
            watch.join()
            with self._lock:
                self._running.discard(running)
                running.cursor.close()
                self._lock.notify_all()

    def _began(self, running: "_Running", tables: set[str]) -> str:
        """Begin the question's transaction, with those of `tables` in it that are live; returns what to say of them."""
        running.cursor.execute(_BEGIN)
        live = self._live
        asked = live.named(tables) if live else []
        if live is None or not asked:
            return ""
        for _ in range(_LIVE_TRIES - 1):
            with suppress(Retry):
                return live.show(running.cursor, asked, running.raise_if_stopped)
            running.cursor.execute("ROLLBACK")
            running.cursor.execute(_BEGIN)
        return live.show(running.cursor, asked, running.raise_if_stopped)

    def _fetched(self, running: "_Running", statement: str) -> Answer:
        reader = running.cursor.sql(statement).to_arrow_reader(_BATCH_ROWS)
        schema, rows, size = reader.schema, 0, 0
        batches: list[pa.RecordBatch] = []
        for batch in reader:
            running.raise_if_stopped()
            left = self._settings.max_rows - rows
            if batch.num_rows and (left <= 0 or size >= self._settings.max_bytes):
                return Answer(pa.Table.from_batches(batches, schema), truncated=True)
            batches.append(batch.slice(0, left))
            rows, size = rows + batch.num_rows, size + batch.nbytes
        return Answer(pa.Table.from_batches(batches, schema), truncated=rows > self._settings.max_rows)


@contextmanager
def open_offline(
    path: Path, settings: SqlSettings, memory_limit: int = 1 << 30, live: LiveRelations | None = None
) -> Iterator[Queries]:
    """Questions to a file that no tracker runs on, by the same rules; nothing is written.

    Raises `Retry` while a tracker holds the file, naming it.
    """
    connection = connect(path, memory_limit=memory_limit, read_only=True)
    try:
        yield Queries(lambda: cursor(connection), settings, live)
    finally:
        connection.close()


class _Running:
    """A question under way, and what stops it."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, timeout: int) -> None:
        self.cursor, self.done, self.why = cursor, threading.Event(), ""
        self._timeout, self._deadline, self._stopped = timeout, time.monotonic() + timeout / 1e6, threading.Event()

    def stop(self, why: str) -> None:
        self.why = self.why or why
        self._stopped.set()
        self.cursor.interrupt()

    def raise_if_stopped(self) -> None:
        if self.why:
            raise Reject(f"the query was interrupted: {self.why}")

    def watch(self) -> None:
        """Wait for the deadline, then interrupt until it helps: an interrupt between two statements is lost."""
        while not self.done.is_set():
            if self.why or time.monotonic() >= self._deadline:
                self.stop(f"it took longer than {format_duration(self._timeout)}")
                self.done.wait(_NAG_SECONDS)
            else:
                self.done.wait(min(self._deadline - time.monotonic(), _NAG_SECONDS))


@contextmanager
def _sentences(running: _Running) -> Iterator[None]:
    try:
        yield
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        running.raise_if_stopped()
        raise Reject(str(error)) from error


def _admitted(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[str, set[str]]:
    """The statement to run, and the names of tables in it. What is inspected is exactly what runs."""
    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        raise Reject(f"one statement at a time: this is {len(statements)}")
    kind, text = statements[0].type, statements[0].query
    if kind == duckdb.StatementType.EXPLAIN and (explain := _EXPLAIN.fullmatch(text)):
        select = explain["select"].strip()
        return f"EXPLAIN {explain['options'] or ''} {select}", _inspected(connection, select)
    if kind != duckdb.StatementType.SELECT:
        raise Reject(f"only SELECT and EXPLAIN are answered here; this is {kind.name}")
    return str(text), _inspected(connection, text)


def _inspected(connection: duckdb.DuckDBPyConnection, select: str) -> set[str]:
    """The names of tables in a statement that may be run."""
    statements = connection.extract_statements(select)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise Reject("EXPLAIN is answered here for one SELECT only")
    found = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [select]).fetchall()
    tree = orjson.loads(found[0][0])
    if tree["error"]:
        raise Reject(f"this cannot be inspected, so it is not run: {tree.get('error_message', '')}")
    for name, is_table in _functions(tree["statements"]):
        if not _TABLE_FUNCTIONS.fullmatch(name) and (is_table or _REFUSED.fullmatch(name)):
            raise Reject(f"the function {name} may not be called here")
    named = [node for node in _nodes(tree["statements"]) if node.get("table_name")]
    for node in named:
        if node.get("type") == "BASE_TABLE" and _FILE.search(node["table_name"]):
            raise Reject(f"{node['table_name']} is no table, and files are not read here")
    return {str(node["table_name"]) for node in named}


def _functions(tree: object) -> Iterator[tuple[str, bool]]:
    """(name, is it a table function) of every call in a serialised statement."""
    for node in _nodes(tree):
        function = node.get("function")
        if node.get("type") == "TABLE_FUNCTION" and isinstance(function, dict):
            yield str(function.get("function_name", "")).lower(), True
        if "function_name" in node:
            yield str(node["function_name"]).lower(), False


def _nodes(tree: object) -> Iterator[dict[str, Any]]:
    """Every object in a serialised statement."""
    found = [tree]
    while found:
        node = found.pop()
        if isinstance(node, list):
            found.extend(node)
        elif isinstance(node, dict):
            found.extend(node.values())
            yield node
