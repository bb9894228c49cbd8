"""The driver contract finds what is wrong: drivers with one planted defect each fail just the tests that are for it."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.contracts.broken import Modest
from tests.contracts.planted import DEFECTS, GAPS, Planted
from tests.plugins.sqlite import SQLiteSettings
from tracker.testing.drivers.base import Declared
from tracker.warehouse.driver import Driver

ROOT = Path(__file__).resolve().parents[2]
PLANTED = Path("tests/contracts/planted.py")


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bool]:
    """Whether each test that is for a defect fails with it; for `none`, whether any of these fails without."""
    wanted = {f"TestDefects::{node(test, name)}" for name, defect in DEFECTS.items() for test in defect.found_by}
    wanted |= {f"TestDefects::{node(test, 'none')}" for defect in DEFECTS.values() for test in defect.found_by}
    wanted |= {f"TestGaps::{node(test, gap)}" for gap, test in GAPS.items()}
    report = tmp_path_factory.mktemp("planted") / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}"]
    done = subprocess.run(
        [*command, *(f"{PLANTED}::{name}" for name in sorted(wanted))],
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return {
        f"{case.attrib['classname'].rsplit('.')[-1]}::{case.attrib['name']}": case.find("failure") is not None
        for case in ElementTree.parse(report).iter("testcase")
    }


def node(test: str, driver: str) -> str:
    """How pytest calls a test of this driver."""
    name, _, parameter = test.rstrip("]").partition("[")
    return f"{name}[{driver}-{parameter}]" if parameter else f"{name}[{driver}]"


@pytest.mark.parametrize("name", DEFECTS)
def test_found(failed: Mapping[str, bool], name: str) -> None:
    """Every test that is for this defect fails."""
    found_by = DEFECTS[name].found_by
    assert {test: failed[f"TestDefects::{node(test, name)}"] for test in found_by} == dict.fromkeys(found_by, True)


class TestModest(Planted):
    """A driver may do without some things, if its tests say so, and passes."""

    keeps_cursor = False
    checks_rows = False
    takes_sql = False

    @pytest.fixture
    def make_driver(self, tmp_path: Path) -> Callable[[], Driver]:
        """A driver on a file of this test's own."""
        return lambda: Modest(SQLiteSettings(), tmp_path)

    def run(self, driver: Driver, sql: str) -> None:
        """Nobody else gets at the file."""
        raise NotImplementedError


def test_every_gap_is_planted() -> None:
    """Whatever a driver may declare to do without is declared falsely here, and stands in the documentation."""
    declared = {name for name, value in vars(Declared).items() if value is True}
    assert declared | {"writes_at_once"} == set(GAPS)
    page = (ROOT / "docs" / "writing-a-driver.md").read_text()
    assert [name for name in GAPS if f"`{name}`" not in page] == []


def test_none(failed: Mapping[str, bool]) -> None:
    """None of these tests fails without a defect."""
    without = {name: result for name, result in failed.items() if "[none" in name}
    assert without
    assert [name for name, result in without.items() if result] == []


@pytest.mark.parametrize("gap", GAPS)
def test_false_gap(failed: Mapping[str, bool], gap: str) -> None:
    """A driver that declares to do without what it has fails."""
    assert failed[f"TestGaps::{node(GAPS[gap], gap)}"]
