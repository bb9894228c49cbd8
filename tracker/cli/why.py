"""`tracker why`: one event, each of its values, and what they come from."""

import sys
from typing import Annotated, Literal

import typer

from tracker.cli.asking import SinkName
from tracker.cli.options import Config, Data, PluginsDir, resolve

Format = Literal["text", "json"]


def why(
    event: Annotated[
        str, typer.Argument(help="The id of the event's row, or PARTITION:OFFSET of its hit.", metavar="EVENT_ID")
    ],
    column: Annotated[
        list[str] | None,
        typer.Option(help="Only this column, followed back to request parameters. Can be given again."),
    ] = None,
    all: Annotated[
        bool, typer.Option("--all", help="Show columns without a value too, and every parameter as it was sent.")
    ] = False,
    format: Annotated[Format, typer.Option(help="How the answer is shown.")] = "text",
    sink: SinkName = None,
    data: Data = None,
    config: Config = None,
    plugins_dir: PluginsDir = None,
) -> None:
    """Show why an event is what it is: how it came in, its session, what became of it, and where each value is from.

    Works for events that are in no table too: open ones, duplicates, filtered ones, dead letters. Everything is
    computed again from the hits, in the log or the archive; where that differs from what is stored, this says so.

    Example: tracker why 0199c7a5-1d40-7000-8000-000000000001 --column session_source
    """
    from tracker import app
    from tracker.cli.asking import ask, asked_driver
    from tracker.cli.explaining import Explainer, readable
    from tracker.cli.telling import as_json, print_text
    from tracker.cli.whereabouts import Whereabouts
    from tracker.metrics import new_metrics
    from tracker.warehouse.destinations import Destinations
    from tracker.worker.archive import Archive

    settings = resolve(config, data, plugins_dir=plugins_dir).settings
    found = app.registry(settings)
    known = app.properties(settings, found)
    name, _ = asked_driver(settings, sink)
    places = Destinations(settings.warehouse, known)
    log = app.open_reader(settings)
    try:
        explainer = Explainer(
            Whereabouts(log, Archive(settings.log.archive_dir or settings.data / "archive")),
            app.computer(settings, found, known, new_metrics()),
            known,
            lambda sql: ask(settings, sql, name).table,
            [table for own in places.sets(name) for table in readable(own)],
            places.takes(name),
        )
        answer = explainer.explain(event, column or ())
    finally:
        log.close()
    if format == "json":
        sys.stdout.write(as_json(answer))
    else:
        print_text(answer, all=all, trees=bool(column))
