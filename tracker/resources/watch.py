"""Keeps what was opened, and opens it again when its file has changed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import structlog

from tracker.clock import MINUTE, Clock
from tracker.errors import Misconfigured, Problems

logger = structlog.get_logger()


class Versioned(Protocol):
    """Anything a resource may be: an object that tells which version of its data it holds."""

    @property
    def version(self) -> str:
        """Short, and another one whenever the data are others; empty where there are none."""


@dataclass(frozen=True, slots=True)
class Opener:
    """How one resource comes to be."""

    name: str
    """What columns call it: `resource(NAME)`."""
    open: Callable[[], Versioned]
    """Raises `Misconfigured` where that is not possible."""
    file: Path | None = None
    """What may change while the program runs; None: nothing."""


class Resources:
    """What is open, by name. Call it for what columns get now: never changed afterwards, so a batch sees one version.

    Files are looked at once a minute at most, and only when somebody calls. A file that has become unreadable leaves
    what was read before in its place, and is tried again every minute.
    """

    def __init__(self, openers: Sequence[Opener], clock: Clock) -> None:
        """Opens everything. Raises `Problems` with all that cannot be opened."""
        self._openers, self._clock = openers, clock
        self._lock = Lock()
        self._seen = {opener.name: _state(opener.file) for opener in openers}
        self._opened: Mapping[str, Versioned] = _all_open(openers)
        self._problems: dict[str, str] = {}
        self._next_look = clock.now() + MINUTE

    def __call__(self) -> Mapping[str, Any]:
        """What is open, by name; the same mapping as before unless something changed."""
        if self._clock.now() >= self._next_look and self._lock.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._lock.release()
        return self._opened

    def describe(self) -> list[Mapping[str, str]]:
        """Name, version, file and problem of each for which there are data, for `/health`."""
        return [
            {
                "name": opener.name,
                "version": self._opened[opener.name].version,
                "file": str(opener.file or ""),
                "problem": self._problems.get(opener.name, ""),
            }
            for opener in self._openers
            if self._opened[opener.name].version
        ]

    def _look(self) -> None:
        self._next_look = self._clock.now() + MINUTE
        for opener in self._openers:
            state = _state(opener.file)
            if state != self._seen[opener.name]:
                self._open_again(opener, state)

    def _open_again(self, opener: Opener, state: tuple[int, int] | None) -> None:
        try:
            opened = opener.open()
        except Misconfigured as error:
            if self._problems.get(opener.name) != str(error):
                logger.warning("a data file cannot be read, keeping what was read before", problem=str(error))
            self._problems[opener.name] = str(error)
            return
        self._problems.pop(opener.name, None)
        self._seen[opener.name] = state
        self._opened = {**self._opened, opener.name: opened}
        logger.info("a data file was read again", resource=opener.name, version=opened.version)


def _all_open(openers: Sequence[Opener]) -> dict[str, Versioned]:
    opened, problems = {}, []
    for opener in openers:
        try:
            opened[opener.name] = opener.open()
        except Misconfigured as error:
            problems.append(error)
    if problems:
        raise Problems(problems)
    return opened


def _state(file: Path | None) -> tuple[int, int] | None:
    """Tells a file from what it was before, by time and size; None where there is none."""
    try:
        found = file.stat() if file else None
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size) if found else None
