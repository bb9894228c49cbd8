"""The command line: one module a command. Takes arguments, gives text and an exit code: 0 fine, 1 not, 2 wrong usage.

What commands work with is imported inside them: `--help` answers at once, and each command loads only its own.
"""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from tracker import __version__
from tracker.cli import audit, check, child, columns, demo, migrate, rebuild, serve, snapshot, snippet, sql, tail, why
from tracker.errors import TrackerError

app = typer.Typer(
    name="tracker",
    help="Self-hosted web analytics: the GA4 and Matomo tags you have, in tables you own.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
)
COMMANDS = (
    serve.serve, demo.demo, check.check, snippet.snippet, tail.tail, sql.sql, columns.columns, why.why, audit.audit,
    snapshot.snapshot, rebuild.rebuild, migrate.migrate,
)  # fmt: skip
for command in COMMANDS:
    app.command()(command)
app.command(hidden=True)(child.child)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit. An error raised on purpose is shown as its sentence, without a traceback."""
    try:
        app(args=arguments)
    except TrackerError as error:
        print(f"tracker: {error}", file=sys.stderr)
        raise SystemExit(1) from None


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"tracker {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Options before the command."""
