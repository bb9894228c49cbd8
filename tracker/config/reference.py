"""`docs/settings.md`, made from the settings classes: their types, defaults and docstrings."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, BeforeValidator

from tracker.config.durations import parse_duration
from tracker.config.environment import variable
from tracker.config.fields import annotation, sections
from tracker.config.settings import FilterSettings, PropertySettings, Settings, SinkSettings, parse_size

_INTRODUCTION = """\
# Settings

Made from the settings classes; change them there.

Settings come from `tracker.toml`, then from `TRACKER_*` environment variables, then from the command line; the later
wins. The file is the one given with `--config` or `TRACKER_CONFIG`, else `./tracker.toml`, else `tracker.toml` in the
data folder. In a variable's name two underscores stand between a section and a key; lists are written with commas or as
JSON; an empty variable counts as not set. `tracker check` shows what is in force and where it came from.

Durations are written as `30m`, `2s` or `1h30m`, sizes as `64KB` or `10GB`. An unknown key is an error.
"""
_SINKS = """\
One section for each warehouse; further keys are the driver's own settings. Without any there is one, `main`, a DuckDB
file in the data folder.
"""
_PROPERTIES = """\
One `[properties.ID]` section for each site or app, by the id its tag sends (`G-ABC123`, or `1` for Matomo). What a
property does not set is taken from `[defaults]`. Environment variables are `TRACKER_DEFAULTS__KEY` and
`TRACKER_PROPERTIES__ID__KEY`, with the id's `-` written as `_`.
"""
_SINK = ("warehouse", "sinks", "NAME")
_WORDS: dict[Any, str] = {
    str: "text", int: "number", float: "number", bool: "true or false", Path: "path", Any: "any", dict: "table",
}  # fmt: skip


def settings_reference(
    properties: type[PropertySettings] = PropertySettings, drivers: Mapping[str, type[BaseModel]] | None = None
) -> str:
    """The page, as Markdown. `properties` joins the property settings of all protocols; `drivers` holds theirs."""
    parts = [_INTRODUCTION, "## General\n", _table(Settings, (), _plain(Settings))]
    for name, section in sections(Settings):
        parts += [f"## [{name}]\n", _doc(section), _table(section, (name,), _plain(section))]
        if name == "warehouse":
            parts += ["### [warehouse.sinks.NAME]\n", _SINKS, _table(SinkSettings, _SINK, ["driver"])]
            parts += [part for driver, own in (drivers or {}).items() for part in _driver(driver, own)]
    parts += [
        "## [defaults] and [properties.ID]\n",
        _PROPERTIES,
        _table(properties, None, list(properties.model_fields)),
    ]
    filters = _table(FilterSettings, ("filters", "NAME"), list(FilterSettings.model_fields))
    parts += ["## [filters.NAME]\n", _doc(FilterSettings), filters]
    parts += ["## [columns]\n", _line(Settings.model_fields["columns"].description) + "\n"]
    return "\n".join(parts)


def driver_reference(model: type[BaseModel]) -> str:
    """The table of a driver's own settings, for the page about its warehouse."""
    return _table(model, None, _own(model))


def _driver(name: str, model: type[BaseModel]) -> list[str]:
    return [f'With `driver = "{name}"`:\n', _table(model, _SINK, _own(model))]


def _own(model: type[BaseModel]) -> list[str]:
    return [field for field in model.model_fields if field not in SinkSettings.model_fields]


def _plain(model: type[BaseModel]) -> list[str]:
    left_out = {name for name, _ in sections(model)} | {"sinks", "columns", "filters", "defaults", "properties"}
    return [name for name in model.model_fields if name not in left_out]


def _doc(model: type[BaseModel]) -> str:
    return _line(model.__doc__) + "\n"


def _table(model: type[BaseModel], key: tuple[str, ...] | None, names: list[str]) -> str:
    """`key`: that of the section, where its settings have variables of their own."""
    heads = ["key", "type", "default", "meaning"] if key is None else ["key", "type", "default", "variable", "meaning"]
    rows = [heads, ["---"] * len(heads), *(_row(model, key, name) for name in names)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(model: type[BaseModel], key: tuple[str, ...] | None, name: str) -> list[str]:
    meaning = _line(model.model_fields[name].description)
    named = [] if key is None else [f"`{variable((*key, name))}`"]
    return [f"`{name}`", " or ".join(_words(annotation(model, name))), _default(model, name), *named, meaning]


def _default(model: type[BaseModel], name: str) -> str:
    shown = model.model_construct().model_dump(mode="json", include={name})[name]
    if shown is None or shown in ([], {}):
        return ""
    if isinstance(shown, list):
        return ", ".join(f"`{part}`" for part in shown)
    return f"`{str(shown).lower() if isinstance(shown, bool) else shown}`"


def _words(kind: Any) -> Iterator[str]:
    if get_origin(kind) is Annotated:
        bare, *metadata = get_args(kind)
        parsers = {part.func for part in metadata if isinstance(part, BeforeValidator)}
        special = [word for parser, word in ((parse_duration, "duration"), (parse_size, "size")) if parser in parsers]
        yield from special or _words(bare)
    elif get_origin(kind) is Literal:
        yield from (f"`{value}`" for value in get_args(kind))
    elif get_origin(kind) is tuple:
        yield "list of " + " or ".join(_words(get_args(kind)[0]))
    elif get_origin(kind) in (None, dict):
        yield from [_WORDS.get(get_origin(kind) or kind, "text")] if kind is not type(None) else []
    else:
        for part in get_args(kind):
            yield from _words(part)


def _line(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")
