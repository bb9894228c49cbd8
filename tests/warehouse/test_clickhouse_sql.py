"""ClickHouse's statements, as text: those for a cluster, and those that a person runs."""

import pyarrow as pa

from tracker.warehouse.change import DropView, PutView
from tracker.warehouse.clickhouse_sql import Storage, by_hand, statements
from tracker.warehouse.driver import View
from tracker.warehouse.evolve import Difference, IncompatibleTable, unknown_type

STORAGE = Storage("web", "all", "ReplicatedMergeTree", "toYYYYMM(day)", ("property_id",), frozenset())
VIEW = View("daily", "A day's row, \\ and all.", "SELECT 1 AS n\nFROM events;\n")


def test_views_of_a_cluster() -> None:
    """Views are made on all of it, from the tables of the database, with a comment that is quoted."""
    use, made, dropped = statements(STORAGE, [PutView(VIEW, "1f3a9c20", replaces=True), DropView("weekly")])
    assert use == "USE `web`"
    assert made == (
        "CREATE OR REPLACE VIEW `web`.`daily` ON CLUSTER `all` AS\nSELECT 1 AS n\nFROM events\n"
        r"COMMENT 'A day\'s row, \\ and all. [tracker 1f3a9c20]'"
    )
    assert dropped == "DROP VIEW IF EXISTS `web`.`weekly` ON CLUSTER `all`"


def test_new_view_replaces_nothing() -> None:
    """`OR REPLACE` would replace a table as well, so it is only for what is known to be a view of ours."""
    _, made = statements(STORAGE, [PutView(VIEW, "1f3a9c20")])
    assert made.startswith("CREATE VIEW IF NOT EXISTS `web`.`daily` ")


def test_column_by_hand() -> None:
    """Another type steps aside, may be null from then on, and is read as the wanted one."""
    here, wanted = pa.field("price", unknown_type("Decimal(9, 2)"), nullable=False), pa.field("price", pa.float64())
    problem = IncompatibleTable("events", [Difference("type", "price", "", here, wanted)])
    alter = "ALTER TABLE `web`.`events` ON CLUSTER `all`"
    assert list(by_hand(STORAGE, problem)) == [
        f"{alter} RENAME COLUMN `price` TO `price_old`",
        f"{alter} MODIFY COLUMN `price_old` Nullable(Decimal(9, 2))",
        f"{alter} ADD COLUMN `price` Nullable(Float64)",
        f"{alter} UPDATE `price` = accurateCastOrNull(`price_old`, 'Float64') WHERE true",
    ]


def test_key_by_hand() -> None:
    """A column of the sorting key needs a copy of the table, with what both have in common."""
    here = pa.schema([pa.field("property_id", pa.int64(), nullable=False), ("n", pa.int64()), ("old", pa.int64())])
    wanted = pa.schema([pa.field("property_id", pa.string(), nullable=False), ("n", pa.int64()), ("new", pa.int64())])
    difference = Difference("type", "property_id", "", here.field(0), wanted.field(0))
    made, copied, exchanged = by_hand(STORAGE, IncompatibleTable("events", [difference], here, wanted))
    assert made.startswith("CREATE TABLE IF NOT EXISTS `web`.`events_new` ON CLUSTER `all` (")
    assert copied == (
        "INSERT INTO `web`.`events_new` (`property_id`, `n`) SELECT CAST(`property_id`, 'String'), `n` "
        "FROM `web`.`events`"
    )
    assert exchanged == "EXCHANGE TABLES `web`.`events` AND `web`.`events_new` ON CLUSTER `all`"
