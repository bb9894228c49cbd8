"""Once: a plan that comes again, in whatever way, is written once, and the cursor tells the truth about it."""

import multiprocessing
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from tracker.model import Cursor
from tracker.testing.drivers.base import (
    NARROW,
    WIDE,
    Declared,
    MakeDriver,
    at_plan,
    batch,
    numbers,
    opened,
    row,
    write,
)
from tracker.testing.drivers.steps import Died, append_watched, counted, die
from tracker.warehouse.driver import Driver, TableBatch

_MOST_STEPS = 200
_REOPENED = 5
_PATIENCE_SECONDS = 60


class Once(Declared):
    """Rows and cursor are written once, whatever happens."""

    def test_no_cursor_yet(self, driver: Driver) -> None:
        """A new warehouse has no cursor."""
        assert driver.cursor(0) is None

    def test_cursor(self, driver: Driver) -> None:
        """The cursor is that of the last plan, for each partition by itself."""
        self.needs(self.keeps_cursor, "a cursor")
        driver.create("wide", WIDE)
        write(driver, [row(1)], plan=1)
        write(driver, [row(2)], plan=2)
        driver.append([batch(WIDE, [row(3)])], at_plan(1, partition=1))
        assert [driver.cursor(partition) for partition in (0, 1, 2)] == [at_plan(2), at_plan(1, partition=1), None]

    def test_large_cursor(self, driver: Driver) -> None:
        """Numbers in a cursor keep all of their bits."""
        self.needs(self.keeps_cursor, "a cursor")
        large = Cursor("0f" * 16, 7, 2**53 + 1, 2**63 - 1)
        driver.append([], large)
        assert driver.cursor(7) == large

    def test_cursor_without_rows(self, driver: Driver) -> None:
        """A plan whose hits all came to nothing still moves the cursor: no tables, or tables without rows."""
        self.needs(self.keeps_cursor, "a cursor")
        driver.create("wide", WIDE)
        driver.append([], at_plan(1))
        assert driver.cursor(0) == at_plan(1)
        write(driver, [], plan=2)
        assert driver.cursor(0) == at_plan(2)

    def test_empty_tables(self, driver: Driver) -> None:
        """Tables without rows, and without so much as a chunk, are nothing beside those that have some."""
        for table in ("wide", "other", "third"):
            driver.create(table, WIDE)
        chunkless = pa.Table.from_batches([], batch(WIDE, []).rows.schema)
        tables = [TableBatch("other", chunkless), batch(WIDE, [row(1)]), batch(WIDE, [], "third")]
        driver.append(tables, at_plan(1))
        assert [numbers(self.rows(driver, table)) for table in ("wide", "other", "third")] == [[1], [], []]
        self.cursor_here(driver, at_plan(1))

    def test_several_tables(self, driver: Driver) -> None:
        """All tables of a plan are written, and the cursor with them."""
        _two_tables(driver)
        driver.append(_plan(7), at_plan(7))
        assert self.both(driver) == ([7], [7])
        self.cursor_here(driver, at_plan(7))

    def test_same_plan_twice(self, driver: Driver) -> None:
        """A plan that is sent again is written once, in all tables."""
        _two_tables(driver)
        for _ in range(3):
            driver.append(_plan(1), at_plan(1))
        assert self.both(driver) == ([1], [1])
        self.cursor_here(driver, at_plan(1))

    def test_plan_before(self, driver: Driver) -> None:
        """A plan that was written, and another after it, is written once when it comes again."""
        _two_tables(driver)
        for plan in (1, 2, 1, 2, 1):
            driver.append(_plan(plan), at_plan(plan))
        assert self.both(driver) == ([1, 2], [1, 2])
        self.cursor_here(driver, at_plan(2))

    def test_older_plan(self, driver: Driver) -> None:
        """An older cursor writes nothing, whatever comes with it, and moves nothing back."""
        self.needs(self.keeps_cursor, "a cursor")
        _two_tables(driver)
        driver.append(_plan(5), at_plan(5))
        driver.append(_plan(4), at_plan(4))
        assert self.both(driver) == ([5], [5])
        assert driver.cursor(0) == at_plan(5)

    def test_same_rows_in_another_plan(self, driver: Driver) -> None:
        """Equal rows of two plans are written twice: they are two events."""
        driver.create("wide", WIDE)
        write(driver, [row(1), row(1)], plan=1)
        write(driver, [row(1), row(1)], plan=2)
        assert numbers(self.rows(driver, "wide")) == [1, 1, 1, 1]

    def test_partitions(self, driver: Driver) -> None:
        """Plans of different partitions have nothing to do with each other, whatever their numbers and rows."""
        driver.create("wide", WIDE)
        for cursor in (at_plan(3, 0), at_plan(1, 1), at_plan(2, 10), at_plan(2, 1), at_plan(1, 1), at_plan(3, 0)):
            driver.append([batch(WIDE, [row(1)])], cursor)
        assert len(self.rows(driver, "wide")) == 4
        for plan, partition in ((3, 0), (2, 1), (2, 10)):
            self.cursor_here(driver, at_plan(plan, partition), partition)

    def test_reopen(self, make_driver: MakeDriver, driver: Driver) -> None:
        """Rows, tables and cursor are there after closing and opening again, and a sent plan is still known."""
        driver.create("wide", WIDE)
        write(driver, [row(1)])
        driver.close()
        with opened(make_driver) as again:
            self.cursor_here(again, at_plan(1))
            write(again, [row(1)])
            assert again.describe("wide") == WIDE
            assert numbers(self.rows(again, "wide")) == [1]

    def test_open_again(self, driver: Driver) -> None:
        """A driver that was closed can be opened again, and goes on where it was."""
        driver.create("wide", WIDE)
        write(driver, [row(1)])
        driver.close()
        driver.open()
        write(driver, [row(1)])
        write(driver, [row(2)], plan=2)
        assert numbers(self.rows(driver, "wide")) == [1, 2]

    def test_crash_anywhere(self, make_driver: MakeDriver, driver: Driver) -> None:
        """However far a plan had come when the worker died, sending it again, by this driver or by one that was opened
        anew, makes it whole, once.
        """
        _two_tables(driver)
        driver.append(_plan(0), at_plan(0))
        for step in range(1, _MOST_STEPS):
            if not _dies(driver, step):
                break
            if step % _REOPENED == 0:
                driver.close()
                driver = make_driver()
                driver.open()
            self.cursor_here(driver, at_plan(step - 1))
            driver.append(_plan(step), at_plan(step))
            self.cursor_here(driver, at_plan(step))
        assert self.both(driver) == (list(range(step + 1)), list(range(step + 1)))
        driver.close()

    def test_killed(self, make_driver: MakeDriver, driver: Driver) -> None:
        """What was appended outlives a killed process; what was cut off is whole, once, when it is sent again.

        The driver's class must be importable, and made of `settings` and `data`: another process makes it anew.
        """
        _two_tables(driver)
        steps: list[None] = []
        append_watched(driver, _plan(0), at_plan(0), lambda: steps.append(None))
        driver.close()
        _run_killed(type(driver), driver.settings, driver.data, [1, 2], len(steps))
        with opened(make_driver) as again:
            found = numbers(self.rows(again, "wide"))
            assert found in ([0, 1], [0, 1, 2])
            self.cursor_here(again, at_plan(1))
            for plan in (0, 1, 2, 3):
                again.append(_plan(plan), at_plan(plan))
            assert self.both(again) == ([0, 1, 2, 3], [0, 1, 2, 3])

    def both(self, driver: Driver) -> tuple[list[int], list[int]]:
        """Which rows the two tables have."""
        return numbers(self.rows(driver, "narrow")), numbers(self.rows(driver, "wide"))


def _two_tables(driver: Driver) -> None:
    driver.create("narrow", NARROW)
    driver.create("wide", WIDE)


def _plan(number: int) -> Sequence[TableBatch]:
    return [batch(NARROW, [{"n": number}], "narrow"), batch(WIDE, [row(number)])]


def _dies(driver: Driver, step: int) -> bool:
    """Append the plan of this number, but for a death at its step of this number, if it has so many."""
    try:
        append_watched(driver, _plan(step), at_plan(step), counted(step, die))
    except Died:
        return True
    return False


def _run_killed(kind: type[Driver], settings: Any, data: Path, plans: Sequence[int], at: int) -> None:
    """Append plans in a process of its own, which kills itself at a step of the last one."""
    process = multiprocessing.get_context("spawn").Process(
        target=_append_and_die, args=(kind, settings, data, plans, at)
    )
    process.start()
    process.join(_PATIENCE_SECONDS)
    assert process.exitcode == -signal.SIGKILL, "the process did not come to be killed; see what it wrote"


def _append_and_die(kind: type[Driver], settings: Any, data: Path, plans: Sequence[int], at: int) -> None:
    driver = kind(settings, data)
    driver.open()
    for plan in plans[:-1]:
        driver.append(_plan(plan), at_plan(plan))
    kill = counted(at, lambda: os.kill(os.getpid(), signal.SIGKILL))
    append_watched(driver, _plan(plans[-1]), at_plan(plans[-1]), kill)
