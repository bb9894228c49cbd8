"""What has to happen to a table before rows of a wanted schema fit: two schemas in, a plan out. Pure.

Only additions are automatic. Everything else is refused with a list of what differs and what a person can do about it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from tracker.warehouse.driver import SchemaMismatch

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True)
class Create:
    """There is no such table yet."""

    schema: pa.Schema


@dataclass(frozen=True, slots=True)
class Widen:
    """The table lacks `fields`; one whose name exists is a struct (or list of structs) that gained members.

    Such a field has the members that are there as well. New columns are nullable, whatever was wanted: the rows already
    there have no value for them.
    """

    fields: tuple[pa.Field, ...]


@dataclass(frozen=True, slots=True)
class Nothing:
    """The table is as wanted."""


Evolution = Create | Widen | Nothing


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that adding columns does not mend, and what a person may do about it, in words."""

    kind: Literal["name", "type", "null", "left over", "view", "layout"]
    """A name that cannot be; another type; NOT NULL where there may be nulls; NOT NULL where no column of ours is; a
    view in the place of a table; a table of another layout.
    """
    column: str
    text: str
    here: pa.Field | None = None
    """The column in the warehouse."""
    wanted: pa.Field | None = None
    """The column as it should be."""

    def __str__(self) -> str:
        return self.text


class IncompatibleTable(SchemaMismatch):
    """A table that adding columns does not mend, with every difference."""

    def __init__(
        self,
        table: str,
        differences: Sequence[Difference],
        here: pa.Schema | None = None,
        wanted: pa.Schema | None = None,
    ) -> None:
        super().__init__(table, differences)
        self.table, self.differences = table, tuple(differences)
        self.here, self.wanted = here, wanted

    def __str__(self) -> str:
        return "\n".join([f"table {self.table} does not fit the columns:", *(f"- {text}" for text in self.differences)])


def plan(table: str, existing: pa.Schema | None, wanted: pa.Schema) -> Evolution:
    """How `existing` (None: no table) becomes able to hold rows of `wanted`. Raises `IncompatibleTable`.

    Columns of the warehouse, and members of its structs, that are not wanted stay, and get nulls: a newer release may
    have added them. Names are compared without case.
    """
    differences = list(_bad_names(table, wanted))
    if existing is None:
        if differences:
            raise IncompatibleTable(table, differences, existing, wanted)
        return Create(wanted)
    here = {field.name.lower(): field for field in existing}
    differences += _not_null_leftovers(here, wanted)
    additions = []
    for field in wanted:
        old = here.get(field.name.lower())
        if old is None:
            additions.append(field.with_nullable(True))
            continue
        differences += _column_differences(old, field)
        if next(added_members(old.type, field.type), None):
            additions.append(field.with_type(merged(old.type, field.type)).with_nullable(True))
    if differences:
        raise IncompatibleTable(table, differences, existing, wanted)
    return Widen(tuple(additions)) if additions else Nothing()


def require(table: str, existing: pa.Schema | None, rows: pa.Schema) -> None:
    """Raise `SchemaMismatch` unless rows of this schema go into the table as it is now.

    For a driver to ask before it writes: a warehouse would turn one type into another as well as it can, and blame the
    rows where it cannot.
    """
    if existing is None:
        raise SchemaMismatch(f"the warehouse has no table {table}")
    evolution = plan(table, existing, pa.schema([field.with_nullable(False) for field in rows]))
    if isinstance(evolution, Widen):
        lacking = ", ".join(field.name for field in evolution.fields)
        raise SchemaMismatch(f"table {table} has no column {lacking}, or lacks members of it")


def added_members(
    old: pa.DataType, new: pa.DataType, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], pa.DataType]]:
    """(path, type) of each struct member that `new` has and `old` has not. In a path a list's items are `element`."""
    if pa.types.is_list(old) and pa.types.is_list(new):
        yield from added_members(old.value_type, new.value_type, (*path, "element"))
    elif pa.types.is_struct(old) and pa.types.is_struct(new):
        here = _members(old)
        for field in new:
            if field.name.lower() not in here:
                yield (*path, field.name), field.type
            else:
                yield from added_members(here[field.name.lower()].type, field.type, (*path, field.name))


def unknown_type(native: str) -> pa.DataType:
    """Stands for a type of a warehouse that no column of ours has: a table may have such columns besides."""
    return pa.opaque(pa.null(), native, "warehouse")


def native_name(kind: pa.DataType) -> str:
    """A type in words; one that is not ours as the warehouse calls it."""
    return str(kind.type_name) if isinstance(kind, pa.OpaqueType) else str(kind)


def merged(old: pa.DataType, new: pa.DataType) -> pa.DataType:
    """A type with the struct members of both, those of `old` first."""
    if pa.types.is_list(old) and pa.types.is_list(new):
        return pa.list_(merged(old.value_type, new.value_type))
    if not (pa.types.is_struct(old) and pa.types.is_struct(new)):
        return new
    wanted, here = _members(new), _members(old)
    kept = [
        field.with_type(merged(field.type, wanted[name].type)) if name in wanted else field
        for name, field in here.items()
    ]
    return pa.struct([*kept, *(field for name, field in wanted.items() if name not in here)])


def _bad_names(table: str, wanted: pa.Schema) -> Iterator[Difference]:
    for name in (table, *wanted.names):
        if not _NAME.fullmatch(name):
            text = f"{name!r} is no name for a table or column: a to z first, then up to 62 of a to z, 0 to 9 and _"
            yield Difference("name", name, text)
    seen: set[str] = set()
    for name in wanted.names:
        if name.lower() in seen:
            yield Difference("name", name, f"column {name} is there twice, for case does not count")
        seen.add(name.lower())


def _not_null_leftovers(here: Mapping[str, pa.Field], wanted: pa.Schema) -> Iterator[Difference]:
    names = {name.lower() for name in wanted.names}
    for key, field in here.items():
        if key not in names and not field.nullable:
            text = (
                f"column {field.name} is NOT NULL in the warehouse and no column here fills it: let it be null, or "
                "drop it"
            )
            yield Difference("left over", field.name, text, field)


def _column_differences(old: pa.Field, new: pa.Field) -> Iterator[Difference]:
    remedy = f"rename it to {old.name}_old, and it is added anew, empty; then copy what can be read"
    for text in _type_differences(old.name, old.type, new.type):
        yield Difference("type", old.name, f"{text}: {remedy}", old, new)
    if new.nullable and not old.nullable:
        text = f"column {old.name} is NOT NULL in the warehouse and may be null here: let it be null"
        yield Difference("null", old.name, text, old, new)


def _type_differences(path: str, old: pa.DataType, new: pa.DataType) -> Iterator[str]:
    if pa.types.is_list(old) and pa.types.is_list(new):
        yield from _type_differences(f"{path}[]", old.value_type, new.value_type)
    elif pa.types.is_struct(old) and pa.types.is_struct(new):
        here = _members(old)
        for field in new:
            if field.name.lower() in here:
                yield from _type_differences(f"{path}.{field.name}", here[field.name.lower()].type, field.type)
    elif old != new:
        yield f"column {path} is {native_name(old)} in the warehouse and {new} here"


def _members(struct: pa.StructType) -> dict[str, pa.Field]:
    return {field.name.lower(): field for field in struct}


def by_column(differences: Iterable[Difference]) -> Mapping[str, Sequence[Difference]]:
    """What differs, column by column."""
    found: dict[str, list[Difference]] = {}
    for difference in differences:
        found.setdefault(difference.column, []).append(difference)
    return found
