"""Starts receivers."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.receiver.world import MemoryLog, Serve, ToyProtocol, World
from tracker.clock import SystemClock
from tracker.config import Properties, PropertySettings, ReceiverSettings
from tracker.metrics import new_metrics
from tracker.model import Hit
from tracker.receiver.connection import Patience
from tracker.receiver.server import Receiver


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts receivers with any setting, and with `log`, `clock`, `protocols`, `health` and such replaced."""
    worlds: list[World] = []

    async def start(**options: Any) -> World:
        known = {name: options.pop(name) for name in list(options) if name not in ReceiverSettings.model_fields}
        log, metrics, hits = known.pop("log", None) or MemoryLog(), new_metrics(), list[Hit]()

        def encode(hit: Hit) -> bytes:
            if b"poison" in hit.body:
                raise ValueError("cannot be encoded")
            hits.append(hit)
            return hit.body

        async def nothing() -> dict[str, Any]:
            return {}

        async def no_metrics() -> bytes:
            return b""

        arguments: dict[str, Any] = {
            "settings": ReceiverSettings(**{"port": 0, "admin_port": 0, **options}),
            "protocols": [ToyProtocol()],
            "properties": Properties({}, PropertySettings()),
            "append": log.append,
            "encode": encode,
            "partition_of": lambda hit: 0,
            "secret": b"s" * 32,
            "stamp": lambda raw, property_id: None,
            "clock": SystemClock(),
            "metrics": metrics,
            "kept_headers": frozenset({"user-agent"}),
            "log_state": lambda: (log.used, 100),
            "health": nothing,
            "more_metrics": no_metrics,
            "patience": Patience(stop=0.1),
        }
        world = World(Receiver(**{**arguments, **known}), log, metrics, hits)
        await world.receiver.start()
        worlds.append(world)
        return world

    yield start
    for world in worlds:
        world.close()
        world.log.gate.set()
        await world.receiver.stop()
