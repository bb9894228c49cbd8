"""What has to happen to a warehouse before rows fit and views answer: what is and what is wanted in, changes out.

Pure. Additions come first and harm no older release that still writes; what replaces or takes away, views of ours
alone, comes after. What adding does not mend is refused as a whole, with every difference of every table.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

import pyarrow as pa

from tracker.warehouse.change import Change, CreateTable, DropView, Existing, PutView, Relation, WidenTable
from tracker.warehouse.driver import SchemaMismatch, View
from tracker.warehouse.evolve import Create, Difference, Evolution, IncompatibleTable, Widen, plan

Phase = Literal["pre", "post"]
Misfit = Callable[[str, pa.Schema], str]
"""(table, its columns now) -> why our rows do not belong there; empty where they do."""

_MARK = re.compile(r"\[tracker ([0-9a-f]+)\]$")


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be done, in order: everything of `pre`, then everything of `post`."""

    pre: tuple[Change, ...]
    """Additions: tables, columns, and views that are new. An older release can go on, or start again."""
    post: tuple[Change, ...]
    """The end: views that replace older ones of ours, views that stand on these, and views nobody wants any more."""
    not_ours: tuple[str, ...] = ()
    """Names of views that are not made, because something else has the name."""

    def of(self, phase: Phase | None) -> tuple[Change, ...]:
        """The changes of a phase; of both where none is named."""
        return {"pre": self.pre, "post": self.post, None: self.pre + self.post}[phase]

    @property
    def tables(self) -> tuple[Change, ...]:
        """What rows need."""
        return tuple(change for change in self.pre if not isinstance(change, PutView))

    @property
    def views(self) -> tuple[PutView, ...]:
        """What questions need."""
        return tuple(change for change in self.of(None) if isinstance(change, PutView))


class IncompatibleTables(SchemaMismatch):
    """Tables that adding does not mend, with every difference of each."""

    def __init__(self, tables: Sequence[IncompatibleTable]) -> None:
        super().__init__(tables)
        self.tables = tuple(tables)

    def __str__(self) -> str:
        return "\n".join(map(str, self.tables))


def changes(
    existing: Mapping[str, pa.Schema | None],
    wanted: Mapping[str, pa.Schema],
    relations: Mapping[str, Relation],
    views: Sequence[View] | None,
    misfit: Misfit = lambda table, here: "",
    aside: Collection[str] = (),
) -> Changes:
    """How a warehouse becomes what is wanted. Raises `IncompatibleTables`.

    `existing` has, for each wanted table, its columns, None where there is none. `views` stand in order of dependence;
    with None views are none of our business. `misfit` says why a table cannot be used although its columns fit. Tables
    `aside` are left as they are.
    """
    looked_at = {name: schema for name, schema in wanted.items() if name not in aside}
    in_the_way = [DropView(name) for name in looked_at if _is_ours(relations.get(name))] if views is not None else []
    gone = {change.name for change in in_the_way}
    tables = _tables(
        {name: None if name in gone else here for name, here in existing.items()}, looked_at, relations, gone, misfit
    )
    if views is None:
        return Changes(tables, ())
    made = _puts(wanted, relations, views)
    first_replaced = next((at for at, put in enumerate(made) if put.replaces), len(made))
    names = {view.name for view in views} | gone
    unwanted = [DropView(name) for name, here in relations.items() if _is_ours(here) and name not in names]
    not_ours = tuple(view.name for view in views if not _is_free(relations.get(view.name)) or view.name in wanted)
    return Changes((*in_the_way, *tables, *made[:first_replaced]), (*made[first_replaced:], *unwanted), not_ours)


def compared(
    here: Existing,
    wanted: Mapping[str, pa.Schema],
    views: Sequence[View] | None,
    misfit: Misfit = lambda table, here: "",
    aside: Collection[str] = (),
) -> Changes:
    """The changes that what is in a warehouse now needs. Raises `IncompatibleTables`."""
    return changes({table: here.describe(table) for table in wanted}, wanted, here.relations(), views, misfit, aside)


def mark_of(relation: Relation | None) -> str:
    """Which definition of ours a view has; empty for what is not ours."""
    found = _MARK.search(relation.comment) if relation and relation.kind == "view" else None
    return found.group(1) if found else ""


def _tables(
    existing: Mapping[str, pa.Schema | None],
    wanted: Mapping[str, pa.Schema],
    relations: Mapping[str, Relation],
    gone: set[str],
    misfit: Misfit,
) -> tuple[Change, ...]:
    found: list[Change] = []
    problems: list[IncompatibleTable] = []
    for table, schema in wanted.items():
        here = existing[table]
        try:
            evolution = _evolution(table, here, schema, None if table in gone else relations.get(table), misfit)
        except IncompatibleTable as problem:
            problems.append(problem)
            continue
        if isinstance(evolution, Create):
            found.append(CreateTable(table, evolution.schema))
        elif isinstance(evolution, Widen) and here is not None:
            found.append(WidenTable(table, here, evolution.fields))
    if problems:
        raise IncompatibleTables(problems)
    return tuple(found)


def _evolution(
    table: str, here: pa.Schema | None, wanted: pa.Schema, relation: Relation | None, misfit: Misfit
) -> Evolution:
    if relation is not None and relation.kind == "view":
        raise IncompatibleTable(table, [Difference("view", table, f"{table} is a view: rename or drop it")])
    if here is not None and (why := misfit(table, here)):
        raise IncompatibleTable(table, [Difference("layout", table, why)], here, wanted)
    return plan(table, here, wanted)


def _puts(
    wanted: Mapping[str, pa.Schema], relations: Mapping[str, Relation], views: Sequence[View]
) -> tuple[PutView, ...]:
    """The views that are not there as they should be, leaving alone what is not ours."""
    nested = _nested(wanted)
    found = [
        (PutView(view, _mark(view, nested)), relations.get(view.name)) for view in views if view.name not in wanted
    ]
    return tuple(
        PutView(put.view, put.mark, replaces=here is not None)
        for put, here in found
        if _is_free(here) and mark_of(here) != put.mark
    )


def _mark(view: View, nested: Sequence[str]) -> str:
    return blake2b("\0".join((view.doc, view.sql, *nested)).encode(), digest_size=4).hexdigest()


def _nested(wanted: Mapping[str, pa.Schema]) -> Sequence[str]:
    """Columns that can gain members: ClickHouse gives a view's columns their types when the view is made."""
    return sorted({str(field) for schema in wanted.values() for field in schema if pa.types.is_nested(field.type)})


def _is_ours(relation: Relation | None) -> bool:
    return bool(mark_of(relation))


def _is_free(relation: Relation | None) -> bool:
    return relation is None or _is_ours(relation)
