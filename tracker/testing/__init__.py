"""For plugin authors: what to test a protocol, a column or a driver with. Nothing here is needed to run the tracker.

Names are loaded when they are first used, so that a test suite without pytest can use those that do not need it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracker.testing.drivers import DriverContract

_HOMES = {"DriverContract": "drivers"}

__all__ = ["DriverContract"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
