"""How each table and view of a warehouse compares with what is wanted, in words. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from tracker.warehouse.change import Change, CreateTable, DropView, Existing, PutView, WidenTable
from tracker.warehouse.changes import Changes, IncompatibleTables, Misfit, compared
from tracker.warehouse.driver import View
from tracker.warehouse.evolve import IncompatibleTable

WANTED, NOT_OURS = "as wanted", "not ours"
_MOST_NAMES = 8


@dataclass(frozen=True, slots=True)
class State:
    """One table or view."""

    name: str
    kind: str
    state: str
    is_well: bool
    """Nothing is to be done about it: by the tracker, or by a person."""


def states(
    here: Existing,
    wanted: Mapping[str, pa.Schema],
    views: Sequence[View] | None,
    misfit: Misfit = lambda table, here: "",
) -> Iterator[State]:
    """Every table and view there should be, and views of ours that should not. Looks only."""
    try:
        found = compared(here, wanted, views, misfit)
    except IncompatibleTables as problem:
        differing = {table.table: table for table in problem.tables}
        found = compared(here, wanted, views, misfit, aside=differing)
    else:
        differing = {}
    changes = {_name(change): change for change in found.of(None)}
    for table, schema in wanted.items():
        yield _table(here, table, schema, changes.get(table), differing.get(table))
    for view in views or ():
        if view.name not in differing:
            yield _view(view, found, changes.get(view.name))
    for change in found.of(None):
        if isinstance(change, DropView) and change.name not in wanted:
            yield State(change.name, "view", "no longer wanted", is_well=False)


def unfilled(here: pa.Schema | None, wanted: pa.Schema) -> list[str]:
    """Columns of a table that nothing fills: of an older release, of somebody else, or under another name."""
    names = {name.lower() for name in wanted.names}
    return [name for name in (here.names if here else ()) if name.lower() not in names]


def listed(names: Sequence[str]) -> str:
    """Names in a sentence; of many only the first."""
    more = len(names) - _MOST_NAMES
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:_MOST_NAMES])} and {more} more"


def _table(
    here: Existing, table: str, wanted: pa.Schema, change: Change | None, problem: IncompatibleTable | None
) -> State:
    if problem:
        return State(table, "table", "differs: " + "; ".join(map(str, problem.differences)), is_well=False)
    if isinstance(change, WidenTable):
        names = listed([field.name for field in change.fields])
        state = f"lacks {_counted(len(change.fields))} or members of it: {names}"
        state = state if _has_members(change) else f"lacks {_counted(len(change.fields))}: {names}"
    elif isinstance(change, CreateTable | DropView):
        state = "missing"
    else:
        state = WANTED
    others = unfilled(here.describe(table), wanted) if state != "missing" else []
    more = f" (nothing fills {listed(others)})" if others else ""
    return State(table, "table", state + more, is_well=state == WANTED)


def _has_members(change: WidenTable) -> bool:
    return any(field.name in change.here.names for field in change.fields)


def _view(view: View, found: Changes, change: Change | None) -> State:
    if view.name in found.not_ours:
        return State(view.name, "view", NOT_OURS, is_well=True)
    if isinstance(change, PutView):
        return State(view.name, "view", "differs" if change.replaces else "missing", is_well=False)
    return State(view.name, "view", WANTED, is_well=True)


def _counted(columns: int) -> str:
    return f"{columns} column{'s' if columns != 1 else ''}"


def _name(change: Change) -> str:
    match change:
        case CreateTable(table=name) | WidenTable(table=name) | DropView(name=name):
            return name
        case PutView(view=view):
            return view.name
