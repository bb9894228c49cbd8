"""Finds plugins: built-ins, entry points, the files of a plugins folder. Asks each what it brings."""

import importlib.util
import inspect
import sys
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy

from tracker import hookspecs
from tracker.columns.column import Column
from tracker.columns.core import plugin as core_columns
from tracker.errors import Misconfigured, did_you_mean
from tracker.plugins.check import PluginError
from tracker.protocols.ga4 import plugin as ga4
from tracker.protocols.matomo import plugin as matomo
from tracker.warehouse import plugin as drivers

HOOKS = ("tracker_protocols", "tracker_columns", "tracker_drivers")
BUILT_IN: Sequence[ModuleType] = (core_columns, ga4, matomo, drivers)


def plugin_manager(
    plugins_dir: Path | None, problems: list[Misconfigured | str], *, entry_points: bool
) -> pluggy.PluginManager:
    """All plugins, registered; what cannot be is added to `problems`."""
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


def brought(manager: pluggy.PluginManager, hook: str, problems: list[Misconfigured | str]) -> list[tuple[str, Any]]:
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
