"""What batches are computed with, described and numbered: the `schema_epoch` of their rows.

The number is a hash of the description, so the same columns, settings, data files and program give the same number on
every machine, in every warehouse and when tables are built again, and nobody has to agree on it. What is secret has no
place in a description; the order in which things are written makes no difference.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from tracker.columns.graph import Graph, Node, provider_of
from tracker.model import Epoch

STEPS_READ = ("join_by_user_id", "redact_emails")
"""Settings of a property that decide what its rows are without being the input of a column."""
_SECRET = re.compile(
    r"(?:^|_)(?:tokens?|secrets?|passwords?|passphrases?|credentials?|(?:api|private|licen[cs]e)_keys?)(?:_|$)"
)
_COMMON = ""
"""The id of no property: what is found for it holds for all that say nothing else."""

SettingsOf = Callable[[str], Any]
Overrides = Callable[[str, str], Mapping[str, Any]]


def describe(
    graphs: Mapping[str, Graph],
    settings_of: SettingsOf,
    overrides: Overrides,
    properties: Sequence[str],
    common: Mapping[str, Any],
    data_files: Mapping[str, str],
    program: str,
) -> Epoch:
    """The epoch of batches that are computed so.

    `properties` are those with settings of their own; `common` are the settings that belong to none; `data_files` has
    the version of each, `program` is its version. A setting whose name tells that it is secret is left out.
    """
    deciding = _Deciding(graphs)
    own = {name: deciding.values(name, settings_of, overrides) for name in (_COMMON, *properties)}
    usual = own.pop(_COMMON)
    special = {name: different for name in own if (different := _differences(usual, own[name]))}
    settings = {**common, "defaults": usual, "properties": special}
    texts = (program, _text(_columns(graphs)), _text(_plain(settings)), _text(data_files))
    return Epoch(_number(texts), *texts)


def _columns(graphs: Mapping[str, Graph]) -> Mapping[str, Any]:
    """Column -> protocol family -> its version, who provides it and what it is read from.

    Those that are in no table too: what they give decides what the others are.
    """
    found: dict[str, dict[str, Any]] = {}
    for family, graph in graphs.items():
        for node in graph.order:
            if node.column.kind != "interface":
                found.setdefault(node.name, {})[family] = _column(node)
    return found


def _column(node: Node) -> Mapping[str, Any]:
    column = node.column
    about: dict[str, Any] = {"version": column.version}
    if column.implements is not None:
        about["provider"] = provider_of(column)
    if column.keys:
        about["keys"] = list(column.keys)
    return about


class _Deciding:
    """What the columns, boundaries and steps of some graphs see of one property's settings."""

    def __init__(self, graphs: Mapping[str, Graph]) -> None:
        columns = [node.column for graph in graphs.values() for node in graph.order]
        self._read = {*STEPS_READ, *(column.keys[0] for column in columns if column.kind == "setting")}
        self._settings = {column.name: column.settings for column in columns if column.settings}
        self._boundaries = [(family, node) for family, graph in graphs.items() for node in graph.boundaries]

    def values(self, property_id: str, settings_of: SettingsOf, overrides: Overrides) -> dict[str, Any]:
        """Those settings, and the boundaries and column settings that follow from them."""
        own = settings_of(property_id)
        switches = getattr(own, "boundaries", {})
        return {
            **{name: getattr(own, name, None) for name in self._read},
            "boundaries": {
                f"{family}.{node.name}": switches.get(node.name, node.default) for family, node in self._boundaries
            },
            "columns": {name: {**usual, **overrides(name, property_id)} for name, usual in self._settings.items()},
        }


def _differences(common: Mapping[str, Any], own: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a property has otherwise, down to single switches and column settings."""
    found = {}
    for name, value in own.items():
        usual = common.get(name)
        if isinstance(value, dict) and isinstance(usual, dict):
            value = _differences(usual, value)
            if value:
                found[name] = value
        elif value != usual:
            found[name] = value
    return found


def _plain(value: Any) -> Any:
    """A setting as JSON has it, without anything secret inside."""
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items() if not _is_secret(str(name), inner)}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, set | frozenset):
        return sorted(_plain(inner) for inner in value)
    return value if isinstance(value, str | int | float | None) else str(value)


def _is_secret(name: str, value: Any) -> bool:
    if isinstance(value, Mapping):
        return False  # a column or a property may be called so: what is in it is looked at by itself
    inside = value if isinstance(value, list | tuple) else (value,)
    return bool(_SECRET.search(name.lower())) or any(hasattr(one, "get_secret_value") for one in inside)


def _text(description: Any) -> str:
    return json.dumps(description, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _number(texts: Sequence[str]) -> int:
    """63 bits, never negative: every warehouse has a type for that."""
    digest = blake2b(_text(list(texts)).encode(), digest_size=8, person=b"schema_epoch").digest()
    return int.from_bytes(digest, "big") >> 1
