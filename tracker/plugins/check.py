"""Checks what plugins bring, and says of each mistake whose it is."""

import inspect
import re
from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import Any

from tracker.columns.collect import AnyColumn
from tracker.columns.column import Column
from tracker.errors import Misconfigured
from tracker.protocols.base import TrackingProtocol
from tracker.warehouse.driver import Driver

AnyProtocol = TrackingProtocol[Any]


class PluginError(Misconfigured):
    """A plugin that cannot be used. Names the plugin, the hook or definition, and what is wrong."""

    def __init__(self, plugin: str, problem: str) -> None:
        super().__init__(plugin, problem)
        self.plugin, self.problem = plugin, problem

    def __str__(self) -> str:
        return f"plugin {self.plugin}: {self.problem}"


def is_protocol(plugin: str, thing: Any, problems: list[Misconfigured | str]) -> bool:
    """Whether a plugin's protocol can be used; what is wrong is added to `problems`."""
    if inspect.isclass(thing) and issubclass(thing, TrackingProtocol):
        problems.append(
            PluginError(
                plugin, f"tracker_protocols returned the class {thing.__name__}; return an instance: {thing.__name__}()"
            )
        )
        return False
    if not isinstance(thing, TrackingProtocol):
        problems.append(PluginError(plugin, f"tracker_protocols returned {thing!r}, which is no TrackingProtocol"))
        return False
    missing = [name for name in ("name", "family", "paths") if not getattr(thing, name, None)]
    bad = [path for path in getattr(thing, "paths", ()) if not str(path).startswith("/")]
    if missing:
        problems.append(PluginError(plugin, f"protocol {type(thing).__name__} lacks {', '.join(missing)}"))
    if bad:
        problems.append(
            PluginError(plugin, f"protocol {type(thing).__name__}: path {bad[0]!r} must begin with a slash")
        )
    return not missing and not bad


def is_column_source(plugin: str, thing: Any, problems: list[Misconfigured | str]) -> bool:
    """Whether a plugin brought modules or columns; anything else is added to `problems`."""
    if isinstance(thing, ModuleType | Column):
        return True
    problems.append(PluginError(plugin, f"tracker_columns returned {thing!r}; return modules or columns"))
    return False


def is_driver(plugin: str, thing: Any, problems: list[Misconfigured | str]) -> bool:
    """Whether a plugin's driver can be used; what is wrong is added to `problems`."""
    if not (inspect.isclass(thing) and issubclass(thing, Driver)):
        problems.append(PluginError(plugin, f"tracker_drivers returned {thing!r}, which is no subclass of Driver"))
        return False
    missing = [
        *(["name"] if not getattr(thing, "name", None) else []),
        *sorted(getattr(thing, "__abstractmethods__", ())),
    ]
    if missing:
        problems.append(PluginError(plugin, f"driver {thing.__name__} lacks {', '.join(missing)}"))
    return not missing


def check_unique(kind: str, named: Iterable[tuple[str, type]], problems: list[Misconfigured | str]) -> None:
    """Add two things of one name to `problems`."""
    seen: dict[str, type] = {}
    for name, thing in named:
        other = seen.setdefault(name, thing)
        if other is not thing:
            problems.append(f"two {kind}s are named {name!r}: {_definition(other)} and {_definition(thing)}")


def names_that_cannot_be_stored(columns: Sequence[AnyColumn]) -> list[Misconfigured]:
    """Stored columns whose name no warehouse takes, or whose type another protocol contradicts."""
    problems: list[Misconfigured] = []
    types: dict[str, tuple[str, AnyColumn]] = {}
    for column in columns:
        if not column.stored or column.implements is not None or column.scope not in ("event", "session"):
            continue
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", column.name):
            problems.append(
                column.error("a stored column's name is lower-case letters, digits and _, at most 63, a letter first")
            )
        kind, other = types.setdefault(column.name, (str(column.type), column))
        if kind != str(column.type):
            problems.append(
                column.error(f"{other.where} stores a column of this name as {kind}, this one is {column.type}")
            )
    return problems


def _definition(thing: type) -> str:
    return f"{thing.__module__}.{thing.__qualname__}"
