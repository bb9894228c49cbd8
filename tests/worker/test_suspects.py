"""Hits that end the program are not looked at a third time."""

import subprocess
import sys
from pathlib import Path

import pytest

from tracker.worker.suspects import Suspects

DYING = """
import os, sys
from pathlib import Path
from tracker.worker.suspects import Suspects
with Suspects(Path(sys.argv[1]), "log").trying({0: int(sys.argv[2])}):
    os._exit(9)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file is."""
    return tmp_path / "live_events.json"


def die(path: Path, *ends: int) -> None:
    """Processes that end while they look at hits before `ends`."""
    for end in ends:
        assert subprocess.run([sys.executable, "-c", DYING, str(path), str(end)], check=False).returncode == 9


def test_one_death_may_be_anybodys_doing(path: Path) -> None:
    """After one death nothing is left alone."""
    die(path, 5)
    assert Suspects(path, "log").before(0) == 0


def test_two_deaths(path: Path) -> None:
    """After two deaths in a row what was looked at is left alone, in its own partition."""
    die(path, 5, 7)
    assert [Suspects(path, "log").before(partition) for partition in (0, 1)] == [7, 0]


def test_a_good_end_between(path: Path) -> None:
    """A look that ends well, or with an exception, makes the deaths before it forgotten."""
    die(path, 5)
    with pytest.raises(KeyError), Suspects(path, "log").trying({0: 6}):
        raise KeyError
    assert not path.exists()
    die(path, 8)
    assert Suspects(path, "log").before(0) == 0


def test_what_is_left_alone_stays_so(path: Path) -> None:
    """Later looks, at other hits, do not forget it; more deaths add to it."""
    die(path, 5, 5)
    with Suspects(path, "log").trying({0: 9}):
        pass
    assert Suspects(path, "log").before(0) == 5
    die(path, 9, 9)
    assert Suspects(path, "log").before(0) == 9


def test_another_log(path: Path) -> None:
    """Offsets of another log mean nothing here."""
    die(path, 5, 5)
    assert Suspects(path, "another").before(0) == 0
    assert Suspects(path, "log").before(0) == 5


def test_a_file_that_is_no_file_of_ours(path: Path) -> None:
    """What cannot be read is as if it were not there."""
    path.write_text("{")
    assert Suspects(path, "log").before(0) == 0
