"""Other processes of the machine ask the worker through its local socket."""

import asyncio
import socket
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tracker.errors import Reject, Retry
from tracker.worker.control import ControlClient, ControlServer, NobodyThere, SocketTaken, socket_path


@dataclass(frozen=True, slots=True)
class Rows:
    """An answer."""

    table: pa.Table
    truncated: bool
    note: str = ""


def answer(sql: str, sink: str | None = None) -> Rows:
    """Answers every question with itself, or with the sink that it is for."""
    if sink is not None:
        return Rows(pa.table({"sink": [sink]}), truncated=False)
    if sql == "refuse":
        raise Reject("only SELECT is answered")
    if sql == "fall over":
        raise ValueError("no such table")
    if sql == "later":
        raise Retry("the file is still being opened")
    rows = pa.table({"sql": [sql], "at": pa.array([0], pa.timestamp("us", "UTC"))})
    return Rows(rows, truncated=sql == "much", note="5 % are left out:\nläter" if sql == "live" else "")


def serve(data: Path, health: Any = lambda: {"ok": True}) -> ControlServer:
    return ControlServer(socket_path(data), answer, health, lambda: b"tracker_hits 1\n", lambda: [data / "a.parquet"])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ControlServer]:
    """A server that answers on the data folder `tmp_path`."""
    server = serve(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def client(tmp_path: Path, server: ControlServer) -> ControlClient:
    """A client of `server`."""
    return ControlClient(tmp_path)


def test_sql_comes_back_as_arrow(client: ControlClient) -> None:
    """Rows arrive with their types."""
    assert client.sql("SELECT 'ü'").table.equals(answer("SELECT 'ü'").table)


@pytest.mark.parametrize(("sql", "truncated"), [("much", True), ("little", False)])
def test_a_cut_answer_says_so(client: ControlClient, sql: str, truncated: bool) -> None:
    """The client learns that there were more rows."""
    assert client.sql(sql).truncated is truncated


@pytest.mark.parametrize(("sql", "note"), [("live", "5 % are left out:\nläter"), ("little", "")])
def test_a_note_comes_along(client: ControlClient, sql: str, note: str) -> None:
    """What is to be said of an answer reaches the client, whatever characters it has."""
    assert client.sql(sql).note == note


@pytest.mark.parametrize(("sql", "said"), [("refuse", "only SELECT is answered"), ("fall over", "no such table")])
def test_a_query_that_cannot_be_answered_is_refused(client: ControlClient, sql: str, said: str) -> None:
    """The reason reaches the person who asked."""
    with pytest.raises(Reject, match=said):
        client.sql(sql)


def test_what_may_work_later_says_so(client: ControlClient) -> None:
    """A worker that is not ready yet is no mistake of the asker."""
    with pytest.raises(Retry, match="still being opened"):
        client.sql("later")


@pytest.mark.parametrize("sink", ["main", "", "Übersee 1"])
def test_a_question_says_which_sink_it_is_for(client: ControlClient, sink: str) -> None:
    """The worker that has several learns which."""
    assert client.sql("SELECT 1", sink).table.to_pylist() == [{"sink": sink}]


def test_health(client: ControlClient) -> None:
    """Health is JSON."""
    assert client.health() == {"ok": True}


def test_metrics(client: ControlClient) -> None:
    """Metrics are text."""
    assert client.metrics() == b"tracker_hits 1\n"


async def test_health_inside_an_event_loop(client: ControlClient) -> None:
    """The receiver's admin server asks too, without blocking."""
    assert await client.health_async() == {"ok": True}


async def test_metrics_inside_an_event_loop(client: ControlClient) -> None:
    """As above, for metrics."""
    assert await client.metrics_async() == b"tracker_hits 1\n"


async def test_one_question_does_not_hold_up_another(tmp_path: Path) -> None:
    """While a slow answer is made the next one is given."""
    go_on = threading.Event()
    server = serve(tmp_path, health=lambda: {"waited": go_on.wait(10)})
    server.start()
    try:
        slow = asyncio.create_task(ControlClient(tmp_path).health_async())
        metrics = await ControlClient(tmp_path).metrics_async()
        go_on.set()
        assert (metrics, await slow) == (b"tracker_hits 1\n", {"waited": True})
    finally:
        go_on.set()
        server.stop()


def test_nobody_there(tmp_path: Path) -> None:
    """Without a tracker the sentence names the folder."""
    with pytest.raises(NobodyThere, match=f"no tracker is running on {tmp_path}"):
        ControlClient(tmp_path).health()


def test_nobody_there_any_more(tmp_path: Path) -> None:
    """A socket file that a killed tracker left is nobody."""
    leave_stale_socket(tmp_path)
    with pytest.raises(NobodyThere):
        ControlClient(tmp_path).health()


def leave_stale_socket(data: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(socket_path(data)))


def test_a_stale_socket_is_replaced(tmp_path: Path) -> None:
    """A tracker starts again after a crash without anybody cleaning up."""
    leave_stale_socket(tmp_path)
    server = serve(tmp_path)
    server.start()
    try:
        assert ControlClient(tmp_path).health() == {"ok": True}
    finally:
        server.stop()


def test_a_living_socket_is_not_taken(tmp_path: Path, server: ControlServer) -> None:
    """Two trackers on one folder do not steal each other's questions."""
    with pytest.raises(SocketTaken, match="another tracker answers"):
        serve(tmp_path).start()


def test_only_the_owner_may_ask(server: ControlServer) -> None:
    """The socket is readable and writable by its owner alone."""
    assert stat.S_IMODE(server.path.stat().st_mode) == 0o600


def test_the_socket_goes_with_the_server(tmp_path: Path) -> None:
    """A tracker that ended leaves no socket."""
    server = serve(tmp_path)
    server.start()
    server.stop()
    assert not server.path.exists()


def test_a_long_path_has_a_short_socket(tmp_path: Path) -> None:
    """A deep data folder works too: both ends find the same name."""
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    server = serve(deep)
    server.start()
    try:
        assert (server.path.parent != deep, ControlClient(deep).health()) == (True, {"ok": True})
    finally:
        server.stop()


def test_both_ends_agree_on_relative_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--data data` and its absolute path are one folder."""
    monkeypatch.chdir(tmp_path)
    assert socket_path(Path("data")) == socket_path(tmp_path / "data")


def test_a_snapshot_names_its_files(server: ControlServer, tmp_path: Path) -> None:
    """The client is told what was written."""
    assert ControlClient(tmp_path).snapshot() == [tmp_path / "a.parquet"]
