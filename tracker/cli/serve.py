"""`tracker serve`: the tracker itself."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from tracker import __version__
from tracker.cli.options import Config, Data, PluginsDir, resolve
from tracker.errors import Problems

if TYPE_CHECKING:
    from tracker.config import Settings


def serve(
    data: Data = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one.", show_default="8080")] = None,
    config: Config = None,
    plugins_dir: PluginsDir = None,
) -> None:
    """Receive hits and write tables, until it is stopped.

    Example: tracker serve --data /srv/tracker --port 8080
    """
    from tracker.cli.checks import problems
    from tracker.cli.logs import configure_logs
    from tracker.cli.serving import supervisor, with_ports

    loaded = resolve(config, data, receiver__host=host, receiver__port=port, plugins_dir=plugins_dir)
    settings = with_ports(loaded.settings)
    if found := problems(settings):
        raise Problems(found)
    settings.data.mkdir(parents=True, exist_ok=True)
    configure_logs(role="supervisor")
    _greet(settings, loaded.file)
    supervisor(settings).run()


def _greet(settings: "Settings", file: Path | None) -> None:
    from tracker.cli.serving import url

    receiver = settings.receiver
    out = Console(highlight=False, soft_wrap=True)
    out.print(f"tracker {__version__}, settings from {file or 'defaults'}")
    out.print(f"  receives on  {url(receiver.host, receiver.port)}  (tags: tracker snippet URL)")
    out.print(f"  health       {url(receiver.admin_host, receiver.admin_port)}/health")
    out.print(f'  tables in    {settings.data}  (ask them: tracker sql --data {settings.data} "SELECT ...")')
    out.print("  stop with    Ctrl-C")
