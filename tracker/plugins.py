"""Finds plugins, asks them what they bring, and checks all of it at start-up: built-ins, entry points, a plugins
folder.

The built-in protocols, columns and drivers are plugins like any other.
"""

import importlib.util
import inspect
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy
from pydantic import ValidationError, create_model

from tracker import hookspecs
from tracker.columns.collect import AnyColumn, collect
from tracker.columns.column import Column
from tracker.columns.core import plugin as core_columns
from tracker.columns.graph import Graph, build
from tracker.columns.types import Bool, Float64, Int64, String
from tracker.columns.words import param
from tracker.config import PropertySettings, SinkSettings
from tracker.errors import Misconfigured, Problems, did_you_mean
from tracker.protocols.base import TrackingProtocol
from tracker.protocols.ga4 import plugin as ga4
from tracker.protocols.matomo import plugin as matomo
from tracker.receiver.routes import Routes
from tracker.warehouse import plugin as drivers
from tracker.warehouse.driver import Driver, DriverSettings

BUILT_IN: Sequence[ModuleType] = (core_columns, ga4, matomo, drivers)
HOOKS = ("tracker_protocols", "tracker_columns", "tracker_drivers")
AnyProtocol = TrackingProtocol[Any]
_PARAM_TYPES = {"string": String, "int64": Int64, "float64": Float64, "bool": Bool}


class PluginError(Misconfigured):
    """A plugin that cannot be used. Names the plugin, the hook or definition, and what is wrong."""

    def __init__(self, plugin: str, problem: str) -> None:
        super().__init__(plugin, problem)
        self.plugin, self.problem = plugin, problem

    def __str__(self) -> str:
        return f"plugin {self.plugin}: {self.problem}"


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
    plugins_dir: Path | None = None, columns: Mapping[str, Any] | None = None, *, entry_points: bool = True
) -> Registry:
    """Load every plugin; `columns` is the `[columns]` section. Raises `Problems` with everything that is wrong."""
    problems: list[Misconfigured | str] = []
    manager = _manager(plugins_dir, problems, entry_points=entry_points)
    protocols = [p for name, p in _brought(manager, "tracker_protocols", problems) if _is_protocol(name, p, problems)]
    sources = [c for name, c in _brought(manager, "tracker_columns", problems) if _is_column_source(name, c, problems)]
    classes = [d for name, d in _brought(manager, "tracker_drivers", problems) if _is_driver(name, d, problems)]
    sources += [module for protocol in protocols for module in _column_modules(protocol)]
    _check_unique("protocol", ((p.name, type(p)) for p in protocols), problems)
    _check_unique("driver", ((d.name, d) for d in classes), problems)
    try:
        Routes(protocols)
    except Problems as found:
        problems += found.problems
    section = dict(columns or {})
    every = [*collect(sources), *_columns_of_settings(section, problems)]
    choices, settings = _choices_and_settings(section, every, problems)
    graphs: Mapping[str, Graph] = {}
    try:
        graphs = build(every, list(dict.fromkeys(p.family for p in protocols)), choices)
    except Problems as found:
        problems += found.problems
    problems += _names_that_cannot_be_stored(every)
    if problems:
        raise Problems(problems)
    return Registry(protocols, every, graphs, {d.name: d for d in classes}, _composite(protocols), settings)


def _manager(
    plugins_dir: Path | None, problems: list[Misconfigured | str], *, entry_points: bool
) -> pluggy.PluginManager:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    for module in BUILT_IN:
        manager.register(module)
    found = [*(_installed(problems) if entry_points else ()), *_files(plugins_dir, problems)]
    for name, plugin in found:
        try:
            _check_hooks(name, plugin)
            manager.register(plugin, name=name)
        except (PluginError, pluggy.PluginValidationError, ValueError) as error:
            problems.append(error if isinstance(error, PluginError) else PluginError(name, str(error)))
    return manager


def _installed(problems: list[Misconfigured | str]) -> Iterable[tuple[str, Any]]:
    """What the entry points of installed packages name."""
    for point in metadata.entry_points(group=hookspecs.PROJECT):
        try:
            yield point.name, point.load()
        except Exception as error:
            problems.append(_not_imported(point.name, error))


def _files(folder: Path | None, problems: list[Misconfigured | str]) -> Iterable[tuple[str, ModuleType]]:
    """The modules of a plugins folder, by file name."""
    if folder is None:
        return
    if not folder.is_dir():
        problems.append(f"the plugins folder {folder} does not exist")
    for path in sorted(folder.glob("*.py")):
        if not path.name.startswith("_"):
            try:
                yield path.name, _imported(path)
            except Exception as error:
                problems.append(_not_imported(path.name, error))


def _imported(path: Path) -> ModuleType:
    name = f"tracker_plugin_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError("it is no module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _not_imported(plugin: str, error: Exception) -> PluginError:
    if isinstance(error, Misconfigured):
        return PluginError(plugin, str(error))
    return PluginError(plugin, f"it cannot be imported: {type(error).__name__}: {error}")


def _check_hooks(name: str, plugin: Any) -> None:
    """Every hook is one of ours and marked. A module without hooks but with columns is made to bring these columns."""
    values = {attribute: getattr(plugin, attribute) for attribute in dir(plugin)}
    hooks = [attribute for attribute, value in values.items() if hasattr(value, f"{hookspecs.PROJECT}_impl")]
    unmarked = [attribute for attribute, value in values.items() if inspect.isroutine(value) and attribute not in hooks]
    known = f"the hooks are {', '.join(HOOKS)}"
    for hook in hooks:
        if hook not in HOOKS:
            raise PluginError(name, f"{hook} is no hook{did_you_mean(hook, HOOKS)}; {known}")
    for function in unmarked:
        if function in HOOKS or (not hooks and function.startswith(f"{hookspecs.PROJECT}_")):
            raise PluginError(name, f"{function} lacks the @hookimpl mark (from tracker.hookspecs import hookimpl)")
    if not hooks and any(isinstance(value, Column) for value in values.values()):
        plugin.tracker_columns = hookspecs.hookimpl(lambda: [plugin])
    elif not hooks:
        raise PluginError(name, f"it has neither a column nor a hook; {known}")


def _brought(manager: pluggy.PluginManager, hook: str, problems: list[Misconfigured | str]) -> list[tuple[str, Any]]:
    """(plugin name, thing) of everything a hook returns, in order of registration."""
    things: list[tuple[str, Any]] = []
    for implementation in getattr(manager.hook, hook).get_hookimpls():
        name = implementation.plugin_name.rpartition("/")[2]
        try:
            returned = list(implementation.function())
        except Exception as error:
            problems.append(PluginError(name, f"{hook} failed: {type(error).__name__}: {error}"))
            continue
        things += [(name, thing) for thing in returned]
    return things


def _is_protocol(plugin: str, thing: Any, problems: list[Misconfigured | str]) -> bool:
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


def _is_column_source(plugin: str, thing: Any, problems: list[Misconfigured | str]) -> bool:
    if isinstance(thing, ModuleType | Column):
        return True
    problems.append(PluginError(plugin, f"tracker_columns returned {thing!r}; return modules or columns"))
    return False


def _is_driver(plugin: str, thing: Any, problems: list[Misconfigured | str]) -> bool:
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


def _column_modules(protocol: AnyProtocol) -> Sequence[ModuleType]:
    return [sys.modules[type(protocol).__module__]] if protocol.columns is None else list(protocol.columns)


def _check_unique(kind: str, named: Iterable[tuple[str, type]], problems: list[Misconfigured | str]) -> None:
    seen: dict[str, type] = {}
    for name, thing in named:
        other = seen.setdefault(name, thing)
        if other is not thing:
            problems.append(f"two {kind}s are named {name!r}: {_definition(other)} and {_definition(thing)}")


def _columns_of_settings(section: dict[str, Any], problems: list[Misconfigured | str]) -> list[AnyColumn]:
    """Columns written in the settings: `[columns.params_plan] param = "ep.plan", type = "string"`. Takes them out of
    `section`.
    """
    made = []
    for name in [name for name, value in section.items() if isinstance(value, dict) and "param" in value]:
        value = dict(section.pop(name))
        keys, kind, doc = value.pop("param"), value.pop("type", "string"), value.pop("doc", "")
        if value:
            problems.append(
                f"columns.{name}: unknown key {next(iter(value))!r}; a parameter column has param, type and doc"
            )
        if kind not in _PARAM_TYPES:
            problems.append(f"columns.{name}: type {kind!r} is none of {', '.join(_PARAM_TYPES)}")
            continue
        column = param(
            *([keys] if isinstance(keys, str) else keys),
            type=_PARAM_TYPES[kind],
            stored=True,
            doc=doc or f"Parameter {keys}.",
        )
        column.name, column.where = name, f"[columns.{name}]"
        made.append(column)
    return made


def _choices_and_settings(
    section: Mapping[str, Any], columns: Sequence[AnyColumn], problems: list[Misconfigured | str]
) -> tuple[dict[str, str], dict[str, Mapping[str, Any]]]:
    by_name = {column.name: column for column in columns}
    choices: dict[str, str] = {}
    settings: dict[str, Mapping[str, Any]] = {}
    for name, value in section.items():
        if isinstance(value, str):
            if name not in by_name and "*" not in name:
                problems.append(f"columns.{name}: there is no such column{did_you_mean(name, by_name)}")
            choices[name] = value
        elif not isinstance(value, dict):
            problems.append(f"columns.{name}: write a provider's name, or a table of the column's settings")
        else:
            problems += check_column_settings(name, value, by_name)
            settings[name] = value
    return choices, settings


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


def check_column_settings(
    name: str, value: Mapping[str, Any], by_name: Mapping[str, AnyColumn], where: str = "columns"
) -> list[str]:
    """What is wrong with the settings written for one column."""
    column = by_name.get(name)
    if column is None:
        return [f"{where}.{name}: there is no such column{did_you_mean(name, by_name)}"]
    return [
        f"{where}.{name}.{key}: the column has no such setting{did_you_mean(key, column.settings)}"
        for key in value
        if key not in column.settings
    ]


def _names_that_cannot_be_stored(columns: Sequence[AnyColumn]) -> list[Misconfigured]:
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


def _composite(protocols: Sequence[AnyProtocol]) -> type[PropertySettings]:
    bases = tuple(dict.fromkeys(type(p).Settings for p in protocols if type(p).Settings is not PropertySettings))
    return create_model("PropertyOfAll", __base__=bases or PropertySettings)


def _definition(thing: type) -> str:
    return f"{thing.__module__}.{thing.__qualname__}"
