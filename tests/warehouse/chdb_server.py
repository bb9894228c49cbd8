"""A ClickHouse server for tests: its HTTP interface in front of the engine that runs in this process (chDB).

It speaks what the driver's client uses, and has faults to arm: a statement that matches gets the next one armed for it.
"""

import gzip
import json
import re
import socket
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

NO_SETTINGS = frozenset(
    {
        "query", "database", "user", "password", "quota_key", "query_id", "session_id", "session_timeout",
        "session_check", "role", "stacktrace", "default_format", "compress", "decompress", "buffer_size",
        "wait_end_of_query", "client_protocol_version", "enable_http_compression", "send_progress_in_http_headers",
        "http_headers_progress_interval_ms", "cancel_http_readonly_queries_on_client_close",
    }
)  # fmt: skip
"""Parameters of a request that are the HTTP interface's own; all others are settings of the statement."""
_INSERT = re.compile(rb"\s*INSERT\s.*?\sFORMAT\s+(\w+)[ \t]*(?:\n|$)", re.IGNORECASE | re.DOTALL)
_FORMAT = re.compile(r"\sFORMAT\s+(\w+)\s*$", re.IGNORECASE)
_CODE = re.compile(r"Code: (\d+)")

Kind = Literal["cut_before", "cut_after", "half", "fail_before", "fail_after", "late", "well"]
"""Close the connection before or after the statement is done; send half of the answer; answer an error before or after
it is done; do it, and answer, only when `ChdbServer.release` is called; answer well.
"""


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to the next statement that `pattern` is found in."""

    kind: Kind
    pattern: str
    code: int
    message: str
    status: int
    meanwhile: Callable[[], object]


@dataclass(slots=True)
class Answer:
    """What the engine answered."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def refusal(code: int, message: str, status: int = 500) -> Answer:
    """An exception, as ClickHouse answers it."""
    body = f"Code: {code}. DB::Exception: {message} (version 26.9.2.1)\n".encode()
    return Answer(status, body, {"X-ClickHouse-Exception-Code": str(code)} if code else {})


class ChdbServer:
    """Answers on a free port of 127.0.0.1 until closed.

    `statements` are those it was sent, settings included; `profile` is what holds where they say nothing.
    """

    def __init__(self, folder: Path) -> None:
        """`folder` is a driver's data folder: a process has one engine, with files in one place."""
        import chdb

        path = (folder / "clickhouse").resolve()
        path.mkdir(parents=True, exist_ok=True)
        self._connect = partial(chdb.connect, str(path))
        self._keeps_engine = self._connect()
        self.statements: list[tuple[str, Mapping[str, str]]] = []
        self.longest_address = 0
        self.profile: dict[str, str] = {}
        self.settled = threading.Condition()
        self._late = 0
        self._faults: list[Fault] = []
        self._released = threading.Event()
        self._engine = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._http: ThreadingHTTPServer | None = None
        self.port = 0
        self.come_back()

    def arm(
        self,
        kind: Kind,
        pattern: str,
        times: int = 1,
        *,
        code: int = 0,
        message: str = "",
        status: int = 500,
        meanwhile: Callable[[], object] = lambda: None,
    ) -> None:
        """Let the next `times` statements that `pattern` (a regular expression) is found in meet a fault.

        `meanwhile` is done before.
        """
        self._faults += [Fault(kind, pattern, code, message, status, meanwhile)] * times

    def disarm(self) -> None:
        """As new: nothing armed, nobody waits, nothing recorded."""
        self._faults.clear()
        self.release()
        self._released.clear()
        self.statements.clear()
        self.profile.clear()
        if self._http is None:
            self.come_back()

    def release(self) -> None:
        """Do what was held as `late`; returns when it is done."""
        self._released.set()
        with self.settled:
            self.settled.wait_for(lambda: not self._late, timeout=20)

    def go_away(self) -> None:
        """Refuse connections, and cut those that are open."""
        server, self._http = self._http, None
        if server is not None:
            server.shutdown()
            server.server_close()
        for each in list(self._sockets):
            _shut(each)

    def come_back(self) -> None:
        """Answer again, at the same port."""
        self._http = ThreadingHTTPServer(("127.0.0.1", self.port), self._handler())
        self.port = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def paste(self, text: str) -> None:
        """Run statements one after the other, as a client does into which they are pasted."""
        with self._engine:
            connection = self._connect()
            try:
                for statement in text.split(";\n"):
                    if any(line and not line.startswith("--") for line in statement.splitlines()):
                        connection.query(statement)
            finally:
                connection.query("USE default")
                connection.close()

    def close(self) -> None:
        """Stop answering."""
        self.go_away()
        self._keeps_engine.close()

    def answer(self, parameters: Mapping[str, str], body: bytes) -> Answer | None:
        """What to answer; None to cut the connection."""
        statement, data = _statement(parameters.get("query", ""), body)
        settings = {name: value for name, value in parameters.items() if _is_setting(name)}
        self.statements.append((statement, settings))

        def run() -> Answer:
            return self._run(statement, data, parameters, settings)

        fault = next((one for one in self._faults if re.search(one.pattern, statement)), None)
        if fault is None:
            return run()
        self._faults.remove(fault)
        return self._faulty(fault, run)

    def _faulty(self, fault: Fault, run: Callable[[], Answer]) -> Answer | None:
        fault.meanwhile()
        if fault.kind == "late":
            with self.settled:
                self._late += 1
            self._released.wait()
        answer = run() if fault.kind not in ("cut_before", "fail_before") else Answer()
        if fault.kind == "late":
            with self.settled:
                self._late -= 1
                self.settled.notify_all()
        if fault.kind in ("cut_before", "cut_after"):
            return None
        if fault.kind == "half":
            return Answer(200, answer.body, {**answer.headers, "X-Half": "1"})
        return refusal(fault.code, fault.message, fault.status) if fault.kind.startswith("fail") else answer

    def _run(self, statement: str, data: bytes, parameters: Mapping[str, str], settings: Mapping[str, str]) -> Answer:
        named = {name.removeprefix("param_"): value for name, value in parameters.items() if name.startswith("param_")}
        chosen = _FORMAT.search(statement)
        with self._engine, _with_data(statement, data) as sql:
            connection = self._connect()
            try:
                if parameters.get("database"):
                    connection.query(f"USE `{parameters['database']}`")
                if chosen_settings := {**self.profile, **settings}:
                    sets = (f"{name} = {_literal(value)}" for name, value in chosen_settings.items())
                    connection.query(f"SET {', '.join(sets)}")
                found = connection.query(sql, "TabSeparated", params=named)
                written = str(found.rows_read()) if data else "0"
                kind = chosen.group(1) if chosen else "TabSeparated"
                return Answer(200, found.bytes() or b"", _headers(kind, written))
            except Exception as error:
                code = _CODE.search(str(error))
                return Answer(
                    500, str(error).encode(), {"X-ClickHouse-Exception-Code": code.group(1) if code else "1002"}
                )
            finally:
                connection.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            """One connection."""

            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                """Note the connection, so that it can be cut."""
                super().setup()
                server._sockets.add(self.connection)

            def finish(self) -> None:
                """Forget it."""
                server._sockets.discard(self.connection)
                super().finish()

            def handle(self) -> None:
                """A client that hangs up is no news."""
                try:
                    super().handle()
                except OSError:
                    self.close_connection = True

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

            def do_GET(self) -> None:
                """A statement in the address."""
                self._respond(b"")

            def do_POST(self) -> None:
                """A statement, or its data, in the body."""
                self._respond(self._body())

            def _body(self) -> bytes:
                if self.headers.get("Transfer-Encoding") == "chunked":
                    body = b"".join(iter(self._chunk, b""))
                else:
                    body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                return _decompressed(body, self.headers.get("Content-Encoding", ""))

            def _chunk(self) -> bytes:
                size = int(self.rfile.readline().split(b";")[0], 16)
                chunk = self.rfile.read(size)
                self.rfile.readline()
                return chunk

            def _respond(self, body: bytes) -> None:
                server.longest_address = max(server.longest_address, len(self.path))
                parameters = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
                answer = server.answer(parameters, body)
                if answer is None:
                    self.close_connection = True
                    _shut(self.connection)
                    return
                sent, headers = answer.body, dict(answer.headers)
                if parameters.get("enable_http_compression") == "1" and "gzip" in self.headers["Accept-Encoding"]:
                    sent, headers["Content-Encoding"] = gzip.compress(sent, 1), "gzip"
                is_half = headers.pop("X-Half", "")
                self.send_response(answer.status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent[: len(sent) // 2] if is_half else sent)
                self.close_connection = self.close_connection or bool(is_half)

        return Handler


def _is_setting(name: str) -> bool:
    return name not in NO_SETTINGS and not name.startswith("param_")


def _statement(query: str, body: bytes) -> tuple[str, bytes]:
    """SQL and the data behind it. The address's part comes first, as ClickHouse has it."""
    whole = query.encode() + b"\n" + body if query else body
    insert = _INSERT.match(whole)
    if insert is None:
        return whole.decode().strip(), b""
    return whole[: insert.end()].decode().strip(), whole[insert.end() :]


@contextmanager
def _with_data(statement: str, data: bytes) -> Iterator[str]:
    """The statement as the engine takes it: an insert's data stand in a file."""
    chosen = _FORMAT.search(statement)
    if chosen is None or not data:
        yield statement
        return
    with tempfile.NamedTemporaryFile(suffix=".insert") as file:
        file.write(data)
        file.flush()
        yield f"{statement[: chosen.start()]} FROM INFILE '{file.name}' FORMAT {chosen.group(1)}"


def _headers(kind: str, written: str) -> dict[str, str]:
    summary = json.dumps({"written_rows": written})
    return {"X-ClickHouse-Format": kind, "X-ClickHouse-Timezone": "UTC", "X-ClickHouse-Summary": summary}


def _literal(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _decompressed(body: bytes, encoding: str) -> bytes:
    if encoding in ("gzip", "deflate"):
        return gzip.decompress(body) if encoding == "gzip" else zlib.decompress(body)
    assert encoding in ("", "identity"), f"this server does not know {encoding}"
    return body


def _shut(connection: socket.socket) -> None:
    """Cut a connection."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
