"""Readers: what others see while a plan is being written."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tracker.testing.drivers.base import WIDE, Declared, MakeDriver, Rows, at_plan, batch, numbers, row
from tracker.testing.drivers.steps import append_watched
from tracker.warehouse.driver import Driver, TableBatch

_TABLES = ("first", "second", "third")
_ROWS = 5
_LOOKS = 10
_MOST_PLANS = 50


class Readers(Declared):
    """Other clients read while the driver writes, and see whole plans only, unless the driver declares otherwise."""

    def test_reader(self, make_driver: MakeDriver, driver: Driver) -> None:
        """Whoever looks at the tables at any step of an append sees all rows of the plan or none."""
        self.needs(driver.writes_at_once, "readers that see whole plans")
        assert [seen for seen in self.seen(make_driver, driver) if not _is_whole(seen)] == []

    def test_reader_sees_all(self, make_driver: MakeDriver, driver: Driver) -> None:
        """A reader that was there before sees a plan as soon as `append` has returned, and a new table."""
        with self.reader(make_driver, driver) as read:
            for table in _TABLES:
                driver.create(table, WIDE)
            driver.append(_plan(1), at_plan(1))
            assert [len(read(table)) for table in _TABLES] == [_ROWS] * 3

    def test_reader_beside(self, make_driver: MakeDriver, driver: Driver) -> None:
        """Reading all the time from another thread neither stops the writing nor is disturbed by it.

        No table loses a row between two looks, and where plans are seen whole, a table that is looked at later has no
        less of them.
        """
        for table in _TABLES:
            driver.create(table, WIDE)
        with self.looking(make_driver, driver) as looks:
            plans = 0
            while plans < _MOST_PLANS and len(looks) < _LOOKS:
                plans += 1
                driver.append(_plan(plans), at_plan(plans))
        assert looks
        assert [numbers(self.rows(driver, table)) for table in _TABLES] == [_numbers(plans)] * 3
        for rows in zip(*looks, strict=True):
            assert rows == tuple(sorted(rows))
        if driver.writes_at_once:
            assert [look for look in looks if list(look) != sorted(look) or any(n % _ROWS for n in look)] == []

    def seen(self, make_driver: MakeDriver, driver: Driver) -> list[list[list[int]]]:
        """The rows of each table, as another client finds them at each step of one append."""
        for table in _TABLES:
            driver.create(table, WIDE)
        found: list[list[list[int]]] = []
        with self.reader(make_driver, driver) as read:
            append_watched(
                driver, _plan(1), at_plan(1), lambda: found.append([numbers(read(table)) for table in _TABLES])
            )
        return found

    @contextmanager
    def looking(self, make_driver: MakeDriver, driver: Driver) -> Iterator[list[tuple[int, ...]]]:
        """How many rows the tables have, again and again, as read by a thread; raises what the thread met."""
        looks: list[tuple[int, ...]] = []
        problems: list[Exception] = []
        begun, done = threading.Event(), threading.Event()

        def look() -> None:
            try:
                with self.reader(make_driver, driver) as read:
                    while not done.is_set():
                        looks.append(_look(read))
                        begun.set()
            except Exception as problem:
                problems.append(problem)
            finally:
                begun.set()

        thread = threading.Thread(target=look)
        thread.start()
        begun.wait()
        try:
            yield looks
        finally:
            done.set()
            thread.join()
        if problems:
            raise problems[0]


def _look(read: Callable[[str], Rows]) -> tuple[int, ...]:
    return tuple(len(read(table)) for table in _TABLES)


def _numbers(plans: int) -> list[int]:
    return list(range(_ROWS, _ROWS * (plans + 1)))


def _plan(number: int) -> list[TableBatch]:
    rows = [row(number * _ROWS + n) for n in range(_ROWS)]
    return [batch(WIDE, rows, table) for table in _TABLES]


def _is_whole(tables: list[list[int]]) -> bool:
    return tables in ([[]] * 3, [_numbers(1)] * 3)
