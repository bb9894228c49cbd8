"""`tracker check`: the settings in force, where each came from, and what would keep the tracker from starting."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tracker.cli.options import Config, Data, PluginsDir, resolve

if TYPE_CHECKING:
    from tracker.config.load import Loaded


def check(data: Data = None, config: Config = None, plugins_dir: PluginsDir = None) -> None:
    """Show the settings in force and where each came from; exit 1 if the tracker would not start with them.

    Example: tracker check --config /etc/tracker.toml
    """
    from tracker.cli.checks import problems

    loaded = resolve(config, data, plugins_dir=plugins_dir)
    out = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    out.print(_table(loaded))
    out.print(
        f"Settings file: {loaded.file or 'none'}. Data folder: {escape(str(Path(loaded.settings.data).absolute()))}"
    )
    found = problems(loaded.settings)
    for problem in found:
        print(f"tracker: {problem}", file=sys.stderr)
    if found:
        raise typer.Exit(1)
    out.print("No problems: `tracker serve` can start.")


def _table(loaded: "Loaded") -> Table:
    table = Table("setting", "value", "from", box=None, padding=(0, 2, 0, 0))
    values = loaded.settings.model_dump(mode="json")
    for key, origin in loaded.origins.items():
        style = "dim" if origin == "default" else ""
        table.add_row(escape(key), escape(_shown(key, _value(values, key))), escape(origin), style=style)
    return table


def _value(values: Any, key: str) -> Any:
    """The value at a dotted key; an id may hold dots itself, so the longest name that fits is taken."""
    while key:
        name = max((name for name in values if key == name or key.startswith(name + ".")), key=len)
        values, key = values[name], key[len(name) + 1 :]
    return values


def _shown(key: str, value: Any) -> str:
    from tracker.config.invalid import is_secret

    if is_secret(key) and value:
        return "(hidden)"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value in (None, {}) else str(value).lower() if isinstance(value, bool) else str(value)
