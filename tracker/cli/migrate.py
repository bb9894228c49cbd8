"""`tracker migrate`: what the warehouses need before this release can write into them, shown and done."""

from typing import Annotated, Literal

import typer

from tracker.cli.options import Config, Data, PluginsDir, resolve

PhaseName = Literal["pre", "post"]


def migrate(
    plan: Annotated[bool, typer.Option("--plan", help="Print the statements, and run none. The default.")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Run them.")] = False,
    status: Annotated[bool, typer.Option("--status", help="Compare tables and views with what is wanted.")] = False,
    phase: Annotated[
        PhaseName | None,
        typer.Option(help="`pre`: only additions. `post`: only the end: views are replaced or dropped."),
    ] = None,
    sink: Annotated[
        list[str] | None, typer.Option(help="Which warehouse; may be given several times.", show_default="all")
    ] = None,
    data: Data = None,
    config: Config = None,
    plugins_dir: PluginsDir = None,
) -> None:
    """Show or make the tables, columns and views that this release wants. Exit 1 where adding does not do, or fails.

    With --status exit 0 means that there is nothing to do.

    Example: tracker migrate --plan > migration.sql
    """
    if plan + apply + status > 1:
        raise typer.BadParameter("--plan, --apply and --status: choose one")
    if status and phase:
        raise typer.BadParameter("--status compares everything; --phase goes with --plan and --apply")
    from tracker.cli.migrating import migrations

    settings = resolve(config, data, plugins_dir=plugins_dir).settings
    act = "status" if status else "apply" if apply else "plan"
    done = [getattr(each, act)(phase) for each in migrations(settings, sink)]
    if not all(done):
        raise typer.Exit(1)
