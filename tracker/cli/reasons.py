"""What there is to say of one event: how it came in, what it was grouped with, what became of it, its values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tracker.cli.values import Step
from tracker.cli.whereabouts import Place
from tracker.errors import Misconfigured
from tracker.model import Hit

Outcome = Literal["written", "duplicate", "filtered", "dead", "planned", "open", "missing"]
MEANINGS: Mapping[str, str] = {
    "written": "a row of the table",
    "duplicate": "no row: it repeats an event that is one",
    "filtered": "no row: a rule leaves it out",
    "dead": "no row but a dead letter: it could not be written",
    "planned": "no row yet: its session is over, and a warehouse has yet to take it",
    "open": "no row yet: its session may go on",
    "missing": "no row, although today's code and settings make it one: the row was removed, or they were others then",
}
CLOSINGS: Mapping[str, str] = {
    "timeout": "nothing more came in time",
    "cap_hits": "it held as many hits as one may",
    "cap_duration": "it lasted as long as one may",
    "quota": "too much was open at once",
}
"""Why a protosession closed."""


class NoEvent(Misconfigured):
    """No event has that id or place."""

    def __init__(self, wanted: str, why: str) -> None:
        super().__init__(wanted, why)
        self.wanted, self.why = wanted, why

    def __str__(self) -> str:
        return f"there is no event {self.wanted}: {self.why}"


@dataclass(frozen=True, slots=True)
class Grouping:
    """The protosession, as it was closed or as it is so far."""

    hits: int
    clients: Sequence[str]
    first_received_at: int
    last_received_at: int
    closed_because: str | None
    """None while it is open."""
    continues: str | None
    plan: int | None
    log_time: int | None
    kept: str
    """Where its records are now."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """The session of the event, and why it begins where it does."""

    session_id: str
    events: int
    number: int
    """Which of them this one is, from 0."""
    joined_by: str | None
    clients: Sequence[str]
    split_cause: str | None
    split_doc: str
    split_inputs: Sequence[tuple[str, Sequence[Any], Any]]
    """What the boundary looks at: column, its values in the session before, and on this one's first event."""
    source_rule: str | None
    source_doc: str
    source_event: int | None
    """Number of the event that says where the session came from."""


@dataclass(frozen=True, slots=True)
class Value:
    """One column of the table: what is stored, and what is computed now."""

    step: Step
    stored: Any
    differs: bool


@dataclass(frozen=True, slots=True)
class Why:
    """Everything there is to say of one event."""

    place: Place
    hit: Hit
    name: str | None
    """What happened; None where the event has no name."""
    outcome: Outcome
    reason: str
    until: int | None
    """Open only: when its protosession closes if nothing more comes."""
    sent: Sequence[tuple[str, str, list[str]]]
    """Parameter, value as sent, and the columns that read it."""
    grouping: Grouping
    beginning: Beginning | None
    is_whole: bool
    """Whether today it comes as far as its session, so that columns of the session have values."""
    repeats: Place | None
    """Duplicates only: the event that is a row in its place."""
    is_stored: bool
    """Whether the stored row could be read."""
    values: Sequence[Value]
    notes: Sequence[str]
