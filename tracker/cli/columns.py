"""`tracker columns`: what the tables hold, and how each column comes to its values."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tracker.cli.options import Config, PluginsDir, resolve
from tracker.errors import Misconfigured, did_you_mean

_SOURCES = {"param": "request parameter", "params": "request parameters", "hit": "field of the hit", "header": "header",
            "setting": "property setting", "resource": "resource", "split": "decided by the split"}  # fmt: skip


class UnknownColumn(Misconfigured):
    """There is no column of that name."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(name, known)
        self.name, self.known = name, known

    def __str__(self) -> str:
        return f"there is no column {self.name!r}{did_you_mean(self.name, self.known)}"


def columns(
    name: Annotated[str | None, typer.Argument(help="The column to explain.")] = None,
    all: Annotated[bool, typer.Option("--all", help="List intermediate columns too, which are in no table.")] = False,
    graph: Annotated[
        Path | None, typer.Option(help="Draw where the column comes from: FILE.svg, .dot or .mmd.", metavar="FILE")
    ] = None,
    depth: Annotated[
        int | None, typer.Option(min=1, help="Steps the drawing goes back.", show_default="while it can be read")
    ] = None,
    config: Config = None,
    plugins_dir: PluginsDir = None,
) -> None:
    """List the columns of the tables, or explain one: its meaning, type, and inputs down to request parameters.

    Example: tracker columns session_entry_page --graph lineage.svg
    """
    from tracker import app

    if depth is not None and graph is None:
        raise typer.BadParameter("only a drawing (--graph) has a depth", param_hint="--depth")
    if name is None and graph is not None:
        raise typer.BadParameter("name the column to draw", param_hint="NAME")
    registry = app.registry(resolve(config, None, plugins_dir=plugins_dir).settings)
    known = registry.columns
    out = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
    if name is None:
        out.print(_list(known, all))
        return
    found = named(known, name)
    if not found:
        raise UnknownColumn(name, [column.name for column in known])
    if graph is not None:
        _draw(_interface(found[0]) or name, registry.graphs, graph, depth)
        return
    out.print("\n".join(explanation(found, known)), markup=False, soft_wrap=True)


def _draw(name: str, graphs: Mapping[str, Any], path: Path, depth: int | None) -> None:
    from tracker.cli.lineage import draw, lineage

    picture = lineage(name, graphs, depth)
    draw(picture, path)
    print(f"{path}: {name} and {len(picture.vertices) - 1} it comes from")
    if picture.note:
        print(picture.note)


def named(known: Sequence[Any], name: str) -> list[Any]:
    """The column of that name and everything that provides it, the declared one first."""
    found = [column for column in known if name in (column.name, _interface(column))]
    return sorted(found, key=lambda column: (column.name != name, column.kind != "interface"))


def explanation(found: Sequence[Any], known: Sequence[Any]) -> Iterator[str]:
    """Lines about a column and its providers."""
    main = found[0]
    yield f"{main.name}  {main.type}  {main.scope}{'' if main.stored else '  (in no table)'}"
    yield ""
    yield from (line.strip() for line in main.doc.splitlines())
    for column in found:
        yield ""
        yield f"{_provided(column)}, version {column.version}, defined in {column.where}"
        yield from _inputs(column, known, 1, frozenset({column.name}))


def _list(known: Sequence[Any], all: bool) -> Table:
    table = Table("column", "scope", "type", "protocols", "meaning", box=None, padding=(0, 2, 0, 0))
    shown: set[str] = set()
    for column in sorted(known, key=lambda column: (column.name, column.kind != "interface")):
        if column.name in shown or _interface(column) or not (column.stored or all):
            continue
        shown.add(column.name)
        protocols = ", ".join(sorted({c.protocol or "all" for c in named(known, column.name) if c.kind != "interface"}))
        first = " ".join(column.doc.split()).split(". ")[0].rstrip(".")
        table.add_row(*map(escape, (column.name, column.scope, str(column.type), protocols or "none", first)))
    return table


def _interface(column: Any) -> str | None:
    """The name of the declared column that `column` fills."""
    target = column.implements
    return target if isinstance(target, str) or target is None else str(target.name)


def _provided(column: Any) -> str:
    if column.kind == "interface":
        return "declared for any provider to fill"
    by = f"provided by {column.provider}" if column.provider else "computed"
    return f"{by} for {column.protocol or 'all protocols'}"


def _inputs(column: Any, known: Sequence[Any], depth: int, seen: frozenset[str]) -> Iterator[str]:
    indent = "  " * depth
    if column.kind in _SOURCES:
        yield f"{indent}{_SOURCES[column.kind]} {', '.join(column.keys)}".rstrip()
    for needed in column.inputs:
        again = needed.source in seen
        yield f"{indent}{needed.source}{' (see above)' if again else ''}"
        if not again:
            for provider in named(known, needed.source):
                yield from _inputs(provider, known, depth + 1, seen | {needed.source})
