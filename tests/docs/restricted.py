"""The engine of ClickHouse with a user who has certain rights only; a program, because a process has one engine.

`python -m tests.docs.restricted FOLDER MODE` writes JSON. Modes are `prepare` (all rights: two databases with a table
each), `tracker` (a driver does all it ever does), and `ask` (statements from standard input, and what is said to each).
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

CONFIG = """\
<clickhouse><users_config>{users}</users_config>
<user_directories><users_xml><path>{users}</path></users_xml></user_directories></clickhouse>
"""
USERS = """\
<clickhouse><profiles><default>{settings}<constraints>{limits}</constraints></default></profiles>
<quotas><default/></quotas>
<users><default><password></password><networks><ip>::/0</ip></networks><profile>default</profile>
<quota>default</quota><grants>{grants}</grants></default></users></clickhouse>
"""


def restrict(folder: Path, grants: Sequence[str], profile: Mapping[str, tuple[str, str]]) -> None:
    """Give the engine's only user these rights, and settings (value, greatest value or nothing) from now on."""
    users, config = folder / "users.xml", folder / "config.xml"
    config.write_text(CONFIG.format(users=users))
    users.write_text(
        USERS.format(
            grants="".join(f"<query>GRANT {grant}</query>" for grant in grants),
            settings="".join(f"<{name}>{value}</{name}>" for name, (value, _) in profile.items()),
            limits="".join(f"<{name}><max>{most}</max></{name}>" for name, (_, most) in profile.items() if most),
        )
    )


def prepare(folder: Path) -> list[str]:
    """As an administrator."""
    import chdb

    connection = chdb.connect(str(folder / "engine"))
    for statement in (
        "CREATE DATABASE web",
        "CREATE TABLE web.daily_traffic (sessions Int64) ENGINE = MergeTree ORDER BY sessions",
        "CREATE DATABASE other",
        "CREATE TABLE other.secrets (name String) ENGINE = MergeTree ORDER BY name",
    ):
        connection.query(statement)
    connection.close()
    return []


def tracker(folder: Path) -> list[str]:
    """Make tables and views, write, look for a bad row, add a column, replace a view, answer a question."""
    import chdb
    import pyarrow as pa

    from tests.docs.conftest import write
    from tests.docs.test_querying import hits
    from tracker.config import SqlSettings
    from tracker.testing.rows import compute_batch
    from tracker.warehouse.change import DropView, PutView
    from tracker.warehouse.clickhouse import ClickHouse, ClickHouseSettings
    from tracker.warehouse.driver import TableBatch, View

    connect = chdb.connect
    chdb.connect = lambda path: connect(_address(folder))
    driver = ClickHouse(ClickHouseSettings(interface="chdb", path=Path("engine"), database="web"), folder)
    rows = compute_batch(hits(), {})
    write(driver, rows)
    driver.check([TableBatch("events", rows.events)])
    driver.widen(
        "events", [pa.field("colour", pa.string()), _with_member(rows.events.schema.field("custom_dimensions"))]
    )
    view = View("sizes", "How many events there are.", "SELECT count() AS events FROM events")
    driver.apply([PutView(view, "1"), PutView(view, "2", replaces=True)])
    with driver.reading(SqlSettings()) as asked:
        found = asked.run("SELECT events FROM sizes").table
    driver.apply([DropView("sizes")])
    return [str(found["events"][0].as_py())]


def ask(folder: Path) -> list[str]:
    """What is said to each statement: the answer, or the name of the error."""
    import chdb

    connection = chdb.connect(_address(folder))
    return [_said(connection, statement) for statement in json.load(sys.stdin)]


def _with_member(field: Any) -> Any:
    """A list of structs whose structs have gained a member."""
    import pyarrow as pa

    return pa.field(field.name, pa.list_(pa.struct([*field.type.value_type, pa.field("colour", pa.string())])))


def _said(connection: Any, statement: str) -> str:
    try:
        return str(connection.query(statement)).strip()
    except Exception as error:
        return str(error).rpartition("(")[2].rstrip(")\n. ")


def _address(folder: Path) -> str:
    return f"{folder / 'engine'}?config-file={folder / 'config.xml'}"


if __name__ == "__main__":
    sys.stdout.write(json.dumps({"prepare": prepare, "tracker": tracker, "ask": ask}[sys.argv[2]](Path(sys.argv[1]))))
