"""One supervised process. Not for people: `tracker serve` starts these."""

import os
import sys
from typing import Annotated, Literal

import typer

from tracker.errors import TrackerError


def child(
    role: Annotated[Literal["receiver", "worker"], typer.Argument()], index: Annotated[int, typer.Argument()] = 0
) -> None:
    """Run one receiver or the worker, with the settings that its parent writes to standard input."""
    from tracker.worker.supervisor import told

    message, stop = told(sys.stdin.buffer)
    if stop.is_set() or not message:
        return

    import structlog

    from tracker import app
    from tracker.cli.logs import configure_logs
    from tracker.config import Settings

    configure_logs(role=role, index=index)
    settings = Settings.model_validate_json(message)
    code = 0
    try:
        if role == "receiver":
            app.run_receiver(settings, index, stop)
        else:
            app.run_worker(settings, stop)
    except TrackerError as error:
        if not stop.is_set():
            structlog.get_logger().error("cannot go on", reason=str(error))
            code = 1
    # Everything is closed. Taking the interpreter apart would only cost time, and print what DuckDB's types leak.
    os._exit(code)
