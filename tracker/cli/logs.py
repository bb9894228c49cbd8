"""How this program's log lines look: text for a person at a terminal, JSON for anything else."""

import sys
from typing import TextIO

import structlog


def configure_logs(output: TextIO | None = None, **fields: object) -> None:
    """Once in each process. `fields` stand in every line; `output` is standard error unless given."""
    output = output or sys.stderr
    renderer = structlog.dev.ConsoleRenderer() if output.isatty() else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
        logger_factory=structlog.PrintLoggerFactory(output),
    )
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(**fields)
