"""What `tracker migrate --plan` prints for an empty warehouse in several configurations, and for an older one.

The files beside this one hold it, so that a change of any statement is seen. `python -m tests.warehouse.golden.rewrite`
writes them again.
"""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import pyarrow as pa

from tracker.cli.migrating import Migration, migrations
from tracker.config import Settings
from tracker.model import Cursor
from tracker.warehouse.change import Relation
from tracker.warehouse.changes import compared

FOLDER = Path(__file__).parent
CLICKHOUSE: dict[str, Any] = {"driver": "clickhouse", "host": "clickhouse.example.com"}
SHOP: dict[str, Any] = {"events_table": "shop_events"}
CLUSTER: dict[str, Any] = {**CLICKHOUSE, "cluster": "all", "engine": "ReplicatedMergeTree"}
BARE: dict[str, Any] = {"views": False}
PLANS: Mapping[str, Mapping[str, Any]] = {
    "duckdb": {},
    "duckdb_split": {"warehouse": {**BARE, "layout": "split"}},
    "duckdb_tables": {"warehouse": BARE, "properties": {"G-SHOP": {**SHOP, "layout": "split"}}},
    "duckdb_upgrade": {},
    "clickhouse_upgrade": {"warehouse": {"sinks": {"main": CLICKHOUSE}}},
    "clickhouse": {"warehouse": {"sinks": {"main": CLICKHOUSE}}},
    "clickhouse_split": {"warehouse": {**BARE, "layout": "split", "sinks": {"main": CLICKHOUSE}}},
    "clickhouse_cluster": {"warehouse": {**BARE, "sinks": {"main": CLUSTER}}},
}
"""Name of the file -> settings; those of `_upgrade` are for a warehouse of an older release."""
LACKING, GAINED, REPLACED, UNWANTED = ("page_title", "session_entry_page_path"), "params", "funnel", "visitors"
"""How the older warehouse differs: columns, a column whose structs have only two members, and views."""


class Nothing:
    """An empty warehouse."""

    def describe(self, table: str) -> pa.Schema | None:
        """No table is there."""
        return None

    def relations(self) -> Mapping[str, Relation]:
        """Nothing at all is."""
        return {}

    def cursor(self, partition: int) -> Cursor | None:
        """Nothing was written."""
        return None


class Older:
    """A warehouse that an older release has made."""

    def __init__(self, migration: Migration) -> None:
        layout, driver = migration.layout, migration.driver
        self._tables = {**driver.own_tables(), **layout.schemas}
        made = compared(Nothing(), self._tables, layout.views(driver.dialect)).views
        self._views = {put.view.name: Relation("view", put.comment) for put in made}

    def describe(self, table: str) -> pa.Schema | None:
        """The table, without what is new."""
        schema = self._tables[table]
        if table != "events":
            return schema
        members = schema.field(GAINED).type.value_type
        two = pa.field(GAINED, pa.list_(pa.struct([members.field(0), members.field(1)])))
        return pa.schema([two if field.name == GAINED else field for field in schema if field.name not in LACKING])

    def relations(self) -> Mapping[str, Relation]:
        """Every view, one with another mark, and one more."""
        old = Relation("view", "Of before. [tracker 00000000]")
        return {**{name: Relation("table") for name in self._tables}, **self._views, REPLACED: old, UNWANTED: old}


class Pretended(Migration):
    """A migration of a warehouse that may be anywhere."""

    @contextmanager
    def _looked(self) -> Iterator[Nothing | Older]:
        yield Nothing()


class Upgrade(Pretended):
    """A migration of an older warehouse."""

    @contextmanager
    def _looked(self) -> Iterator[Nothing | Older]:
        yield Older(self)


def plan(name: str) -> str:
    """What is printed."""
    kind = Upgrade if name.endswith("_upgrade") else Pretended
    printed = io.StringIO()
    with redirect_stdout(printed):
        for each in migrations(Settings.model_validate(PLANS[name]), None):
            assert kind(each.settings, each.sink, each.driver, each.layout).plan(None)
    return printed.getvalue()


def main() -> None:
    """Write the files again."""
    for name in PLANS:
        (FOLDER / f"{name}.sql").write_text(plan(name))


if __name__ == "__main__":
    main()
