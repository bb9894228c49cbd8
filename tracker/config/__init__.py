"""Settings: every one documented where it stands, from a TOML file, the environment and the command line."""

from tracker.config.durations import Duration, format_duration, parse_duration
from tracker.config.properties import Properties
from tracker.config.settings import (
    FilterSettings,
    LogSettings,
    PropertySettings,
    ReceiverSettings,
    Section,
    SessionSettings,
    Settings,
    SinkSettings,
    Size,
    SnapshotSettings,
    SqlSettings,
    WarehouseSettings,
    WorkerSettings,
)

__all__ = [
    "Duration",
    "FilterSettings",
    "LogSettings",
    "Properties",
    "PropertySettings",
    "ReceiverSettings",
    "Section",
    "SessionSettings",
    "Settings",
    "SinkSettings",
    "Size",
    "SnapshotSettings",
    "SqlSettings",
    "WarehouseSettings",
    "WorkerSettings",
    "format_duration",
    "parse_duration",
]
