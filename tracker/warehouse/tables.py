"""Which tables the rows of a property go to, and what those tables are called."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from tracker.config import PropertySettings, WarehouseSettings

Kind = Literal["wide", "split"]

_EVENTS = "events"


@dataclass(frozen=True, slots=True)
class Tables:
    """A table of events and what belongs to it. Properties with the same table of events share all of it."""

    layout: Kind = "wide"
    """`wide`: session columns stand on every event. `split`: they stand in a table of their own."""
    events: str = _EVENTS
    sessions: str = "sessions"
    """One row for each session: a table where the layout is split, a view where it is wide."""

    @property
    def prefix(self) -> str:
        """What the names of ready views begin with: nothing for `events`, `shop_` for `shop_events`."""
        return _prefix(self.events)


def tables(layout: Kind, events: str, sessions: str | None = None) -> Tables:
    """A table set; the table of sessions is called after that of events unless it has a name of its own."""
    return Tables(layout, events, sessions or f"{_prefix(events)}sessions")


def tables_of(common: WarehouseSettings, own: PropertySettings) -> Tables:
    """The table set of a property."""
    events = own.events_table or common.events_table
    inherited = common.sessions_table if events == common.events_table else None
    return tables(own.layout or common.layout, events, own.sessions_table or inherited)


def contradictions(sets: Sequence[tuple[str, Tables]]) -> Iterator[str]:
    """What cannot be about the table sets of several settings sections, (section, its tables), in words."""
    first: dict[str, tuple[str, Tables]] = {}
    users: dict[str, tuple[str, str]] = {}
    prefixes: dict[str, str] = {}
    for section, own in sets:
        before, known = first.setdefault(own.events, (section, own))
        if own.layout != known.layout:
            yield (
                f"{section}: layout {own.layout} in the table {own.events}, which {before} fills with layout "
                f"{known.layout}; give one of them another events_table"
            )
        elif own.sessions != known.sessions:
            yield (
                f"{section}: sessions_table {own.sessions} beside the table {own.events}, which {before} has "
                f"{known.sessions} beside; give one of them another events_table"
            )
        if (same := prefixes.setdefault(own.prefix, own.events)) != own.events:
            yield f"{section}: events_table {own.events} would have views of the same names as {same}; choose another"
        for name, role in ((own.events, "events"), (own.sessions, "sessions")):
            if name.startswith("tracker_"):
                yield f"{section}: {role}_table {name}: names that begin with tracker_ are the tracker's own"
            user, of = users.setdefault(name, (role, own.events))
            if (user, of) != (role, own.events):
                yield f"{section}: {role}_table {name} is the {user} table beside {of} already; choose another name"


def _prefix(events: str) -> str:
    return events.removesuffix(_EVENTS) if events.endswith(_EVENTS) else f"{events}_"
