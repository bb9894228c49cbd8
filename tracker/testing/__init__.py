"""For plugin authors: what to test a protocol, a column or a driver with. Nothing here is needed to run the tracker.

Names are loaded when they are first used, so that a test suite without pytest can use those that do not need it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracker.testing.clock import FakeClock
    from tracker.testing.drivers import DriverContract
    from tracker.testing.hits import make_hit, make_hits, make_request
    from tracker.testing.protocols import ProtocolContract
    from tracker.testing.rows import compute_batch, compute_rows
    from tracker.testing.runs import events

_HOMES = {
    "DriverContract": "drivers",
    "FakeClock": "clock",
    "ProtocolContract": "protocols",
    "compute_batch": "rows",
    "compute_rows": "rows",
    "events": "runs",
    "make_hit": "hits",
    "make_hits": "hits",
    "make_request": "hits",
}

__all__ = [
    "DriverContract",
    "FakeClock",
    "ProtocolContract",
    "compute_batch",
    "compute_rows",
    "events",
    "make_hit",
    "make_hits",
    "make_request",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
