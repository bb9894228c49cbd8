"""The library that reads user agents, where the settings choose one that has to be installed."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib import metadata, util
from typing import Any

from tracker.columns.core.device_agents import DEVICE_DETECTOR
from tracker.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Library:
    """An installed library."""

    version: str


def is_chosen(columns: Mapping[str, Any]) -> bool:
    """Whether the `[columns]` section asks for device-detector."""
    return any(value == DEVICE_DETECTOR and fnmatchcase("detected_device", name) for name, value in columns.items())


def open_device_detector() -> Library:
    """Its version. Raises `Misconfigured` where it is not installed."""
    if util.find_spec("device_detector") is None:
        raise Misconfigured(
            f'columns.detected_device = "{DEVICE_DETECTOR}": it is not installed; pip install'
            " 'tracker[device-detector]', or leave the setting out for ua-parser"
        )
    return Library(metadata.version("device-detector"))
