"""Connections for users' questions to ClickHouse: to a server over HTTP, or to the engine in this process (chDB)."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from tracker.warehouse.clickhouse_admission import Admitted, literal
from tracker.warehouse.clickhouse_types import quoted

_NEWER = frozenset(
    {"session_timezone", "max_temporary_data_on_disk_size_for_query", "output_format_arrow_string_as_string"}
)
"""Settings that a server may be too old for, and does without."""


class HttpSession:
    """A question to a server. Answers come when they are whole, so that an error is never taken for an end."""

    def __init__(self, client: Any, settings: Mapping[str, Any]) -> None:
        """`client` may be shared by any number of sessions."""
        known = client.server_settings
        kept = {name: value for name, value in settings.items() if name in known or name not in _NEWER}
        self._client, self._settings = client, {**kept, "wait_end_of_query": 1}
        self._streams: list[Any] = []

    def text(self, sql: str) -> str:
        """See `Session.text`."""
        found: bytes = self._client.raw_query(sql, settings=self._settings, fmt="TabSeparatedRaw")
        return found.decode().removesuffix("\n")

    def batches(self, question: Admitted) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """See `Session.batches`."""
        stream = self._client.raw_stream(question.text, settings=self._settings, fmt="ArrowStream")
        self._streams.append(stream)
        reader = pa.ipc.open_stream(stream)
        return reader.schema, iter(reader)

    def close(self) -> None:
        """See `Session.close`: the server ends what nobody reads."""
        for stream in self._streams:
            stream.close()


class ChdbSession:
    """A question to the engine inside this process, on a handle of its own."""

    def __init__(self, path: Path, database: str, settings: Mapping[str, Any]) -> None:
        """`path` is the folder of the engine's files, of which a process can have one."""
        import chdb

        self._handle = chdb.connect(os.path.realpath(path))
        self._streams: list[Any] = []
        try:
            self._handle.query(f"USE {quoted(database)}")
            for name, value in settings.items():
                self._handle.query(f"SET {name} = {literal(str(value))}")
        except BaseException:
            self._handle.close()
            raise

    def text(self, sql: str) -> str:
        """See `Session.text`."""
        self._end_streams()
        found: bytes = self._handle.query(sql, "TabSeparatedRaw").bytes() or b""
        return found.decode().removesuffix("\n")

    def batches(self, question: Admitted) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """See `Session.batches`. A SELECT comes in blocks, each a stream of its own; there is none without a row."""
        self._end_streams()  # beside an open one the engine answers with nothing
        if not question.is_select:
            return self._whole(question.text)
        stream = self._handle.send_query(question.text, "ArrowStream")
        self._streams.append(stream)
        first = next(stream, None)
        if first is None:
            return self._whole(f"SELECT * FROM ({question.text}) LIMIT 0")  # noqa: S608
        opened = pa.ipc.open_stream(first.bytes())
        return opened.schema, self._blocks(opened, stream)

    def close(self) -> None:
        """See `Session.close`."""
        self._end_streams()
        self._handle.close()

    def _end_streams(self) -> None:
        while self._streams:
            self._streams.pop().close()

    def _whole(self, sql: str) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        reader = pa.ipc.open_stream(self._handle.query(sql, "ArrowStream").bytes())
        return reader.schema, iter(reader)

    def _blocks(self, opened: pa.RecordBatchReader, stream: Any) -> Iterator[pa.RecordBatch]:
        yield from opened
        for block in stream:
            yield from pa.ipc.open_stream(block.bytes())
