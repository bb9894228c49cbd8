"""Everything plugins brought, loaded and checked at start-up, all problems at once."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import ValidationError, create_model

from tracker.columns.collect import AnyColumn, collect
from tracker.columns.graph import Graph, build
from tracker.columns.sql import Draft, Engine, Filter, columns_of_filters, compile_all
from tracker.config import PropertySettings, SinkSettings
from tracker.errors import Misconfigured, Problems, did_you_mean
from tracker.plugins.check import (
    AnyProtocol,
    check_unique,
    is_column_source,
    is_driver,
    is_protocol,
    names_that_cannot_be_stored,
)
from tracker.plugins.find import brought, plugin_manager
from tracker.plugins.written import choices_and_settings, columns_of_settings, drafts_of_settings
from tracker.receiver.routes import Routes
from tracker.warehouse.driver import Driver, DriverSettings


@dataclass(frozen=True)
class Registry:
    """Everything plugins brought, checked."""

    protocols: Sequence[AnyProtocol]
    columns: Sequence[AnyColumn]
    """In the order of the table."""
    graphs: Mapping[str, Graph]
    """By protocol family."""
    drivers: Mapping[str, type[Driver]]
    property_settings: type[PropertySettings]
    """The property settings of all protocols in one class."""
    column_settings: Mapping[str, Mapping[str, Any]]
    """What `[columns.NAME]` changes, by column."""

    @property
    def kept_headers(self) -> frozenset[str]:
        """The request headers that some column reads."""
        return frozenset(key for column in self.columns if column.kind == "header" for key in column.keys)


def load(
    plugins_dir: Path | None = None,
    columns: Mapping[str, Any] | None = None,
    *,
    paths: Mapping[str, Sequence[str]] | None = None,
    filters: Sequence[Filter] = (),
    entry_points: bool = True,
) -> Registry:
    """Load every plugin; `columns` is the `[columns]` section, `paths` is `[receiver.paths]`, `filters` are the traffic
    filters. Raises `Problems` with everything that is wrong.
    """
    problems: list[Misconfigured | str] = []
    manager = plugin_manager(plugins_dir, problems, entry_points=entry_points)
    protocols = [p for name, p in brought(manager, "tracker_protocols", problems) if is_protocol(name, p, problems)]
    sources = [c for name, c in brought(manager, "tracker_columns", problems) if is_column_source(name, c, problems)]
    classes = [d for name, d in brought(manager, "tracker_drivers", problems) if is_driver(name, d, problems)]
    sources += [module for protocol in protocols for module in _column_modules(protocol)]
    check_unique("protocol", ((p.name, type(p)) for p in protocols), problems)
    check_unique("driver", ((d.name, d) for d in classes), problems)
    try:
        Routes(protocols, paths)
    except Problems as found:
        problems += found.problems
    section = dict(columns or {})
    families = list(dict.fromkeys(p.family for p in protocols))
    every = [*collect(sources), *columns_of_settings(section, problems)]
    every += _sql_columns(drafts_of_settings(section, problems), filters, every, families, problems)
    choices, settings = choices_and_settings(section, every, problems)
    graphs: Mapping[str, Graph] = {}
    try:
        graphs = build(every, families, choices, _switches(protocols))
    except Problems as found:
        problems += found.problems
    problems += names_that_cannot_be_stored(every)
    if problems:
        raise Problems(problems)
    return Registry(protocols, every, graphs, {d.name: d for d in classes}, _composite(protocols), settings)


def _sql_columns(
    drafts: Sequence[Draft],
    filters: Sequence[Filter],
    known: Sequence[AnyColumn],
    families: Sequence[str],
    problems: list[Misconfigured | str],
) -> list[AnyColumn]:
    """Columns and filters that the settings write in SQL."""
    engine = Engine()
    columns = compile_all(drafts, known, families, engine, problems)
    return [*columns, *columns_of_filters(filters, [*known, *columns], families, engine, problems)]


def _column_modules(protocol: AnyProtocol) -> Sequence[ModuleType]:
    return [sys.modules[type(protocol).__module__]] if protocol.columns is None else list(protocol.columns)


def _switches(protocols: Sequence[AnyProtocol]) -> Mapping[str, Mapping[str, bool]]:
    switches: dict[str, dict[str, bool]] = {}
    for protocol in protocols:
        switches.setdefault(protocol.family, {}).update(protocol.boundaries)
    return switches


def driver_settings(name: str, kind: type[Driver], sink: SinkSettings) -> DriverSettings:
    """The settings of one sink as its driver's own class. Raises `Problems` with every key that is wrong."""
    try:
        return kind.Settings.model_validate(sink.model_dump())
    except ValidationError as error:
        found = [(".".join(str(part) for part in detail["loc"]), detail) for detail in error.errors()]
        raise Problems(
            [
                f"warehouse.sinks.{name}.{key}: "
                + (
                    f"the {kind.name} driver has no such setting{did_you_mean(key, kind.Settings.model_fields)}"
                    if detail["type"] == "extra_forbidden"
                    else detail["msg"]
                )
                for key, detail in found
            ]
        ) from None


def _composite(protocols: Sequence[AnyProtocol]) -> type[PropertySettings]:
    bases = tuple(dict.fromkeys(type(p).Settings for p in protocols if type(p).Settings is not PropertySettings))
    return create_model("PropertyOfAll", __base__=bases or PropertySettings)
