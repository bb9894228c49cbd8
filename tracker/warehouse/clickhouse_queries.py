"""Users' SQL against ClickHouse, apart from the connection that writes.

Each question runs on a session of its own that can read only, stops at limits for time, memory and size, and tells
times in UTC. ClickHouse ends a result between two blocks of rows, so what is over the caps is cut here.
"""

import itertools
import math
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Protocol
from uuid import uuid4

import pyarrow as pa

from tracker.config import SqlSettings
from tracker.errors import Reject, Retry, TrackerError
from tracker.warehouse.clickhouse_admission import Admitted, admitted, literal
from tracker.warehouse.driver import Answer

_BYTES_MORE = 8
"""How much larger ClickHouse counts a result than Arrow at most: it has a byte for each truth, Arrow a bit."""
_BUSY = frozenset({202, 209, 210, 279, 319, 999})
"""TOO_MANY_SIMULTANEOUS_QUERIES, SOCKET_TIMEOUT, NETWORK_ERROR, ALL_CONNECTION_TRIES_FAILED, UNKNOWN_STATUS_OF_INSERT,
KEEPER_EXCEPTION: no fault of the question.
"""
_SPILL = 1 << 30
_PIECE = 2_048
_NAG_SECONDS = 0.5
_PATIENCE_SECONDS = 30
_TIME = re.compile(r"(?:LowCardinality\()?(?:Nullable\()?DateTime(?:\('[^']*'\))?\)*")
"""A time in whole seconds, which Arrow gets as a number."""


class Session(Protocol):
    """A connection for one question."""

    def text(self, sql: str) -> str:
        """The only value of a statement of ours."""

    def batches(self, question: Admitted) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """The rows of a question, as they come."""

    def close(self) -> None:
        """Let go of it; ends what still runs."""


class ClickHouseQueries:
    """Answers questions, each in a session of its own. May be used from any number of threads."""

    def __init__(
        self, sessions: Callable[[Mapping[str, Any]], Session], settings: SqlSettings, memory: int, where: str
    ) -> None:
        """`sessions` opens a session with settings; `memory` is the most bytes a question may take; `where` is what is
        asked, for messages.
        """
        self._sessions, self._settings, self._memory, self._where = sessions, settings, memory, where
        self._running: dict[str, str] = {}
        self._table_functions: frozenset[str] = frozenset()
        self._lock = threading.Condition()

    def run(self, sql: str) -> Answer:
        """Answer one SELECT, EXPLAIN, SHOW or DESCRIBE.

        Raises `Reject` with a sentence: ClickHouse's own, or why it was not run; `Retry` where nobody answers.
        """
        with self._begun() as name, self._sentences(name):
            session = self._sessions(self._limits(name))
            try:
                question = admitted(sql, lambda own: self._text(session, own), self._known_functions(session))
                return self._fetched(session, question)
            finally:
                session.close()

    def is_busy(self) -> bool:
        """Whether a question is under way."""
        return bool(self._running)

    def quiesce(self, why: str) -> None:
        """End every running question, which then says `why`, and return when none is left."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while self._running and time.monotonic() < until:
            with self._lock:
                self._running = dict.fromkeys(self._running, why)
            with suppress(Exception):  # away, or not allowed to: then each ends by its own timeout
                self._kill(list(self._running))
            with self._lock:  # one that was between two statements is not ended yet
                self._lock.wait_for(lambda: not self._running, _NAG_SECONDS)

    def _kill(self, names: Sequence[str]) -> None:
        session = self._sessions({})
        try:
            text = ", ".join(literal(name) for name in names)
            session.text(f"KILL QUERY WHERE Settings['log_comment'] IN ({text}) ASYNC")
        finally:
            session.close()

    @contextmanager
    def _begun(self) -> Iterator[str]:
        name = f"tracker sql {uuid4()}"
        with self._lock:
            self._running[name] = ""
        try:
            yield name
        finally:
            with self._lock:
                del self._running[name]
                self._lock.notify_all()

    def _limits(self, name: str) -> dict[str, Any]:
        """Settings of a session; `readonly` last, because after it nothing can be set."""
        own = self._settings
        return {
            "session_timezone": "UTC",
            "max_execution_time": math.ceil(own.timeout / 1e6),
            "timeout_before_checking_execution_speed": 0,  # the time itself counts, not what is left of it by estimate
            "max_memory_usage": self._memory,
            "max_temporary_data_on_disk_size_for_query": _SPILL,
            "max_result_rows": own.max_rows + 1,
            "max_result_bytes": own.max_bytes * _BYTES_MORE,
            "result_overflow_mode": "break",
            "output_format_arrow_string_as_string": 1,
            "log_comment": name,
            "readonly": 1,
        }

    def _known_functions(self, session: Session) -> frozenset[str]:
        if not self._table_functions:
            names = session.text("SELECT arrayStringConcat(groupArray(lower(name)), ' ') FROM system.table_functions")
            self._table_functions = frozenset(names.split())
        return self._table_functions

    def _fetched(self, session: Session, question: Admitted) -> Answer:
        schema, found = session.batches(question)
        rows, size, is_cut = 0, 0, False
        kept: list[pa.RecordBatch] = []
        for piece in itertools.chain.from_iterable(_pieces(batch) for batch in found):
            left = self._settings.max_rows - rows
            if is_cut := left <= 0 or size >= self._settings.max_bytes:
                break
            kept.append(piece.slice(0, left))
            rows, size = rows + piece.num_rows, size + piece.nbytes
        table = pa.Table.from_batches(kept, schema)
        is_cut = is_cut or rows > self._settings.max_rows
        return Answer(self._with_times(session, question, table), truncated=is_cut)

    def _with_times(self, session: Session, question: Admitted, table: pa.Table) -> pa.Table:
        """Times in whole seconds as times: Arrow gets them as numbers."""
        if not question.is_select or pa.uint32() not in table.schema.types:
            return table
        described = session.batches(Admitted(f"DESCRIBE TABLE ({question.text})", is_select=False))
        types = pa.Table.from_batches(described[1], described[0])["type"].to_pylist()
        for at, (field, native) in enumerate(zip(table.schema, types, strict=True)):
            if field.type == pa.uint32() and _TIME.fullmatch(native):
                times = table.column(at).cast(pa.int64()).cast(pa.timestamp("s", "UTC"))
                table = table.set_column(at, field.with_type(times.type), times)
        return table

    def _text(self, session: Session, sql: str) -> str:
        """A value that is ours to ask for and the asker's to get wrong."""
        try:
            return session.text(sql)
        except Exception as error:
            raise self._translated(error) from error

    def _translated(self, error: Exception) -> TrackerError:
        from tracker.warehouse.clickhouse_errors import code_of, said

        code = code_of(error)
        return (Reject if code is not None and code not in _BUSY else Retry)(f"{self._where}: {said(error)}")

    @contextmanager
    def _sentences(self, name: str) -> Iterator[None]:
        try:
            yield
        except TrackerError:
            raise
        except Exception as error:
            if why := self._running[name]:
                raise Reject(f"the query was interrupted: {why}") from error
            raise self._translated(error) from error


def _pieces(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """The rows of a batch, few at a time: an answer overshoots its cap in bytes by no more than one of these."""
    return (batch.slice(start, _PIECE) for start in range(0, batch.num_rows, _PIECE))
