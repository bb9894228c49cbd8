"""The command line as a whole: help, errors and exit codes."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from tracker import __version__
from tracker.cli import app, main

COMMANDS = [name for name in typer.main.get_group(app).commands if name != "child"]


def run(*arguments: str) -> int:
    """Run a command in this process; returns its exit code."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(ended.value.code or 0)


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings file and no data folder lie about."""
    monkeypatch.chdir(tmp_path)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """`tracker --version` names the release."""
    assert (run("--version"), capsys.readouterr().out) == (0, f"tracker {__version__}\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody has to guess how a command is written."""
    assert (run(command, "--help"), f"Example: tracker {command}" in capsys.readouterr().out) == (0, True)


def test_children_are_not_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    """The command that supervised processes run is not listed."""
    run("--help")
    assert "child" not in capsys.readouterr().out


def test_an_error_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """What this program raises on purpose is shown without a traceback, with exit code 1."""
    code = run("sql", "SELECT 1", "--data", "nowhere")
    told = capsys.readouterr().err
    assert (code, told) == (
        1,
        "tracker: no tracker is running and there is no nowhere/tracker.duckdb yet: start one with `tracker serve`\n",
    )


def test_every_problem_of_the_settings_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Not only the first."""
    Path("tracker.toml").write_text("prot = 1\n[receiver]\nport = -1")
    code = run("check")
    assert (code, capsys.readouterr().err.count("tracker.toml line")) == (1, 2)


@pytest.mark.parametrize(
    "arguments", [["serv"], ["snippet"], ["tail", "--last", "soon"], ["sql", "x", "--format", "xml"]]
)
def test_wrong_usage_is_exit_code_2(arguments: list[str]) -> None:
    """As with other programs."""
    assert run(*arguments) == 2


def test_the_package_can_be_run() -> None:
    """`python -m tracker` is `tracker`."""
    found = subprocess.run([sys.executable, "-m", "tracker", "--version"], capture_output=True, text=True, check=True)
    assert found.stdout == f"tracker {__version__}\n"
