"""What `tracker migrate --plan` prints for an empty warehouse, in several configurations.

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

FOLDER = Path(__file__).parent
CLICKHOUSE: dict[str, Any] = {"driver": "clickhouse", "host": "clickhouse.example.com"}
SHOP: dict[str, Any] = {"events_table": "shop_events"}
CLUSTER: dict[str, Any] = {**CLICKHOUSE, "cluster": "all", "engine": "ReplicatedMergeTree"}
BARE: dict[str, Any] = {"views": False}
PLANS: Mapping[str, Mapping[str, Any]] = {
    "duckdb": {},
    "duckdb_split": {"warehouse": {**BARE, "layout": "split"}},
    "duckdb_tables": {"warehouse": BARE, "properties": {"G-SHOP": {**SHOP, "layout": "split"}}},
    "clickhouse": {"warehouse": {"sinks": {"main": CLICKHOUSE}}},
    "clickhouse_split": {"warehouse": {**BARE, "layout": "split", "sinks": {"main": CLICKHOUSE}}},
    "clickhouse_cluster": {"warehouse": {**BARE, "sinks": {"main": CLUSTER}}},
}
"""Name of the file -> settings."""


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


class Fresh(Migration):
    """The migration of a warehouse that is empty, and may be anywhere."""

    @contextmanager
    def _looked(self) -> Iterator[Nothing]:
        yield Nothing()


def plan(settings: Mapping[str, Any]) -> str:
    """What is printed."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        for each in migrations(Settings.model_validate(settings), None):
            assert Fresh(each.settings, each.sink, each.driver, each.layout).plan(None)
    return printed.getvalue()


def main() -> None:
    """Write the files again."""
    for name, settings in PLANS.items():
        (FOLDER / f"{name}.sql").write_text(plan(settings))


if __name__ == "__main__":
    main()
