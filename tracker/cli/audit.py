"""`tracker audit`: every accepted hit is in exactly one place, or this says how many are not."""

import sys
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from tracker.cli.asking import SinkName
from tracker.cli.options import Config, Data, PluginsDir, resolve

if TYPE_CHECKING:
    from tracker.cli.balance import Balance

_TRIES = 5
"""How often a warehouse that cannot show a plan at once is asked while the sum is not right, a second apart."""
_HALF = (
    "tracker: this warehouse has no transactions, and the plan after its cursor may be half written: then rows of it "
    "are there that no ledger tells of. The tracker writes such a plan to its end; audit again when it has."
)

_GONE = (
    "tracker: rows were there and are gone. Put back a copy of the warehouse, or remove all of its tables and let "
    "`tracker rebuild` make them again."
)


def audit(sink: SinkName = None, data: Data = None, config: Config = None, plugins_dir: PluginsDir = None) -> None:
    """Add up where every accepted hit is; exit 1 when the sum is not what was received.

    Example: tracker audit --data /srv/tracker
    """
    from tracker import app
    from tracker.cli.asking import ask, asked_driver
    from tracker.cli.balance import settled
    from tracker.warehouse.destinations import Destinations

    settings = resolve(config, data, plugins_dir=plugins_dir).settings
    name, driver = asked_driver(settings, sink)
    known = app.properties(settings, app.registry(settings))
    events = [tables.events for tables in Destinations(settings.warehouse, known).sets(name)]
    log = app.open_reader(settings)
    try:
        found = settled(partial(ask, settings, sink=name), events, log, 1 if driver.writes_at_once else _TRIES)
        rejected = log.rejected()
    finally:
        log.close()
    _show(found, rejected)
    faults = [fault for balance in found for fault in balance.faults]
    for fault in faults:
        print(f"tracker: {fault}", file=sys.stderr)
    if any(balance.warehouse.rows < balance.places["written"] for balance in found):
        print(_GONE, file=sys.stderr)
    elif faults and not driver.writes_at_once:
        print(_HALF, file=sys.stderr)
    if faults:
        raise typer.Exit(1)
    print("The sum is right: every hit is in exactly one place.")


def _show(found: "list[Balance]", rejected: Mapping[str, int]) -> None:
    heads = ["partition", "hits", *found[0].places, "missing"]
    table = Table(*heads, box=None, padding=(0, 2, 0, 0))
    for balance in found:
        table.add_row(
            *_row(str(balance.partition), [balance.log.totals.hits, *balance.places.values(), balance.missing])
        )
    sums = [sum(balance.log.totals.hits for balance in found)]
    sums += [sum(balance.places[place] for balance in found) for place in found[0].places]
    sums += [sum(balance.missing for balance in found)]
    table.add_row(*_row("total", sums))
    out = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    out.print(table)
    refused = sum(rejected.values())
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(rejected.items()))
    out.print(
        f"received {sums[0] + refused:,} = hits {sums[0]:,} + rejected {refused:,}{f' ({reasons})' * bool(reasons)}"
    )


def _row(name: str, numbers: list[int]) -> list[str]:
    return [name, *(f"{number:,}" for number in numbers)]
