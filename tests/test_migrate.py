"""The real program and its warehouses: what a newer release would change beside it, and what others change under it."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen
from uuid import uuid4

import pytest

from tests.endtoend.program import Program
from tests.warehouse.chdb_server import ChdbServer

pytestmark = pytest.mark.slow

PLAN_COLUMN = '''
"""Which plan a customer has."""
from tracker.columns import Int64, String, param

params_plan = param("ep.plan", type=String, stored=True, doc="Plan of the customer.")
'''
HIT = "/g/collect?v=2&tid=G-1&cid={client}.2&en=page_view&dl=https%3A%2F%2Fa.test%2F&dt={title}&_p=1&_s=1"


@pytest.fixture
def database(clickhouse: ChdbServer) -> Iterator[str]:
    """A database of this test's own."""
    name = f"test_{uuid4().hex}"
    yield name
    clickhouse.paste(f"DROP DATABASE IF EXISTS {name};\n")


@pytest.fixture
def program(tmp_path: Path, clickhouse: ChdbServer, database: str) -> Iterator[Program]:
    """A tracker with two sinks that has written one event."""
    copy = "WAREHOUSE__SINKS__COPY__"
    program = Program(
        tmp_path,
        **{"WAREHOUSE__SINKS__MAIN__DRIVER": "duckdb", f"{copy}DRIVER": "clickhouse"},
        **{f"{copy}PORT": str(clickhouse.port), f"{copy}DATABASE": database},
    )
    program.start()
    try:
        program.wait_until_ready()
        send(program, "one")
        program.wait_for(lambda: program.keys() == ["one"], "the first event")
        yield program
    finally:
        program.close()


def send(program: Program, title: str) -> None:
    """One page view of a visitor who comes only once."""
    address = f"http://127.0.0.1:{program.port}{HIT.format(client=title, title=title)}"
    with urlopen(address, timeout=10) as answer:
        assert answer.status < 300


def migrate(program: Program, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """The command, with the program's settings and the newer release's plugins."""
    return subprocess.run(
        [sys.executable, "-m", "tracker", "migrate", *arguments, "--data", str(program.data)],
        capture_output=True,
        text=True,
        env=program.environment(PLUGINS_DIR=str(folder)),
        check=False,
    )


def test_beside_a_running_tracker(program: Program, tmp_path: Path) -> None:
    """A newer release is asked while the older one runs; it may change ClickHouse, and says who holds the file."""
    newer = tmp_path / "newer"
    newer.mkdir()
    as_it_is = migrate(program, newer, "--status")
    assert (as_it_is.returncode, as_it_is.stderr) == (0, "")
    (newer / "customers.py").write_text(PLAN_COLUMN)
    plan = migrate(program, newer, "--plan")
    assert 'ALTER TABLE "events" ADD COLUMN IF NOT EXISTS "params_plan" VARCHAR;' in plan.stdout
    assert "ADD COLUMN IF NOT EXISTS `params_plan` Nullable(String)" in plan.stdout
    status = migrate(program, newer, "--status", "--sink", "main")
    assert "lacks 1 column: params_plan" in status.stdout
    assert "plan 1 of log" in status.stdout
    held = migrate(program, newer, "--apply", "--phase", "pre")
    assert held.returncode == 1
    assert f"(PID {program.pid('worker')})" in held.stderr
    assert "Where that is the tracker, stop it" in held.stderr
    assert "sink copy: widen table events by params_plan" in held.stdout
    send(program, "two")
    program.wait_for(lambda: sorted(program.keys()) == ["one", "two"], "the second event")
    program.wait_for(program.is_idle, "both sinks to have it")
    program.stop()
    assert migrate(program, newer, "--apply").returncode == 0
    assert migrate(program, newer, "--status").returncode == 0
    program.start()
    program.wait_until_ready()
    send(program, "three")
    program.wait_for(lambda: len(program.keys()) == 3, "the older release to write again")


def test_changed_by_hand_under_a_running_tracker(
    program: Program, clickhouse: ChdbServer, database: str, tmp_path: Path
) -> None:
    """The sink whose table somebody changed stops, in words; the other goes on, and the status says what differs."""
    clickhouse.paste(f"ALTER TABLE {database}.events MODIFY COLUMN page_title Nullable(Int64);\n")
    send(program, "two")
    program.wait_for(lambda: "column page_title is int64" in program.health(), "the sink to say what is wrong")
    send(program, "three")
    program.wait_for(lambda: sorted(program.keys()) == ["one", "three", "two"], "the other sink to go on")
    status = migrate(program, tmp_path, "--status")
    assert status.returncode == 1
    assert "differs: column page_title is int64 in the warehouse and string here" in " ".join(status.stdout.split())
    plan = migrate(program, tmp_path, "--plan", "--sink", "copy")
    assert plan.returncode == 1
    assert f"-- ALTER TABLE `{database}`.`events` RENAME COLUMN `page_title` TO `page_title_old`;" in plan.stdout
