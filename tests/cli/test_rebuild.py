"""`tracker rebuild`: an emptied warehouse is what it was, table by table and value by value."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from uuid import uuid4

import duckdb
import pytest
import structlog

from tests.cli.past import Past, different
from tracker import app
from tracker.cli import main
from tracker.warehouse.clickhouse import ClickHouse
from tracker.warehouse.writer import Writer
from tracker.worker.archive import Archive
from tracker.worker.control import ControlServer, socket_path
from tracker.worker.rebuild import Rebuild, Step

ROUNDS = 5


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Past:
    """Five rounds, nearly all of them trimmed. Only for reading: tests change a copy."""
    made = Past(tmp_path_factory.mktemp("past")).configure()
    made.live(range(ROUNDS))
    return made


@pytest.fixture(autouse=True)
def own_logs() -> Iterator[None]:
    """What a command says about logs ends with it."""
    yield
    structlog.reset_defaults()


def run(past: Past, *arguments: str) -> int:
    """`tracker rebuild`; returns its exit code."""
    with pytest.raises(SystemExit) as ended:
        main(["rebuild", "--data", str(past.data), "--config", str(past.config), *arguments])
    return int(ended.value.code or 0)


def lose(past: Past) -> None:
    """Somebody deleted the file."""
    for path in past.data.glob("tracker.duckdb*"):
        path.unlink()


def test_the_past_has_everything(past: Past) -> None:
    """Otherwise the other tests would say little: hits of every end, carried ones, and many segments."""
    tables = past.tables()
    ends = set(tables["tracker_ledger"]["outcome"].to_pylist())
    assert ends == {"written", "duplicate", "filtered", "dead"}
    assert {name for name, table in tables.items() if not table.num_rows} == set()
    archive = Archive(past.data / "archive")
    with app.opened_log(past.settings) as log:
        for partition in (0, 1):
            segments, begins = archive.segments(partition), log.read(partition, 0, 1)[0][0]
            assert len(segments) >= 3
            assert len(archive.segments(partition, "plans")) >= 3
            assert any(hit.offset < begins for hit in log.carried(partition))
            logged = {plan.n for plan in log.plans(partition, 1)}
            assert logged < {*range(1, log.totals(partition).plans + 1)}
            spread = [plan.offsets() for plan in archive.plans(partition)]
            assert any(o[0] <= segments[0].last and o[-1] > segments[0].last for o in spread)


def test_a_lost_warehouse_is_built_again(past: Past, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All tables of both layouts are equal."""
    mine = past.copy(tmp_path)
    before = mine.tables()
    lose(mine)
    assert run(mine) == 0
    told = capsys.readouterr().out
    assert list(different(before, mine.tables())) == []
    assert [word in told for word in ("lacks", "archive", " rows in ", "Start the tracker")] == [True] * 4


@pytest.mark.slow
def test_the_tracker_goes_on_with_what_was_built(past: Past, tmp_path: Path) -> None:
    """New traffic comes to the same as where nothing was lost."""
    mine, straight = past.copy(tmp_path), past.copy(tmp_path / "straight")
    lose(mine)
    assert run(mine) == 0
    for one in (mine, straight):
        one.live(range(ROUNDS, ROUNDS + 2))
    assert list(different(straight.tables(), mine.tables())) == []


def test_what_is_complete_is_left_alone(past: Past, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And that is no failure."""
    mine = past.copy(tmp_path)
    assert run(mine) == 0
    assert "nothing to do" in capsys.readouterr().out


@pytest.mark.slow
def test_an_old_copy_gets_the_rest(past: Past, tmp_path: Path) -> None:
    """A file of a backup, whose next plans have left the log."""
    old = Past(tmp_path / "old")
    old.folder.mkdir()
    old.configure().live(range(3))
    shutil.copytree(old.data, tmp_path / "new" / "data")
    new = Past(tmp_path / "new").configure()
    new.live(range(3, ROUNDS))
    before = new.tables()
    lose(new)
    shutil.copy(old.data / "tracker.duckdb", new.data)
    assert run(new) == 0
    assert list(different(before, new.tables())) == []


@pytest.mark.slow
def test_it_goes_on_after_it_was_killed(past: Past, tmp_path: Path) -> None:
    """Before a commit and after one; nothing is doubled."""
    mine = past.copy(tmp_path)
    before = mine.tables()
    lose(mine)
    command = [sys.executable, "-m", "tracker", "rebuild", "--data", str(mine.data), "--config", str(mine.config)]
    codes = [
        subprocess.run(command, env={**os.environ, "KILL_AT": at}, capture_output=True, check=False).returncode
        for at in ("before_write:3", "after_write:2", "none")
    ]
    assert codes == [-signal.SIGKILL, -signal.SIGKILL, 0]
    assert list(different(before, mine.tables())) == []


def test_it_can_be_stopped(
    past: Past, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C ends it between two plans, and it says how to go on."""
    mine, whole = past.copy(tmp_path), Rebuild.run

    def interrupted(self: Rebuild, stop: threading.Event, told: Callable[[Step], None]) -> None:
        def and_enough(step: Step) -> None:
            told(step)
            if step.plan == 3:
                signal.raise_signal(signal.SIGINT)

        whole(self, stop, and_enough)

    lose(mine)
    with monkeypatch.context() as patched:
        patched.setattr(Rebuild, "run", interrupted)
        assert run(mine) == 1
    assert "The same command goes on from here." in capsys.readouterr().out
    cursors = mine.tables()["tracker_cursor"].select(["partition", "plan"]).to_pylist()
    assert cursors == [{"partition": 0, "plan": 3}]


def test_it_can_be_stopped_while_tables_are_made(
    past: Past, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A Ctrl-C before the first plan is kept until then: no table is left half made, and nothing is shown but words."""
    mine, whole = past.copy(tmp_path), Writer.prepare

    def interrupted(self: Writer) -> None:
        signal.raise_signal(signal.SIGINT)
        whole(self)

    lose(mine)
    monkeypatch.setattr(Writer, "prepare", interrupted)
    assert run(mine) == 1
    assert "Stopped before the end. The same command goes on from here." in capsys.readouterr().out
    assert mine.tables()["tracker_cursor"].num_rows == 0


def test_without_the_archive_it_names_what_is_missing(
    past: Past, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rather than leave a hole."""
    mine = past.copy(tmp_path)
    lose(mine)
    shutil.rmtree(mine.data / "archive")
    assert run(mine) == 1
    assert "plan 1 of partition 0 is neither in the log nor in the archive" in capsys.readouterr().err


def test_a_damaged_segment_is_named(past: Past, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file to put back from a backup; what was written before it stays."""
    mine = past.copy(tmp_path)
    lose(mine)
    path = Archive(mine.data / "archive").segments(0)[1].path
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    assert run(mine) == 1
    assert path.name in capsys.readouterr().err


def test_one_of_several_sinks_must_be_named(past: Past, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The error lists them."""
    sinks = '[warehouse.sinks.main]\n[warehouse.sinks.other]\npath = "other.duckdb"\n'
    mine = past.copy(tmp_path, sinks)
    assert run(mine) == 1
    assert "there are 2 sinks, say which with --sink: main, other" in capsys.readouterr().err
    assert run(mine, "--sink", "othr") == 1
    assert "did you mean 'other'" in capsys.readouterr().err


def test_another_file_is_built_beside(past: Past, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The sink's own is left alone while somebody has it; whoever tries to write it is told of both."""
    mine, file = past.copy(tmp_path), tmp_path / "new.duckdb"
    before = mine.tables()
    hold = "import sys, duckdb; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read(1)"
    command = [sys.executable, "-c", hold, str(mine.data / "tracker.duckdb")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert run(mine) == 1
        told = capsys.readouterr().err
        assert run(mine, "--file", str(file)) == 0
        holder.communicate(b"\n")
    assert [word in told for word in (f"PID {holder.pid}", "tracker rebuild --sink main --file NEW.duckdb")] == [
        True
    ] * 2
    assert "once more for what came since, put the file in the place" in capsys.readouterr().out
    assert list(different(before, mine.tables(file=file))) == []


def test_rows_of_another_log_are_refused(past: Past, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is mixed."""
    mine = past.copy(tmp_path)
    with duckdb.connect(str(mine.data / "tracker.duckdb")) as file:
        file.execute("UPDATE tracker_cursor SET log_id = 'another'")
    assert run(mine) == 1
    assert "holds rows of another log" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("meddling", "told"),
    [
        ("DELETE FROM events", "were written, and there are"),
        ("TRUNCATE tracker_ledger", "and its ledger counts 0"),
        ("TRUNCATE tracker_cursor", "and its ledger knows plan"),
        ("DELETE FROM tracker_cursor WHERE partition = 1; TRUNCATE tracker_ledger", "its ledger counts 0"),
    ],
)
def test_tables_emptied_in_part_are_refused(
    past: Past, tmp_path: Path, capsys: pytest.CaptureFixture[str], meddling: str, told: str
) -> None:
    """By the cursor alone they would be called complete, or be written twice."""
    mine = past.copy(tmp_path)
    with duckdb.connect(str(mine.data / "tracker.duckdb")) as file:
        file.execute(meddling)
    assert run(mine) == 1
    error = capsys.readouterr().err
    assert [word in error for word in (told, "remove all of them")] == [True] * 2


@pytest.mark.parametrize(("state", "refused"), [("running", True), ("starting", True), ("stopped", False)])
def test_a_warehouse_that_the_tracker_writes_is_left_to_it(
    past: Past, tmp_path: Path, capsys: pytest.CaptureFixture[str], state: str, refused: bool
) -> None:
    """ClickHouse would take two writers; one whose sink has stopped may be built while the tracker runs."""
    mine = past.copy(tmp_path, '[warehouse.sinks.click]\ndriver = "clickhouse"\nport = 1\nconnect_timeout = 1\n')
    health = {"sinks": [{"sink": "click", "state": state}]}
    server = ControlServer(socket_path(mine.data), None, lambda: health, bytes, list)  # type: ignore[arg-type]
    server.start()
    try:
        assert run(mine) == 1
    finally:
        server.stop()
    told = capsys.readouterr().err
    assert ("writes into sink 'click' itself" in told, "127.0.0.1:1" in told) == (refused, not refused)


@pytest.fixture
def clickhouse(chdb_folder: Path) -> str:
    """Settings of a sink in a database of its own, beside a DuckDB file."""
    where = f'interface = "chdb"\npath = "{chdb_folder / "clickhouse"}"\ndatabase = "test_{uuid4().hex}"'
    return f'[warehouse.sinks.main]\n[warehouse.sinks.click]\ndriver = "clickhouse"\n{where}\n'


@pytest.mark.slow
def test_a_clickhouse_is_built_again(tmp_path: Path, clickhouse: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Added later, its database dropped, or its tables emptied: each time it holds the same."""
    mine = Past(tmp_path).configure(clickhouse)
    mine.live(range(ROUNDS))
    before = mine.tables("click")
    for statements in (["DROP DATABASE {0}"], [f"TRUNCATE TABLE {{0}}.{table}" for table in before]):
        ask(mine, statements)
        assert run(mine, "--sink", "click") == 0, capsys.readouterr().err
        assert list(different(before, mine.tables("click"))) == []
    assert run(mine, "--sink", "click", "--file", "new.duckdb") == 1
    assert "--file is for DuckDB" in capsys.readouterr().err


def ask(past: Past, statements: Sequence[str]) -> None:
    """Do something to the database of the ClickHouse sink."""
    settings = past.settings
    driver = app.driver(settings, app.registry(settings), "click", settings.warehouse.sinks["click"])
    assert isinstance(driver, ClickHouse)
    driver.open()
    for statement in statements:
        driver._opened().command(statement.format(driver.settings.database))
    driver.close()
