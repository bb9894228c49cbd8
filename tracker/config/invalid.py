"""Turns what pydantic found wrong into sentences: what, where, what was expected, the nearest valid name."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from tracker.config.fields import Key, names_at, sections
from tracker.errors import Misconfigured, did_you_mean

_SECRET = ("token", "secret", "password")


class InvalidSetting(Misconfigured):
    """A key that does not exist, or a value that cannot be.

    `where` names the file and line, the variable or the option; empty where that is not known.
    """

    def __init__(self, key: str, problem: str, where: str = "") -> None:
        super().__init__(key, problem, where)
        self.key, self.problem, self.where = key, problem, where

    def __str__(self) -> str:
        return f"{self.key}{f' ({self.where})' if self.where else ''}: {self.problem}"


def is_secret(name: str) -> bool:
    """True when the value of this key must not be shown."""
    return any(word in name.lower() for word in _SECRET)


def problem(detail: Mapping[str, Any], model: type[BaseModel]) -> str:
    """What is wrong with one value, from one of pydantic's error details for `model`."""
    key = tuple(str(part) for part in detail["loc"])
    if detail["type"] == "extra_forbidden":
        return f"there is no such setting{_nearest(key, model)}"
    expected = str(detail["msg"]).removeprefix("Value error, ").replace("Input should be ", "expected ")
    if detail["type"] == "path_type":
        expected = "expected a path"
    is_shown = detail["type"] not in ("value_error", "missing") and not any(map(is_secret, key))
    return expected.partition(", unable to")[0] + (f", not {detail['input']!r}" if is_shown else "")


def _nearest(key: Key, model: type[BaseModel]) -> str:
    near = did_you_mean(key[-1], names_at(model, key[:-1]))
    if near:
        return near
    homes = [f"{section}.{key[-1]}" for section, kind in sections(model) if key[-1] in kind.model_fields]
    return f" (did you mean {homes[0]!r}?)" if homes else ""
