"""Where the rows of each property go: to which sinks, and into which tables there."""

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Any

from tracker.config import Properties, PropertySettings, WarehouseSettings
from tracker.warehouse.asked import UnknownSink
from tracker.warehouse.tables import Tables, contradictions, tables_of


class Destinations:
    """Answers by property and by sink. A property without a section goes where `[defaults]` says."""

    def __init__(self, settings: WarehouseSettings, properties: Properties[Any]) -> None:
        self._settings, self._properties = settings, properties
        self._known = {name: tables_of(settings, own) for name, own in properties.known.items()}

    def tables_of(self, property_id: str) -> Tables:
        """The table set of a property."""
        return self._known.get(property_id, self._default)

    def takes(self, sink: str) -> Callable[[str], bool]:
        """Tells of a property whether its rows go into a sink."""
        return partial(self._goes_to, sink)

    def sets(self, sink: str | None = None) -> tuple[Tables, ...]:
        """The different table sets of a sink, or of all, that of most properties first."""
        found = [own for _, section, own in self._sections() if sink is None or _takes(section, sink)]
        return tuple(dict.fromkeys(found))

    def problems(self) -> Iterator[str]:
        """What cannot be, a sentence each."""
        names = self._settings.sinks
        for name, section, _ in self._sections():
            for sink in section.sinks:
                if sink not in names and (name == "defaults" or sink not in self._properties.default.sinks):
                    yield f"{name}.sinks: {UnknownSink(sink, names)}"
        yield from contradictions([(name, own) for name, _, own in self._sections()])

    @cached_property
    def _default(self) -> Tables:
        return tables_of(self._settings, self._properties.default)

    def _goes_to(self, sink: str, property_id: str) -> bool:
        return _takes(self._properties.always(property_id), sink)

    def _sections(self) -> Iterator[tuple[str, PropertySettings, Tables]]:
        yield "defaults", self._properties.default, self._default
        for name, own in self._properties.known.items():
            yield f"properties.{name}", own, self._known[name]


def _takes(own: PropertySettings, sink: str) -> bool:
    return not own.sinks or sink in own.sinks
