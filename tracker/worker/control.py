"""The worker's local socket: SQL, health and metrics for other processes of this machine, and their client.

Only the worker can open the DuckDB file, so `tracker sql` asks it here. The socket is `tracker.sock` in the data
folder, readable by its owner alone; where that path is too long for a socket both ends use a name in the temporary
folder.
"""

import asyncio
import contextlib
import hashlib
import os
import socket
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import quote, unquote

import aiohttp
import orjson
import pyarrow as pa
from aiohttp import web

from tracker.errors import Broken, Reject, Retry

T = TypeVar("T")

LONGEST = 100
"""Bytes of a socket's path that every system takes."""
_SINK = "X-Sink"
"""Names the sink that a question is for, percent-encoded."""
QUERIES = 4
"""Requests answered at a time; more wait."""


class Answer(Protocol):
    """What a query came to."""

    @property
    def table(self) -> pa.Table:
        """The rows."""

    @property
    def truncated(self) -> bool:
        """True when there were more rows than an answer may have."""

    @property
    def note(self) -> str:
        """What else the asker should know; mostly empty."""


@dataclass(frozen=True, slots=True)
class SqlAnswer:
    """An answer as the client received it."""

    table: pa.Table
    truncated: bool
    note: str = ""


class NobodyThere(Retry):
    """No tracker answers on a data folder."""

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self.data = data

    def __str__(self) -> str:
        return f"no tracker is running on {self.data}"


class SocketTaken(Retry):
    """Another process answers on our socket."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.path = path

    def __str__(self) -> str:
        return f"another tracker answers on {self.path}"


def socket_path(data: Path) -> Path:
    """Where the control socket of a data folder is."""
    path = data.resolve() / "tracker.sock"
    if len(os.fsencode(path)) <= LONGEST:
        return path
    digest = hashlib.blake2b(os.fsencode(path), digest_size=12).hexdigest()
    return Path(tempfile.gettempdir()) / f"tracker-{digest}.sock"


class ControlServer:
    """Answers on `path` from a thread of its own.

    `run_sql` gets SQL and the name of a sink, None for the usual one; it raises a `TrackerError` for what the asker did
    wrong. All callables are called from several threads.
    """

    def __init__(
        self,
        path: Path,
        run_sql: Callable[[str, str | None], Answer],
        health: Callable[[], Mapping[str, Any]],
        metrics: Callable[[], bytes],
        snapshot: Callable[[], Sequence[Path]],
    ) -> None:
        self.path, self._run_sql, self._health, self._metrics = path, run_sql, health, metrics
        self._snapshot = snapshot
        self._pool = ThreadPoolExecutor(QUERIES, thread_name_prefix="control")
        self._started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        self._thread: threading.Thread | None = None
        self._inode = 0

    def start(self) -> None:
        """Answer from now on. A stale socket file is replaced; raises `SocketTaken` where somebody answers on it."""
        listener = _listener(self.path)
        self._inode = self.path.stat().st_ino
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(listener)), name="control", daemon=True)
        self._thread.start()
        self._started.result()

    def stop(self) -> None:
        """Answer no more. Queries under way are not waited for. Does nothing where `start` did not succeed."""
        if self._thread is None:
            return
        loop, ending = self._started.result()
        loop.call_soon_threadsafe(ending.set)
        self._thread.join()
        self._thread = None
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self.path.exists() and self.path.stat().st_ino == self._inode:
            self.path.unlink()

    async def _serve(self, listener: socket.socket) -> None:
        app = web.Application(client_max_size=16 << 20)
        app.add_routes(
            [
                web.post("/sql", self._sql),
                web.post("/snapshot", self._copy),
                web.get("/health", self._in_words),
                web.get("/metrics", self._text),
            ]
        )
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        ending = asyncio.Event()
        try:
            await runner.setup()
            await web.SockSite(runner, listener).start()
            self._started.set_result((asyncio.get_running_loop(), ending))
            await ending.wait()
        except Exception as error:
            self._started.set_exception(error)
        finally:
            await runner.cleanup()

    def _in_pool(self, function: Callable[..., T], *args: Any) -> "asyncio.Future[T]":
        return asyncio.get_running_loop().run_in_executor(self._pool, function, *args)

    async def _sql(self, request: web.Request) -> web.Response:
        sql = await request.text()
        try:
            body, answer = await self._in_pool(self._answer, sql, _named(request.headers.get(_SINK)))
        except Retry as error:
            return web.Response(status=503, text=str(error))
        except Exception as error:  # a query must not take the worker down; its asker is told
            return web.Response(status=400, text=str(error) or type(error).__name__)
        headers = {"X-Truncated": str(int(answer.truncated)), "X-Note": quote(answer.note)}
        return web.Response(body=body, headers=headers)

    def _answer(self, sql: str, of: str | None) -> tuple[memoryview, Answer]:
        answer = self._run_sql(sql, of)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, answer.table.schema) as writer:
            writer.write_table(answer.table)
        return memoryview(sink.getvalue()), answer

    async def _copy(self, _: web.Request) -> web.Response:
        try:
            files = await self._in_pool(self._snapshot)
        except Exception as error:  # as for a query
            return web.Response(status=400, text=str(error))
        return web.Response(body=orjson.dumps([str(path) for path in files]), content_type="application/json")

    async def _in_words(self, _: web.Request) -> web.Response:
        health = await self._in_pool(self._health)
        return web.Response(body=orjson.dumps(health, default=str), content_type="application/json")

    async def _text(self, _: web.Request) -> web.Response:
        return web.Response(body=await self._in_pool(self._metrics), content_type="text/plain")


def _named(header: str | None) -> str | None:
    return None if header is None else unquote(header)


def _listener(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.exists():
            _remove_stale(path)
        listener.bind(str(path))
        path.chmod(0o600)  # before anybody can connect: it does not listen yet
    except BaseException:
        listener.close()
        raise
    return listener


def _remove_stale(path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
        # A whole question and answer: a server that is just ending would leave a bare connection behind, unclosed.
        probe.settimeout(1)
        with contextlib.suppress(OSError):
            probe.sendall(b"GET / HTTP/1.0\r\n\r\n")
            probe.recv(1)
        raise SocketTaken(path)


class ControlClient:
    """Asks the tracker that runs on `data`. Every method raises `NobodyThere` where none does."""

    def __init__(self, data: Path) -> None:
        self._data = data

    def sql(self, sql: str, sink: str | None = None) -> SqlAnswer:
        """Run one query in a sink. Raises `Reject` with the reason where it is refused or fails."""
        return asyncio.run(self.sql_async(sql, sink))

    def snapshot(self) -> list[Path]:
        """Have the tables copied as Parquet; returns the files that are new. Raises `Reject` with what is wrong."""
        return [Path(name) for name in orjson.loads(asyncio.run(self._ask("POST", "/snapshot"))[0])]

    def health(self) -> dict[str, Any]:
        """How everything is."""
        return asyncio.run(self.health_async())

    def metrics(self) -> bytes:
        """The worker's metrics as Prometheus reads them."""
        return asyncio.run(self.metrics_async())

    async def sql_async(self, sql: str, sink: str | None = None) -> SqlAnswer:
        """As `sql`, inside an event loop."""
        named = {} if sink is None else {_SINK: quote(sink)}
        body, headers = await self._ask("POST", "/sql", sql.encode(), named)
        with pa.ipc.open_stream(body) as reader:
            return SqlAnswer(reader.read_all(), headers.get("X-Truncated") == "1", unquote(headers.get("X-Note", "")))

    async def health_async(self) -> dict[str, Any]:
        """As `health`, inside an event loop."""
        body, _ = await self._ask("GET", "/health")
        health: dict[str, Any] = orjson.loads(body)
        return health

    async def metrics_async(self) -> bytes:
        """As `metrics`, inside an event loop."""
        body, _ = await self._ask("GET", "/metrics")
        return body

    async def _ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[bytes, Mapping[str, str]]:
        connector = aiohttp.UnixConnector(str(socket_path(self._data)))
        timeout = aiohttp.ClientTimeout(total=None)  # the worker interrupts a query that takes too long
        try:
            async with (
                aiohttp.ClientSession("http://tracker", connector=connector, timeout=timeout) as session,
                session.request(method, path, data=body, headers=headers) as response,
            ):
                content = await response.read()
        except (aiohttp.ClientError, OSError):
            raise NobodyThere(self._data) from None
        if response.status == 503:
            raise Retry(content.decode())
        if response.status == 400:
            raise Reject(content.decode())
        if response.status != 200:
            raise Broken(f"the tracker on {self._data} answered {response.status} to {path}")
        return content, response.headers
