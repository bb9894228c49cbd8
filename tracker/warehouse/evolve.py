"""What has to happen to a table before rows of a wanted schema fit: two schemas in, a plan out. Pure.

Only additions are automatic. Everything else is refused with a list of what differs and what a person can do about it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

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

    New columns are nullable, whatever was wanted: the rows already there have no value for them.
    """

    fields: tuple[pa.Field, ...]


@dataclass(frozen=True, slots=True)
class Nothing:
    """The table is as wanted."""


Evolution = Create | Widen | Nothing


class IncompatibleTable(SchemaMismatch):
    """A table that adding columns does not mend, with every difference in words."""

    def __init__(self, table: str, differences: Sequence[str]) -> None:
        super().__init__(table, differences)
        self.table, self.differences = table, tuple(differences)

    def __str__(self) -> str:
        return "\n".join([f"table {self.table} does not fit the columns:", *(f"- {text}" for text in self.differences)])


def plan(table: str, existing: pa.Schema | None, wanted: pa.Schema) -> Evolution:
    """How `existing` (None: no table) becomes able to hold rows of `wanted`. Raises `IncompatibleTable`.

    Columns of the warehouse that are not wanted stay, and get nulls. Names are compared without case.
    """
    differences = list(_bad_names(table, wanted))
    if existing is None:
        if differences:
            raise IncompatibleTable(table, differences)
        return Create(wanted)
    here = {field.name.lower(): field for field in existing}
    differences += _not_null_leftovers(table, here, wanted)
    additions = []
    for field in wanted:
        old = here.get(field.name.lower())
        if old is None:
            additions.append(field.with_nullable(True))
            continue
        differences += _column_differences(table, old, field)
        if next(added_members(old.type, field.type), None):
            additions.append(field.with_nullable(True))
    if differences:
        raise IncompatibleTable(table, differences)
    return Widen(tuple(additions)) if additions else Nothing()


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


def _bad_names(table: str, wanted: pa.Schema) -> Iterator[str]:
    for name in (table, *wanted.names):
        if not _NAME.fullmatch(name):
            yield f"{name!r} is no name for a table or column: a to z first, then up to 62 of a to z, 0 to 9 and _"
    seen: set[str] = set()
    for name in wanted.names:
        if name.lower() in seen:
            yield f"column {name} is there twice, for case does not count"
        seen.add(name.lower())


def _not_null_leftovers(table: str, here: Mapping[str, pa.Field], wanted: pa.Schema) -> Iterator[str]:
    names = {name.lower() for name in wanted.names}
    for key, field in here.items():
        if key not in names and not field.nullable:
            yield (
                f"column {field.name} is NOT NULL in the warehouse and no column here fills it: "
                f"ALTER TABLE {table} ALTER COLUMN {field.name} DROP NOT NULL, or drop it"
            )


def _column_differences(table: str, old: pa.Field, new: pa.Field) -> Iterator[str]:
    remedy = f"ALTER TABLE {table} RENAME COLUMN {old.name} TO {old.name}_old, and it is added anew"
    for text in _type_differences(old.name, old.type, new.type):
        yield f"{text}: {remedy}"
    if new.nullable and not old.nullable:
        yield (
            f"column {old.name} is NOT NULL in the warehouse and may be null here: "
            f"ALTER TABLE {table} ALTER COLUMN {old.name} DROP NOT NULL"
        )


def _type_differences(path: str, old: pa.DataType, new: pa.DataType) -> Iterator[str]:
    if pa.types.is_list(old) and pa.types.is_list(new):
        yield from _type_differences(f"{path}[]", old.value_type, new.value_type)
    elif pa.types.is_struct(old) and pa.types.is_struct(new):
        members = _members(new)
        for field in old:
            if field.name.lower() not in members:
                yield f"column {path} has a member {field.name} in the warehouse that is gone here"
            else:
                yield from _type_differences(f"{path}.{field.name}", field.type, members[field.name.lower()].type)
    elif old != new:
        yield f"column {path} is {old} in the warehouse and {new} here"


def _members(struct: pa.StructType) -> dict[str, pa.Field]:
    return {field.name.lower(): field for field in struct}
