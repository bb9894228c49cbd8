"""Options that several commands share, and the settings they lead to."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from tracker.config.load import Loaded

Data = Annotated[
    Path | None, typer.Option(help="Folder of the log, the archive and the DuckDB file.", show_default="data")
]
Config = Annotated[
    Path | None,
    typer.Option(help="Settings file.", show_default="$TRACKER_CONFIG, ./tracker.toml or DATA/tracker.toml"),
]
PluginsDir = Annotated[Path | None, typer.Option(help="Folder of plugin files (*.py).")]


def resolve(config: Path | None, data: Path | None, **options: Any) -> "Loaded":
    """All settings, with what was given on the command line: names of `options` have `__` for the dot."""
    from tracker.config.load import load

    named = {key.replace("__", "."): value for key, value in options.items()}
    return load(file=config, environ=os.environ, overrides={"data": data, **named})
