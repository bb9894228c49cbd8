"""Settings in environment variables: `TRACKER_SESSIONS__TIMEOUT=2s` sets `sessions.timeout`.

Names are read without case; two underscores stand between a section and a key. Lists are written as JSON or with
commas, whole sections as JSON. An empty variable counts as not set.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, get_origin

from tracker.config.fields import Key, type_at
from tracker.config.settings import PropertySettings, Settings

PREFIX = "TRACKER_"


def from_environment(variables: Mapping[str, str], known: Iterable[Key]) -> dict[Key, tuple[Any, str]]:
    """(value, variable name) by key. `known` are keys written elsewhere: a property's id is matched to one of them."""
    ids = {_plain(key[1]): key[1] for key in known if key[0] == "properties" and len(key) > 1}
    found: dict[Key, tuple[Any, str]] = {}
    for name, text in variables.items():
        if name.upper() == f"{PREFIX}CONFIG":
            continue
        key = _key(name[len(PREFIX) :], ids)
        for below, value in _leaves(_value(text, _type(key), key), key):
            found[below] = (value, name)
    return found


def variable(key: Key) -> str:
    """The name of the variable that sets `key`."""
    return PREFIX + "__".join(key).upper()


def _key(name: str, ids: Mapping[str, str]) -> Key:
    first, *rest = name.split("__")
    if first.lower() == "properties" and rest:
        return ("properties", ids.get(_plain(rest[0]), rest[0]), *(part.lower() for part in rest[1:]))
    return tuple(part.lower() for part in (first, *rest))


def _plain(id: str) -> str:
    return id.upper().replace("-", "_")


def _type(key: Key) -> Any:
    if key[0] == "defaults" and len(key) > 1:
        return type_at(PropertySettings, key[1:])
    if key[0] == "properties" and len(key) > 2:
        return type_at(PropertySettings, key[2:])
    return type_at(Settings, key)


def _value(text: str, kind: Any, key: Key) -> Any:
    if get_origin(kind) is tuple and not text.lstrip().startswith("["):
        return [part.strip() for part in text.split(",")]
    if text.lstrip().startswith(("[", "{")) or key[0] == "columns":
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def _leaves(value: Any, key: Key) -> Iterable[tuple[Key, Any]]:
    if not isinstance(value, dict) or not value:
        return [(key, value)]
    return [leaf for name, inner in value.items() for leaf in _leaves(inner, (*key, name))]
