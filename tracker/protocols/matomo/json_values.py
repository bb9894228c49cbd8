"""JSON inside a parameter: items, categories, custom variables. Senders write all kinds of things there; nothing
here raises.
"""

import json
from collections.abc import Callable
from math import isfinite
from typing import Any

import orjson

from tracker.columns import ops


def read(texts: Any, function: Callable[[str], Any], kind: Any) -> Any:
    """`function` of each text, called once per distinct text of the batch.

    Nothing is remembered for the next batch: such texts may be long, and the long ones rarely come again.
    """
    return ops.per_distinct(texts, function, kind, version=object())


def decoded(text: str) -> Any:
    """What a JSON text says; None where it is none, or is nested too deeply."""
    try:
        return orjson.loads(text)
    except ValueError:
        pass
    try:  # lone surrogates, line breaks inside texts
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def text_of(value: object) -> str | None:
    """A text as it is, a number or a truth as JSON writes it; None for anything else, also for null and NaN."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) or (isinstance(value, float) and isfinite(value)):
        return str(value)
    return None
