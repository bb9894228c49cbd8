"""All settings from where they were written: defaults < `tracker.toml` < `TRACKER_*` variables < the command line.

Every problem is reported at once, with the line of the file or the variable it stands in. `[defaults]` and
`[properties.ID]` are taken as they are: `property_settings` checks them once it is known which protocols there are.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tracker.config.environment import PREFIX, from_environment
from tracker.config.fields import Key
from tracker.config.invalid import InvalidSetting, problem
from tracker.config.reference import settings_reference
from tracker.config.sections import property_settings
from tracker.config.settings import Settings
from tracker.config.toml_lines import line_of
from tracker.errors import Misconfigured, Problems

__all__ = ["Loaded", "UnreadableFile", "load", "property_settings", "settings_reference"]

FILE_NAME = "tracker.toml"

Layer = dict[Key, tuple[Any, str]]
"""Values by key, each with where it was written."""


class UnreadableFile(Misconfigured):
    """A settings file that is missing or no TOML."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(file, reason)
        self.file, self.reason = file, reason

    def __str__(self) -> str:
        return f"cannot read the settings file {self.file}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, and where each came from."""

    settings: Settings
    origins: Mapping[str, str]
    """By dotted key: `default`, the settings file, the variable's name, or the option's name."""
    file: Path | None
    """The settings file that was read."""


def load(*, file: Path | None, environ: Mapping[str, str], overrides: Mapping[str, Any]) -> Loaded:
    """Resolve all settings.

    `file` must exist where it is given; without it the file that `TRACKER_CONFIG` names, `./tracker.toml` and
    `DATA/tracker.toml` are tried in that order. `overrides` are command-line values by dotted key; None means that the
    option was not given. Raises `Problems` with every unknown key and bad value.
    """
    variables = {name: value for name, value in environ.items() if name.upper().startswith(PREFIX) and value}
    options = {tuple(key.split(".")): value for key, value in overrides.items() if value is not None}
    file = file or _file(variables, options)
    text = _read(file) if file else ""
    written: Layer = {key: (value, str(file)) for key, value in _leaves(_parse(file, text))} if file else {}
    written |= from_environment(variables, written)
    written |= {key: (value, "--" + key[-1].replace("_", "-")) for key, value in options.items()}
    try:
        settings = Settings.model_validate(_tree(written))
    except ValidationError as error:
        raise Problems([_invalid(detail, written, file, text) for detail in error.errors()]) from None
    return Loaded(settings, _origins(settings, written), file)


def _file(variables: Mapping[str, str], options: Mapping[Key, Any]) -> Path | None:
    named = {name.upper(): value for name, value in variables.items()}
    if f"{PREFIX}CONFIG" in named:
        return Path(named[f"{PREFIX}CONFIG"])
    data = Path(options.get(("data",)) or named.get(f"{PREFIX}DATA") or Settings.model_fields["data"].default)
    return next((path for path in (Path(FILE_NAME), data / FILE_NAME) if path.is_file()), None)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UnreadableFile(file, "it is not UTF-8") from None
    except OSError as error:
        raise UnreadableFile(file, (error.strerror or str(error)).lower()) from None


def _parse(file: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UnreadableFile(file, f"it is no TOML: {error}") from None


def _leaves(value: Any, key: Key = ()) -> Iterator[tuple[Key, Any]]:
    if isinstance(value, dict) and (value or not key):
        for name, inner in value.items():
            yield from _leaves(inner, (*key, str(name)))
    else:
        yield key, value


def _tree(written: Layer) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for key, (value, _) in written.items():
        at = tree
        for name in key[:-1]:
            inner = at.get(name)
            at[name] = at = inner if isinstance(inner, dict) else {}
        if value != {} or not isinstance(at.get(key[-1]), dict):
            at[key[-1]] = value
    return tree


def _origins(settings: Settings, written: Layer) -> dict[str, str]:
    origin = {key: where for key, (_, where) in written.items()}
    return {".".join(key): origin.get(key, "default") for key, _ in _leaves(settings.model_dump(mode="json"))}


def _invalid(detail: Mapping[str, Any], written: Layer, file: Path | None, text: str) -> InvalidSetting:
    key = tuple(str(part) for part in detail["loc"])
    near = [known for known in written if known[: len(key)] == key[: len(known)]]
    full = max(near, key=len, default=key)
    where = written[full][1] if near else ""
    line = line_of(text, key) if where == str(file) else None
    return InvalidSetting(".".join(key), problem(detail, Settings), f"{where} line {line}" if line else where)
