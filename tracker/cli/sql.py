"""`tracker sql`: one question to the tables."""

import sys
from typing import Annotated, Literal

import typer

from tracker.cli.asking import SinkName
from tracker.cli.options import Config, Data, PluginsDir, resolve

Format = Literal["table", "json", "csv"]


def sql(
    query: Annotated[str, typer.Argument(help="One SELECT statement.", metavar="SQL")],
    sink: SinkName = None,
    data: Data = None,
    format: Annotated[Format, typer.Option(help="How rows are shown.")] = "table",
    config: Config = None,
    plugins_dir: PluginsDir = None,
) -> None:
    """Ask the tables: the running tracker answers, or the warehouse itself where none runs.

    Example: tracker sql "SELECT page_path, count(*) AS views FROM events GROUP BY ALL"
    """
    from tracker.cli.asking import ask
    from tracker.cli.output import as_csv, as_json, print_table

    answer = ask(resolve(config, data, plugins_dir=plugins_dir).settings, query, sink)
    if format == "table":
        print_table(answer.table)
    else:
        sys.stdout.write(as_json(answer.table) if format == "json" else as_csv(answer.table))
    if answer.truncated:
        print(f"tracker: only the first {answer.table.num_rows:,} rows; see sql.max_rows", file=sys.stderr)
    if answer.note:
        print(f"tracker: {answer.note}", file=sys.stderr)
