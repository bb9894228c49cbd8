"""What must hold before the tracker starts. Every problem is found at once, before anything is written."""

import os
import tempfile
from collections.abc import Callable
from typing import Any

from tracker.config import Properties, PropertySettings, Settings
from tracker.errors import Misconfigured, Problems, TrackerError

Problem = Misconfigured | str


def problems(settings: Settings) -> list[Problem]:
    """Why the tracker would not work with `settings`; empty where it would."""
    checks: list[Callable[[Settings], list[Problem]]] = [data_folder, ports, data_files, plugins_and_properties]
    return [problem for check in checks for problem in check(settings)]


def data_folder(settings: Settings) -> list[Problem]:
    """The data folder can be written and is on this machine."""
    data = settings.data.absolute()
    existing = next(path for path in (data, *data.parents) if path.exists())
    if not existing.is_dir():
        return [f"the data folder {settings.data} cannot be: {existing} is a file"]
    try:
        tempfile.TemporaryFile(dir=existing).close()
    except OSError as error:
        return [f"the data folder {settings.data} cannot be written: {os.strerror(error.errno or 0).lower()}"]
    from tracker.worker.folder import network_file_system

    if kind := network_file_system(existing):
        return [f"the data folder {settings.data} is on a network file system ({kind}); the log needs a local disk"]
    return []


def ports(settings: Settings) -> list[Problem]:
    """Hits and administration do not want one port."""
    receiver = settings.receiver
    if receiver.port == receiver.admin_port != 0:
        return [f"receiver.port and receiver.admin_port are both {receiver.port}; they must differ"]
    return []


def data_files(settings: Settings) -> list[Problem]:
    """Files with data that columns look things up in can be read."""
    from tracker import app

    try:
        app.resources(settings)
    except TrackerError as error:
        return _each(error)
    return []


def plugins_and_properties(settings: Settings) -> list[Problem]:
    """Plugins load, warehouses and properties are valid, and partitions keep together what sessions join."""
    from tracker import app

    found: list[Problem] = []
    try:
        registry = app.registry(settings)
    except TrackerError as error:
        return _each(error)
    for name, sink in settings.warehouse.sinks.items():
        try:
            app.driver(settings, registry, name, sink)
        except TrackerError as error:
            found += _each(error)
    try:
        return found + partitions(settings, app.properties(settings, registry))
    except TrackerError as error:
        return found + _each(error)


def _each(error: TrackerError) -> list[Problem]:
    return list(error.problems) if isinstance(error, Problems) else [str(error)]


def partitions(settings: Settings, properties: Properties[Any]) -> list[Problem]:
    """With partitions by client nothing may join clients: they would stand in different logs.

    `properties` must have what they take from `[sessions]`.
    """
    if settings.log.partitions == 1 or settings.log.partition_by == "property":
        return []
    sections = {f"[properties.{name}]": section for name, section in properties.known.items()}
    return [
        f"{where} joins clients by {' and '.join(how)}, but log.partitions = {settings.log.partitions} keeps clients"
        ' apart: set log.partition_by = "property", or log.partitions = 1, or switch the joining off'
        ' (join_by_user_id = false, join_by_stamp = "off")'
        for where, section in {"[sessions]": properties.default, **sections}.items()
        if (how := _joins(section))
    ]


def _joins(section: PropertySettings) -> list[str]:
    return ["user id"] * bool(section.join_by_user_id) + ["stamp"] * (section.join_by_stamp != "off")
