"""Hits that end the program when somebody looks at them before their time.

A hit that kills the process is put aside when its plan is written, after several deaths. Until then nothing else may
die of it again and again: what computes hits for an answer says so in a file first, and after two deaths leaves alone
what it was looking at.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import orjson

DEATHS = 2
"""Deaths after which hits are left alone: one may be anybody's doing."""


class Suspects:
    """Kept in one file, which is there only while hits are looked at and after a death. Of one process at a time."""

    def __init__(self, path: Path, log_id: str) -> None:
        """What the file says of another log is forgotten."""
        self._path = path
        self._nothing: dict[str, Any] = {"log": log_id, "avoid": {}, "deaths": 0, "tried": {}}

    def before(self, partition: int) -> int:
        """Protosessions with a hit before this offset must be left alone."""
        return int(self._read()["avoid"].get(str(partition), 0))

    @contextmanager
    def trying(self, ends: Mapping[int, int]) -> Iterator[None]:
        """Around a look at hits before `ends`, by partition."""
        state = self._read()
        tried = {str(partition): end for partition, end in ends.items()}
        self._write({**state, "deaths": state["deaths"] + 1, "tried": {**state["tried"], **tried}})
        try:
            yield
        finally:  # an exception is no death
            self._write({**state, "deaths": 0, "tried": {}})

    def _read(self) -> dict[str, Any]:
        state = self._nothing
        with suppress(OSError, orjson.JSONDecodeError):
            state = orjson.loads(self._path.read_bytes())
        if state.get("log") != self._nothing["log"]:
            return self._nothing
        if state["deaths"] >= DEATHS:
            return {**self._nothing, "avoid": {**state["avoid"], **state["tried"]}}
        return state

    def _write(self, state: Mapping[str, Any]) -> None:
        with suppress(OSError):  # a folder that cannot be written, or a full disk: then without this care
            if state["avoid"] or state["deaths"]:
                self._path.write_bytes(orjson.dumps(state))
            else:
                self._path.unlink(missing_ok=True)
