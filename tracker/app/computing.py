"""What turns plans into batches."""

from collections.abc import Callable, Mapping
from typing import Any

import structlog

from tracker import __version__
from tracker.app.known import resources
from tracker.columns.batch import Computer, Rules
from tracker.config import Properties, Settings
from tracker.metrics import Metrics
from tracker.plugins import Registry
from tracker.resources import library_versions
from tracker.worker import codec

logger = structlog.get_logger()


def computer(
    settings: Settings,
    found: Registry,
    known: Properties[Any],
    metrics: Metrics,
    opened: Callable[[], Mapping[str, Any]] | None = None,
) -> Computer:
    """What turns plans into batches. `opened` are the resources, which are opened here where none are given."""

    def overrides(column: str, property_id: str) -> Mapping[str, Any]:
        return {**found.column_settings.get(column, {}), **known.always(property_id).columns.get(column, {})}

    def failed(column: str, pieces: int, error: Exception) -> None:
        metrics.column_failures.labels(column).inc(pieces)
        logger.warning("a column failed", column=column, pieces=pieces, error=f"{type(error).__name__}: {error}"[:300])

    return Computer(
        found.graphs,
        found.columns,
        {protocol.name: protocol.parameters for protocol in found.protocols},
        codec.decode,
        Rules(
            known.always,
            overrides,
            opened or resources(settings),
            failed,
            properties=sorted(known.known),
            common={"columns": settings.columns, "currency": settings.currency.model_dump(exclude={"rates_file"})},
            libraries=library_versions(),
            program=__version__,
        ),
    )
