"""Finds plugins, asks them what they bring, and checks all of it at start-up.

The built-in protocols, columns and drivers are plugins like any other.
"""

from tracker.plugins.check import PluginError
from tracker.plugins.filters import filters_of
from tracker.plugins.find import BUILT_IN, HOOKS
from tracker.plugins.registry import Registry, driver_settings, load
from tracker.plugins.written import check_column_settings

__all__ = [
    "BUILT_IN",
    "HOOKS",
    "PluginError",
    "Registry",
    "check_column_settings",
    "driver_settings",
    "filters_of",
    "load",
]
