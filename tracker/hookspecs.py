"""The hooks a plugin may implement. Built-in protocols, columns and drivers use the same ones.

A plugin is a module (or an object) with functions of these names, marked `@hookimpl`. It is found through the
entry-point group `tracker`, in the folder given by `--plugins-dir`, or among the built-ins.
"""

from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from tracker.columns.column import Column
    from tracker.protocols.base import TrackingProtocol
    from tracker.warehouse.driver import Driver

PROJECT = "tracker"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def tracker_protocols() -> "Sequence[TrackingProtocol[Any]]":  # type: ignore[empty-body]
    """Protocols to serve, as instances. Called once, at start-up. No two protocols may have one path."""


@hookspec
def tracker_columns() -> "Sequence[ModuleType | Column[..., Any]]":  # type: ignore[empty-body]
    """Columns for every protocol: modules (all columns they define are taken) or single columns. Called once, at
    start-up.
    """


@hookspec
def tracker_drivers() -> "Sequence[type[Driver]]":  # type: ignore[empty-body]
    """Kinds of warehouse, as classes. `[warehouse.sinks.NAME] driver = "..."` picks one by its `name`. Called once, at
    start-up.
    """
