"""What settings lead to before anything runs: plugins, properties, data files."""

from typing import Any

from tracker import plugins
from tracker.clock import SystemClock
from tracker.config import Properties, PropertySettings, Settings
from tracker.config.sections import property_settings
from tracker.errors import Problems, did_you_mean
from tracker.plugins import Registry, filters_of
from tracker.resources import Resources, openers
from tracker.warehouse.destinations import Destinations


def registry(settings: Settings) -> Registry:
    """All plugins, loaded and checked. Raises `Problems` with everything that is wrong with any of them."""
    return plugins.load(
        settings.plugins_dir, settings.columns, paths=settings.receiver.paths, filters=filters_of(settings)
    )


def properties(settings: Settings, found: Registry) -> Properties[Any]:
    """The settings of every property, with those of `[sessions]` where a property has none of its own."""
    known = property_settings(settings, found.property_settings)
    by_name = {column.name: column for column in found.columns}
    problems = [
        problem
        for property_id, own in known.known.items()
        for column, values in own.columns.items()
        for problem in plugins.check_column_settings(column, values, by_name, f"properties.{property_id}.columns")
    ]
    boundaries = {node.name for graph in found.graphs.values() for node in graph.boundaries}
    sections = {"defaults": known.default} | {f"properties.{name}": own for name, own in known.known.items()}
    problems += [
        f"{section}.boundaries.{name}: there is no such boundary{did_you_mean(name, boundaries)}"
        for section, own in sections.items()
        for name in own.boundaries
        if name not in boundaries and (own is known.default or name not in known.default.boundaries)
    ]
    problems += Destinations(settings.warehouse, known).problems()
    if problems:
        raise Problems(problems)
    return Properties(
        {property_id: _effective(settings, own) for property_id, own in known.known.items()},
        _effective(settings, known.default),
        properties_only=settings.properties_only,
    )


def resources(settings: Settings) -> Resources:
    """Files with data that columns look things up in, opened. Raises `Problems` with all that cannot be read."""
    return Resources(openers(settings), SystemClock())


def _effective(settings: Settings, own: PropertySettings) -> PropertySettings:
    inherited = ("timeout", "join_by_user_id", "join_by_stamp", "max_session_duration", "max_session_events")
    return own.model_copy(
        update={name: getattr(settings.sessions, name) for name in inherited if getattr(own, name) is None}
    )
