"""Collects columns from modules as pytest collects fixtures: what a module defines, not what it imports."""

from collections.abc import Iterable
from types import ModuleType
from typing import Any

from tracker.columns.column import Column

AnyColumn = Column[..., Any]


def collect(sources: Iterable[ModuleType | AnyColumn]) -> list[AnyColumn]:
    """The columns of modules, in order of definition, and single columns as they are; each once."""
    found: dict[int, AnyColumn] = {}
    for source in sources:
        for column in _columns_of(source):
            found.setdefault(id(column), column)
    for column in found.values():
        if isinstance(column.implements, Column):
            column.implements = column.implements.name
    return list(found.values())


def _columns_of(source: ModuleType | AnyColumn) -> list[AnyColumn]:
    if isinstance(source, Column):
        return [source]
    columns = []
    for name, value in vars(source).items():
        if isinstance(value, Column) and value.module == source.__name__:
            if not value.name:
                value.name = name
            columns.append(value)
    return columns
