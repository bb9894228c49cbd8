"""Files are read again when they have changed, and never in the middle of a batch."""

import gc
import os
import weakref
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tracker import app
from tracker.clock import MINUTE
from tracker.columns.batch import Computer
from tracker.columns.rates import Rates
from tracker.config import Settings
from tracker.errors import Problems
from tracker.metrics import new_metrics
from tracker.model import Closed, Plan
from tracker.resources import Resources, openers
from tracker.testing import FakeClock, make_hit
from tracker.testing.hits import NOW
from tracker.worker import codec

NAME = "exchange_rates"


def write(file: Path, euro: str, modified: int = 1) -> None:
    """A table of one day, last modified so many seconds after 1970."""
    file.write_text(f"Date,USD\n2025-10-09,{euro}\n")
    os.utime(file, (modified, modified))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A table in which a euro is 1.25 dollars."""
    write(tmp_path / "rates.csv", "1.25")
    return tmp_path / "rates.csv"


@pytest.fixture
def clock() -> FakeClock:
    """Time stands still."""
    return FakeClock()


@pytest.fixture
def opened(file: Path, clock: FakeClock) -> Resources:
    """What the program would open."""
    return Resources(openers(settings(file)), clock)


def settings(file: Path) -> Settings:
    return Settings.model_validate({"currency": {"rates_file": file}})


def test_the_same_until_something_changes(opened: Resources, clock: FakeClock) -> None:
    """Looking at files that did not change changes nothing."""
    before = opened()
    clock.move(MINUTE)
    assert opened() is before


@pytest.mark.parametrize(("euro", "modified"), [("1.26", 2), ("1.255", 1)])
def test_a_change_is_seen(opened: Resources, clock: FakeClock, file: Path, euro: str, modified: int) -> None:
    """Of time or of size, after a minute; what was handed out before stays as it was."""
    before = opened()
    write(file, euro, modified)
    assert opened() is before
    clock.move(MINUTE)
    after = opened()
    assert [one[NAME].series["EUR"].dollars.tolist() for one in (before, after)] == [[1.25], [float(euro)]]


def test_a_file_that_cannot_be_read_keeps_the_old(opened: Resources, clock: FakeClock, file: Path) -> None:
    """It is told, and tried again every minute."""
    before = opened()
    file.write_text("half a f")
    clock.move(MINUTE)
    assert opened() is before
    assert "rates.csv" in opened.describe()[0]["problem"]
    write(file, "1.3", 3)
    clock.move(MINUTE)
    assert opened()[NAME].series["EUR"].dollars.tolist() == [1.3]
    assert opened.describe()[0]["problem"] == ""


def test_a_file_that_is_gone_keeps_the_old(opened: Resources, clock: FakeClock, file: Path) -> None:
    """Its old version stays in use."""
    before = opened()
    file.unlink()
    clock.move(MINUTE)
    assert opened() is before
    assert "no such file" in opened.describe()[0]["problem"]


def test_it_must_be_there_at_the_start(tmp_path: Path, clock: FakeClock) -> None:
    """A tracker does not start with a file that it cannot read."""
    with pytest.raises(Problems, match=r"none\.csv"):
        Resources(openers(settings(tmp_path / "none.csv")), clock)


def test_what_health_says(opened: Resources, file: Path) -> None:
    """Name, version and file."""
    (told,) = opened.describe()
    assert [told["name"], told["version"][:11], told["file"], told["problem"]] == [NAME, "2025-10-09-", str(file), ""]


def test_batches_get_what_is_new(opened: Resources, clock: FakeClock, file: Path) -> None:
    """Nothing that was remembered of the old rates is used with the new ones."""
    compute = computer(opened)
    first = dollars(compute)
    write(file, "1.5", 2)
    clock.move(MINUTE)
    assert [first, dollars(compute)] == [12.5, 15.0]


def test_what_was_replaced_is_let_go() -> None:
    """The memory of old data is free once a batch has seen the new."""
    now = {NAME: Weak.of({"EUR": {date(2025, 10, 9): 1.25}})}
    compute, before = computer(lambda: dict(now)), weakref.ref(now[NAME])
    dollars(compute)
    now[NAME] = Weak.of({"EUR": {date(2025, 10, 9): 1.5}})
    dollars(compute)
    gc.collect()
    assert before() is None


class Weak(Rates):
    """Rates that one can ask whether they are still there."""

    __slots__ = ("__weakref__",)


def computer(opened: Callable[[], Mapping[str, Any]]) -> Computer:
    """What turns plans into batches, with these resources."""
    found = app.registry(Settings())
    return app.computer(Settings(), found, app.properties(Settings(), found), new_metrics(), opened)


def dollars(compute: Computer) -> float:
    """What 10 euros come to in a batch."""
    hit = make_hit("v=2&tid=G-1&cid=1.1&en=purchase&epn.value=10&cu=EUR")
    plan = Plan(1, NOW, (Closed(np.array([0]), "timeout"),), 0)
    found: float = compute(0, plan, [codec.encode(hit)]).events["ecommerce_purchase_revenue_in_usd"][0].as_py()
    return found
