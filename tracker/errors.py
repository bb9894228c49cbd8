"""Errors, sorted by what the caller should do about them.

An exception carries its facts as attributes and builds its sentence in `__str__`.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class TrackerError(Exception):
    """Anything this program raises on purpose."""


class Retry(TrackerError):
    """The same call may succeed later; nothing was done."""


class Reject(TrackerError):
    """This input is bad and will stay bad; the next one may be fine."""


class Misconfigured(TrackerError):
    """Somebody has to change a setting, a plugin or a file before this can work."""


class Broken(TrackerError):
    """A promise of this program does not hold; stop rather than go on."""


class Problems(Misconfigured):
    """Everything wrong with a configuration or a set of plugins, shown at once."""

    def __init__(self, problems: Sequence[Misconfigured | str]) -> None:
        super().__init__(problems)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems]
        return lines[0] if len(lines) == 1 else "\n".join([f"{len(lines)} problems:", *(f"- {line}" for line in lines)])


class LogFull(Retry):
    """The log reached the share of its quota that receivers may use."""

    def __init__(self, used: int, quota: int) -> None:
        super().__init__(used, quota)
        self.used, self.quota = used, quota

    def __str__(self) -> str:
        return f"the log holds {self.used:,} of {self.quota:,} bytes; nothing was accepted"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of an error sentence: the nearest known name, or nothing."""
    nearest = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" (did you mean {nearest[0]!r}?)" if nearest else ""
