"""`tracker migrate`: what is said of warehouses that somebody has changed by hand, and how they are mended."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import duckdb
import pytest

from tests.warehouse.chdb_server import ChdbServer
from tracker.cli import main
from tracker.cli.migrating import Migration, migrations
from tracker.config import Settings
from tracker.warehouse.clickhouse import ClickHouse, ClickHouseSettings
from tracker.warehouse.duckdb import DuckDB, DuckDBSettings

Act = Literal["plan", "apply", "status"]
ACTS: tuple[Act, ...] = ("plan", "apply", "status")


@dataclass
class Bench:
    """A warehouse in which everything is as wanted, and somebody who changes it by hand."""

    migration: Migration
    run: Callable[[str], Any]
    capture: pytest.CaptureFixture[str]

    def said(self, act: Act, phase: Any = None) -> tuple[bool, str]:
        """Whether all is well, and what was printed."""
        self.capture.readouterr()
        is_well = getattr(self.migration, act)(phase)
        printed = self.capture.readouterr()
        return is_well, printed.out + printed.err

    def state(self, name: str) -> str:
        """What the status says of a table or view."""
        lines = [line.split(maxsplit=3) for line in self.said("status")[1].splitlines()]
        return next((line[3].strip() for line in lines if line[2:3] == [name]), "")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Migration, Path]:
    """The migration of a DuckDB file, done."""
    folder = tmp_path_factory.mktemp("made")
    (migration,) = migrations(Settings.model_validate({"data": folder}), None)
    assert migration.apply(None)
    return migration, folder / "tracker.duckdb"


@pytest.fixture
def in_duckdb(made: tuple[Migration, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Bench:
    """A copy of the file for this test."""
    migration, file = made
    shutil.copy(file, tmp_path / "tracker.duckdb")

    def run(sql: str) -> Any:
        with duckdb.connect(str(tmp_path / "tracker.duckdb")) as connection:
            return connection.execute(sql).fetchall()

    settings = Settings.model_validate({"data": tmp_path})
    driver = DuckDB(DuckDBSettings(), tmp_path)
    return Bench(replace(migration, settings=settings, driver=driver), run, capsys)


@pytest.fixture
def in_clickhouse(
    made: tuple[Migration, Path], clickhouse: ChdbServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Bench]:
    """A database of this test's own, without views."""
    database = f"test_{uuid4().hex}"
    driver = ClickHouse(ClickHouseSettings(port=clickhouse.port, database=database), tmp_path)
    settings = Settings.model_validate({"data": tmp_path, "warehouse": {"views": False}})
    migration = replace(made[0], settings=settings, driver=driver)
    assert migration.apply(None)
    other = ClickHouse(driver.settings, tmp_path)
    other.open()
    yield Bench(migration, lambda sql: other._opened().command(sql), capsys)
    other._opened().command(f"DROP DATABASE {database}")
    other.close()


@pytest.fixture(params=["duckdb", "clickhouse"])
def bench(request: pytest.FixtureRequest) -> Bench:
    """Either."""
    found: Bench = request.getfixturevalue(f"in_{request.param}")
    return found


def test_as_wanted(bench: Bench) -> None:
    """Once applied nothing is to be done, and each table is as wanted."""
    assert bench.said("status")[0]
    assert bench.state("events") == "as wanted"
    assert "-- nothing to do" in bench.said("plan")[1]
    assert bench.said("apply") == (True, "sink main: nothing to do\n")


def test_dropped_column(bench: Bench) -> None:
    """A column that somebody dropped is lacking, and is added again."""
    bench.run("ALTER TABLE events DROP COLUMN page_title")
    assert not bench.said("status")[0]
    assert bench.state("events") == "lacks 1 column: page_title"
    assert bench.said("apply") == (True, "sink main: widen table events by page_title\n")
    assert bench.said("status")[0]


def test_renamed_column(bench: Bench) -> None:
    """A column under another name is lacking; the other one is pointed at, and may be renamed back."""
    bench.run("ALTER TABLE events RENAME COLUMN page_title TO titel")
    assert bench.state("events") == "lacks 1 column: page_title (nothing fills titel)"
    assert "-- table events has columns that nothing fills: titel; where one of them is" in bench.said("plan")[1]
    bench.run("ALTER TABLE events RENAME COLUMN titel TO page_title")
    assert bench.said("status")[0]


@pytest.mark.parametrize("kind", ["VARCHAR", "DECIMAL(10, 2)"])
def test_extra_column(bench: Bench, kind: str) -> None:
    """A column of somebody's own, of whatever type, is in nobody's way."""
    kind = f"Nullable({kind})" if isinstance(bench.migration.driver, ClickHouse) else kind
    bench.run(f"ALTER TABLE events ADD COLUMN margin {kind}")
    assert bench.state("events") == "as wanted (nothing fills margin)"


def test_columns_are_lacking(bench: Bench) -> None:
    """Many columns are counted and named."""
    for name in ("page_title", "page_path"):
        bench.run(f"ALTER TABLE events DROP COLUMN {name}")
    assert bench.state("events").startswith("lacks 2 columns: page_")


BY_HAND = {
    "duckdb": {
        "type": "ALTER TABLE events ALTER COLUMN page_title TYPE BIGINT USING NULL",
        "odd type": "ALTER TABLE events ALTER COLUMN page_title TYPE DECIMAL(9, 2) USING NULL",
        "not null": "ALTER TABLE events ALTER COLUMN page_title SET NOT NULL",
        "extra not null": "ALTER TABLE events ADD COLUMN margin INT; ALTER TABLE events ALTER margin SET NOT NULL",
        "renamed not null": "ALTER TABLE events RENAME COLUMN received_at TO arrived",
        "view": "ALTER TABLE tracker_ledger RENAME TO old_ledger; CREATE VIEW tracker_ledger AS FROM old_ledger",
    },
    "clickhouse": {
        "type": "ALTER TABLE events MODIFY COLUMN page_title Nullable(Int64)",
        "odd type": "ALTER TABLE events DROP COLUMN page_title, ADD COLUMN page_title Decimal(9, 2)",
        "not null": "ALTER TABLE events DROP COLUMN page_title; ALTER TABLE events ADD COLUMN page_title String",
        "extra not null": "ALTER TABLE events ADD COLUMN margin Int64",
        "renamed not null": "ALTER TABLE events RENAME COLUMN received_at TO arrived",
        "key": "RENAME TABLE tracker_ledger TO old_ledger; CREATE TABLE tracker_ledger (partition Int64, plan Int64,"
        " property_id Int64, outcome String, reason String, hits Int64) ENGINE = MergeTree ORDER BY property_id",
        "view": "RENAME TABLE tracker_ledger TO old_ledger; CREATE VIEW tracker_ledger AS SELECT * FROM old_ledger",
    },
}


@pytest.mark.parametrize("what", BY_HAND["duckdb"])
def test_refused_in_duckdb(in_duckdb: Bench, what: str) -> None:
    """What adding does not mend is refused, and mended by the statements that are shown."""
    refused_until_mended(in_duckdb, BY_HAND["duckdb"][what])


@pytest.mark.parametrize("what", BY_HAND["clickhouse"])
def test_refused_in_clickhouse(in_clickhouse: Bench, what: str) -> None:
    """So it is in ClickHouse, where the columns of the sorting key need a copy of the table."""
    refused_until_mended(in_clickhouse, BY_HAND["clickhouse"][what])


def refused_until_mended(bench: Bench, change: str) -> None:
    """Make a change by hand, see it refused, run what the refusal shows, and see it accepted."""
    for statement in change.split("; "):
        bench.run(statement)
    is_well, status = bench.said("status")
    assert not is_well
    assert "differs: " in status
    is_well, plan = bench.said("plan")
    assert not is_well
    assert all(line.startswith("-- ") for line in plan.splitlines())
    is_well, applied = bench.said("apply")
    assert not is_well
    assert applied.startswith("sink main: nothing was changed\nrefused")
    _, _, shown = applied.partition("with a copy of the data:\n")
    for statement in shown.removesuffix(";\n").split(";\n"):
        bench.run(statement)
    assert bench.said("apply")[0]
    assert bench.said("status")[0]


def test_values_are_kept_by_hand(in_duckdb: Bench) -> None:
    """The statements for another type keep what can be read as the wanted one, and the rest beside it."""
    in_duckdb.run("ALTER TABLE tracker_ledger ALTER COLUMN hits TYPE VARCHAR")
    in_duckdb.run("INSERT INTO tracker_ledger VALUES (0, 1, 'p', 'written', '', '12'), (0, 2, 'p', 'written', '', 'x')")
    for statement in in_duckdb.said("apply")[1].partition("data:\n")[2].removesuffix(";\n").split(";\n"):
        in_duckdb.run(statement)
    assert in_duckdb.run("SELECT hits, hits_old FROM tracker_ledger ORDER BY plan") == [(12, "12"), (None, "x")]


def test_phases(in_duckdb: Bench) -> None:
    """Additions and the end are shown and done apart."""
    in_duckdb.run("ALTER TABLE events DROP COLUMN page_title")
    in_duckdb.run("DROP VIEW funnel")
    in_duckdb.run("COMMENT ON VIEW people IS 'Of before. [tracker 00000000]'")
    in_duckdb.run("CREATE VIEW visitors AS SELECT 1 AS n; COMMENT ON VIEW visitors IS 'Once ours. [tracker 00000000]'")
    post = in_duckdb.said("plan", "post")[1]
    assert "ALTER TABLE" not in post
    assert in_duckdb.said("apply", "pre") == (True, "sink main: widen table events by page_title\n")
    assert in_duckdb.state("people") == "differs"
    assert in_duckdb.state("visitors") == "no longer wanted"
    done = in_duckdb.said("apply", "post")[1]
    assert done.splitlines()[0] == "sink main: replace view people"
    assert done.splitlines()[-1] == "sink main: drop view visitors"
    assert in_duckdb.said("status")[0]


def test_view_that_is_not_ours(in_duckdb: Bench) -> None:
    """It is left alone, which is said; nothing is to be done about it."""
    in_duckdb.run("CREATE OR REPLACE VIEW funnel AS SELECT 1 AS mine")
    assert in_duckdb.state("funnel") == "not ours"
    assert in_duckdb.said("status")[0]
    assert "-- view funnel is left alone" in in_duckdb.said("plan")[1]
    assert in_duckdb.run("SELECT mine FROM funnel") == [(1,)]


def test_views_switched_off(in_duckdb: Bench) -> None:
    """Then views are neither made nor taken away."""
    settings = Settings.model_validate({"data": in_duckdb.migration.settings.data, "warehouse": {"views": False}})
    in_duckdb.migration = replace(in_duckdb.migration, settings=settings)
    in_duckdb.run("DROP VIEW funnel")
    assert in_duckdb.said("apply") == (True, "sink main: nothing to do\n")
    assert in_duckdb.state("people") == ""


HOLD = "import sys, duckdb; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read(1)"


def test_file_that_another_process_holds(in_duckdb: Bench) -> None:
    """Where no tracker answers for the file, the process that holds it is named, whatever is asked."""
    command = [sys.executable, "-c", HOLD, in_duckdb.migration.driver.where]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        said = {act: in_duckdb.said(act) for act in ACTS}
        holder.communicate(b"x")
    assert [is_well for is_well, _ in said.values()] == [False] * 3
    assert all(f"(PID {holder.pid})" in text for _, text in said.values())


def test_looking_makes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A plan or a status of nothing leaves nothing behind; everything is to be made."""
    with pytest.raises(SystemExit) as ended:
        main(["migrate", "--status", "--data", str(tmp_path / "data")])
    assert ended.value.code == 1
    with pytest.raises(SystemExit) as ended:
        main(["migrate", "--data", str(tmp_path / "data")])
    assert ended.value.code == 0
    assert not (tmp_path / "data").exists()
    printed = capsys.readouterr().out
    assert re.search(r"table +events +missing", printed)
    assert f"-- sink main (duckdb, {tmp_path / 'data' / 'tracker.duckdb'})" in printed


def test_looking_makes_no_database(clickhouse: ChdbServer, tmp_path: Path, made: tuple[Migration, Path]) -> None:
    """Nor does it in ClickHouse."""
    driver = ClickHouse(ClickHouseSettings(port=clickhouse.port, database="never_made"), tmp_path)
    migration = replace(made[0], driver=driver)
    assert migration.plan(None)
    assert not migration.status(None)
    assert not any("CREATE" in statement for statement, _ in clickhouse.statements)


def test_status_of_no_database(
    clickhouse: ChdbServer, tmp_path: Path, made: tuple[Migration, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Before the first start every table is missing, and nothing is written yet."""
    driver = ClickHouse(ClickHouseSettings(port=clickhouse.port, database="never_made"), tmp_path)
    bench = Bench(replace(made[0], driver=driver), lambda sql: None, capsys)
    is_well, said = bench.said("status")
    assert not is_well
    assert "nothing written yet" in said
    assert bench.state("events") == "missing"


def test_one_act_at_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    """Two acts are wrong usage, and so is an unknown sink."""
    with pytest.raises(SystemExit) as ended:
        main(["migrate", "--plan", "--apply"])
    assert ended.value.code == 2
    with pytest.raises(SystemExit) as ended:
        main(["migrate", "--sink", "mian"])
    assert ended.value.code == 1
    assert "there is no sink 'mian' (did you mean 'main'?)" in capsys.readouterr().err


def test_driver_of_a_plugin(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A driver that shows no statements is told of in words, and migrated all the same."""
    warehouse = {"sinks": {"copy": {"driver": "sqlite"}}}
    plugins = Path(__file__).parents[1] / "plugins"
    settings = Settings.model_validate(
        {"data": tmp_path, "plugins_dir": plugins, "warehouse": warehouse, "columns": {"visitor_region": "language"}}
    )
    (migration,) = migrations(settings, None)
    bench = Bench(migration, print, capsys)
    assert "\n-- create table events with " in bench.said("plan")[1]
    assert bench.said("apply")[0]
    assert bench.said("status")[0]
    assert bench.state("events") == "as wanted"
