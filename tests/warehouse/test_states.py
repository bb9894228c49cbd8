"""How each table and view compares with what is wanted, in words."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from tracker.warehouse.change import PutView, Relation
from tracker.warehouse.changes import changes
from tracker.warehouse.driver import View
from tracker.warehouse.states import WANTED, states

EVENTS = pa.schema([("n", pa.int64()), ("items", pa.list_(pa.struct([("price", pa.float64())])))])
LEDGER = pa.schema([("plan", pa.int64())])
TABLES = {"events": EVENTS, "ledger": LEDGER}
DAILY = View("daily", "One row a day.", "SELECT 1")


@dataclass(frozen=True, slots=True)
class Warehouse:
    """What is in one."""

    tables: Mapping[str, pa.Schema]
    relations_: Mapping[str, Relation]

    def describe(self, table: str) -> pa.Schema | None:
        """See `Driver.describe`."""
        return self.tables.get(table)

    def relations(self) -> Mapping[str, Relation]:
        """See `Driver.relations`."""
        return self.relations_


def made() -> dict[str, Relation]:
    """The relations of a warehouse where all is as wanted."""
    puts = [change for change in changes({}.fromkeys(TABLES), TABLES, {}, [DAILY]).pre if isinstance(change, PutView)]
    return {name: Relation("table") for name in TABLES} | {put.view.name: Relation("view", put.comment) for put in puts}


def test_views_beside_a_table_that_differs() -> None:
    """Views are compared for themselves where a table, whose columns some views learn of, does not fit."""
    changed = {**TABLES, "events": EVENTS.set(0, pa.field("n", pa.string()))}
    found = {one.name: one.state for one in states(Warehouse(changed, made()), TABLES, [DAILY])}
    assert found["events"].startswith("differs: column n is string")
    assert (found["ledger"], found["daily"]) == (WANTED, WANTED)
