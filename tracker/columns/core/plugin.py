"""Brings the core columns."""

from collections.abc import Sequence
from types import ModuleType

from tracker.columns.core import MODULES
from tracker.hookspecs import hookimpl


@hookimpl
def tracker_columns() -> Sequence[ModuleType]:
    """Every module of core columns."""
    return MODULES
