"""The rights that docs/clickhouse.md gives its users are enough, and no more than that."""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest

from tests.docs.restricted import restrict

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "clickhouse.md").read_text()


def run(folder: Path, mode: str, statements: Sequence[str] = ()) -> list[str]:
    """What the program says."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.docs.restricted", folder, mode],
        input=json.dumps(statements),
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return cast(list[str], json.loads(done.stdout.splitlines()[-1]))


def grants(user: str) -> list[str]:
    """What the page grants a user."""
    return re.findall(rf"^GRANT (.*) TO {user};$", PAGE, re.MULTILINE)


def profile() -> dict[str, tuple[str, str]]:
    """The settings of readers, each with its value and the greatest it may be set to."""
    text = re.findall(r"CREATE SETTINGS PROFILE IF NOT EXISTS readers SETTINGS\n(.*?);", PAGE, re.DOTALL)[0]
    found = re.findall(r"(\w+) = '?(\w+)'?(?: MAX (\d+))?", text)
    return {name: (value, most) for name, value, most in found}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An engine's folder, with databases `web` and `other`."""
    pytest.importorskip("chdb", reason="chDB is not installed")
    place = tmp_path_factory.mktemp("rights")
    run(place, "prepare")
    return place


def test_tracker_can_do_its_work(folder: Path) -> None:
    """Tables, views, rows, the search for a bad row, new columns, a replaced view, a question: nothing is refused."""
    restrict(folder, grants("tracker"), {})
    assert run(folder, "tracker") == ["10"]


def test_tracker_can_do_no_more(folder: Path) -> None:
    """It cannot drop a table with rows, nor reach beyond its database."""
    restrict(folder, grants("tracker"), {})
    statements = [
        "DROP TABLE web.daily_traffic",
        "SELECT * FROM other.secrets",
        "SELECT * FROM file('x', 'LineAsString')",
    ]
    assert run(folder, "ask", statements) == ["ACCESS_DENIED"] * 3


def test_readers_can_read(folder: Path) -> None:
    """Tables and their columns, with settings of their own within the limits."""
    restrict(folder, grants("bi"), profile())
    statements = [
        "SELECT count() FROM web.daily_traffic",
        "SELECT name FROM system.columns WHERE database = 'web' AND table = 'daily_traffic'",
        "SET max_execution_time = 90, output_format_arrow_string_as_string = 1, join_use_nulls = 1",
        "SELECT timezone()",
    ]
    assert run(folder, "ask", statements) == ["0", '"sessions"', "", '"UTC"']


def test_readers_can_do_no_more(folder: Path) -> None:
    """They write nothing, reach nothing else, and cannot lift their limits."""
    restrict(folder, grants("bi"), profile())
    said = {
        "INSERT INTO web.daily_traffic VALUES (1)": "ACCESS_DENIED",
        "DROP TABLE web.daily_traffic": "ACCESS_DENIED",
        "SELECT * FROM other.secrets": "ACCESS_DENIED",
        "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a Int64')": "ACCESS_DENIED",
        "SET readonly = 0": "READONLY",
        **{
            f"SET {name} = {int(most) + 1}": "SETTING_CONSTRAINT_VIOLATION"
            for name, (_, most) in profile().items()
            if most
        },
    }
    assert len(said) == 9
    assert dict(zip(said, run(folder, "ask", list(said)), strict=True)) == said
