"""The traffic filters of the settings, each with the properties it is for."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import ValidationError

from tracker.columns.sql import Filter
from tracker.config import FilterSettings, Settings


def filters_of(settings: Settings) -> list[Filter]:
    """Filters for all properties first, then those of single ones, in the order in which they are written.

    A property's filter takes the place of one of the same name for all. Filters that are not valid are left out here:
    the settings of properties report them.
    """
    shared: dict[str, tuple[str, FilterSettings | None]] = {
        name: ("filters", one) for name, one in settings.filters.items()
    }
    shared |= {name: ("defaults.filters", one) for name, one in _valid(settings.defaults)}
    own = {property_id: _own(settings, section) for property_id, section in settings.properties.items()}
    found = [
        _filter(name, one, place, but_not=frozenset(property_id for property_id in own if name in own[property_id]))
        for name, (place, one) in shared.items()
        if one is not None
    ]
    for property_id, filters in own.items():
        place = f"properties.{property_id}.filters"
        found += [_filter(name, one, place, only=property_id) for name, one in filters.items() if one is not None]
    return found


def _own(settings: Settings, section: Mapping[str, Any]) -> dict[str, FilterSettings | None]:
    """A property's own filters, those of `[defaults]` beneath them."""
    beneath = settings.defaults.get("filters")
    return dict(_valid(section, beneath if isinstance(beneath, dict) else {}))


def _valid(
    section: Mapping[str, Any], beneath: Mapping[str, Any] | None = None
) -> Iterator[tuple[str, FilterSettings | None]]:
    filters = section.get("filters", {})
    for name, value in filters.items() if isinstance(filters, dict) else ():
        under = (beneath or {}).get(name)
        try:
            if value is False:
                yield name, None
            elif isinstance(value, dict):
                yield name, FilterSettings.model_validate({**under, **value} if isinstance(under, dict) else value)
        except ValidationError:
            continue


def _filter(
    name: str, one: FilterSettings, place: str, *, only: str | None = None, but_not: frozenset[str] = frozenset()
) -> Filter:
    mode: Literal["exclude", "allow", "test"] = (
        "exclude" if one.exclude is not None else "allow" if one.allow is not None else "test"
    )
    return Filter(name, mode, getattr(one, mode), one.doc or "", f"{place}.{name}", only, but_not)
