"""A plan that notices how far a driver has come with it: each look at its tables or its cursor is a step."""

from collections.abc import Callable, Sequence
from typing import Any, overload

from tracker.model import Cursor
from tracker.warehouse.driver import Driver, TableBatch


class Died(BaseException):
    """The worker died while a plan was being written. No driver may catch it."""


class WatchedTables(Sequence[TableBatch]):
    """Calls `step` before it hands out each table, and before it says that there are no more."""

    def __init__(self, tables: Sequence[TableBatch], step: Callable[[], object]) -> None:
        self._tables, self._step = tables, step

    def __len__(self) -> int:
        return len(self._tables)

    @overload
    def __getitem__(self, index: int) -> TableBatch: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[TableBatch]: ...
    def __getitem__(self, index: int | slice) -> TableBatch | Sequence[TableBatch]:
        self._step()
        return self._tables[index]


class WatchedCursor(Cursor):
    """Calls `step` before each look at one of its values."""

    __slots__ = ("_step",)

    def __init__(self, cursor: Cursor, step: Callable[[], object]) -> None:
        object.__setattr__(self, "_step", lambda: None)
        super().__init__(cursor.log_id, cursor.partition, cursor.plan, cursor.hits)
        object.__setattr__(self, "_step", step)

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_"):
            object.__getattribute__(self, "_step")()
        return object.__getattribute__(self, name)


def append_watched(driver: Driver, tables: Sequence[TableBatch], cursor: Cursor, step: Callable[[], object]) -> None:
    """Append a plan, calling `step` as often as the driver looks at it."""
    driver.append(WatchedTables(tables, step), WatchedCursor(cursor, step))


def counted(at: int, then: Callable[[], object]) -> Callable[[], None]:
    """A step that calls `then` when it is taken for the `at`th time, counted from 1."""
    taken = 0

    def step() -> None:
        nonlocal taken
        taken += 1
        if taken == at:
            then()

    return step


def die() -> None:
    """Raise `Died`."""
    raise Died
