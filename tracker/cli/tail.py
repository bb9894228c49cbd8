"""`tracker tail`: what just came in, and what became of it."""

import datetime as dt
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from tracker.cli.options import Config, Data, PluginsDir, resolve
from tracker.clock import SystemClock

if TYPE_CHECKING:
    from tracker.cli.recent import Recent
    from tracker.config import Properties
    from tracker.worker.log import Log

_COLOURS = {"rejected": "red", "dead": "red", "open": "yellow", "planned": "yellow", "written": "green"}
_PAUSE = 0.5


def _duration(text: str) -> int:
    from tracker.config import parse_duration

    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def tail(
    last: Annotated[int, typer.Option(parser=_duration, metavar="DURATION", help="How far back.")] = "10m",  # type: ignore[assignment]
    client: Annotated[str | None, typer.Option(help="Only this client id.")] = None,
    property: Annotated[str | None, typer.Option(help="Only this property id.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes in and what changes.")] = False,
    data: Data = None,
    config: Config = None,
    plugins_dir: PluginsDir = None,
) -> None:
    """Show recent hits and what became of each: rejected, open until, planned, written, duplicate, filtered or dead.

    "Open until" is when the hit's session closes if nothing more comes; other clients that join it can move that. Hits
    that are in the tables leave the log after a while and are then no longer shown.

    Example: tracker tail --last 2m --follow
    """
    from tracker import app

    settings = resolve(config, data, plugins_dir=plugins_dir).settings
    properties = app.properties(settings, app.registry(settings))
    log = app.open_reader(settings)
    try:
        since = SystemClock().now() - last
        shown = _show(log, since, properties, (property, client), {})
        while follow:
            time.sleep(_PAUSE)
            shown = _show(log, since, properties, (property, client), shown)
    except KeyboardInterrupt:
        pass
    finally:
        log.close()


def _show(
    log: "Log",
    since: int,
    properties: "Properties[Any]",
    wanted: tuple[str | None, str | None],
    shown: dict[tuple[int, int], str],
) -> dict[tuple[int, int], str]:
    """Print everything whose state is not the one shown; returns what is shown now."""
    from tracker.cli.recent import recent

    out = Console(highlight=False, soft_wrap=True)
    now: dict[tuple[int, int], str] = {}
    for one in recent(log, since, properties):
        if any(want not in (None, is_) for want, is_ in zip(wanted, (one.property_id, one.client_id), strict=True)):
            continue
        now[one.place] = one.state
        if shown.get(one.place) != one.state:
            out.print(_line(one))
    return now


def _line(one: "Recent") -> Text:
    state = f"open until {_clock(one.until)}" if one.until is not None else one.state
    state += f" ({one.detail})" if one.detail else ""
    facts = [one.property_id, one.client_id, one.event, one.page]
    return Text.assemble(
        f"{_clock(one.at)}  ", (state, _COLOURS.get(one.state, "")), "  ", "  ".join(filter(None, facts))
    )


def _clock(microseconds: int) -> str:
    return dt.datetime.fromtimestamp(microseconds / 1_000_000, dt.UTC).strftime("%H:%M:%S")
