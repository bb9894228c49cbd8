"""`tracker audit`: every accepted hit is in exactly one place, or this says how many are not."""

import sys
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from tracker.cli.options import Config, Data, resolve

if TYPE_CHECKING:
    from tracker.cli.balance import Balance


def audit(data: Data = None, config: Config = None) -> None:
    """Add up where every accepted hit is; exit 1 when the sum is not what was received.

    Example: tracker audit --data /srv/tracker
    """
    from tracker import app
    from tracker.cli.asking import ask
    from tracker.cli.balance import ask_warehouse, balances

    settings = resolve(config, data).settings
    warehouse = ask_warehouse(partial(ask, settings), settings.warehouse.events_table)
    log = app.open_reader(settings)
    try:
        found = balances(warehouse, log)
        rejected = log.rejected()
    finally:
        log.close()
    _show(found, rejected)
    faults = [fault for balance in found for fault in balance.faults]
    for fault in faults:
        print(f"tracker: {fault}", file=sys.stderr)
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
