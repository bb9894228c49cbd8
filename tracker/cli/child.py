"""One supervised process. Not for people: `tracker serve` starts these."""

import sys
from typing import Annotated

import structlog
import typer

from tracker.cli.logs import configure_logs
from tracker.config import Settings
from tracker.errors import TrackerError
from tracker.worker.supervisor import Role, told


def child(role: Annotated[Role, typer.Argument()], index: Annotated[int, typer.Argument()] = 0) -> None:
    """Run one receiver or the worker, with the settings that its parent writes to standard input."""
    message, stop = told(sys.stdin.buffer)
    if stop.is_set() or not message:
        return
    configure_logs(role=role, index=index)
    settings = Settings.model_validate_json(message)
    from tracker import app

    try:
        if role == "receiver":
            app.run_receiver(settings, index, stop)
        else:
            app.run_worker(settings, stop)
    except TrackerError as error:
        structlog.get_logger().error("cannot go on", reason=str(error))
        raise typer.Exit(1) from None
