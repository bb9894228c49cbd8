"""The settings of each property, looked up by the id that tags send."""

from collections.abc import Mapping
from typing import Generic, TypeVar

from tracker.config.settings import PropertySettings

SettingsT = TypeVar("SettingsT", bound=PropertySettings)


class Properties(Generic[SettingsT]):
    """Settings by property id. A property without a section has the defaults, unless strangers are refused."""

    def __init__(self, known: Mapping[str, SettingsT], default: SettingsT, *, properties_only: bool = False) -> None:
        self.known, self.default, self.properties_only = dict(known), default, properties_only

    def of(self, property_id: str) -> SettingsT | None:
        """The settings of a property; None: refuse it."""
        return self.known.get(property_id) or (None if self.properties_only else self.default)

    def always(self, property_id: str) -> SettingsT:
        """The settings of a property that was accepted once, whatever is refused now."""
        return self.known.get(property_id, self.default)
