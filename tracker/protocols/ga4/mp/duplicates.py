"""Names that stand twice in one object of a JSON text. Parsers take the last and say nothing."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tracker.protocols.ga4.mp.messages import Message


class _Object(dict[str, Any]):
    """An object as it was read, and its names that stood more than once."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        counts = Counter(name for name, _ in pairs) if len(self) < len(pairs) else {}
        self.twice = [name for name, count in counts.items() if count > 1]


def duplicate_messages(raw: bytes) -> Iterator[Message]:
    """One message for each name that is not the only one of its object. Nothing for what is no JSON."""
    try:
        content = json.loads(raw, object_pairs_hook=_Object)
    except (ValueError, RecursionError):
        return
    waiting: list[tuple[str, Any]] = [("", content)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, _Object):
            for name in value.twice:
                own = f"{path}.{name}".removeprefix(".")
                yield Message(own, "The name stands more than once in one object.", "NAME_DUPLICATED")
            waiting += [(f"{path}.{name}".removeprefix("."), member) for name, member in reversed(value.items())]
        elif isinstance(value, list):
            waiting += [(f"{path}[{index}]", member) for index, member in reversed(list(enumerate(value)))]
