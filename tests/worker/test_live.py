"""What is in no table yet, beside the tables: everything once, at any moment, as it will be when it is written."""

import random
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.worker.live_traffic import Tracked, sent, tracked, traffic
from tracker.clock import HOUR, MINUTE
from tracker.errors import Broken
from tracker.model import Cursor
from tracker.testing.hits import NOW
from tracker.worker import codec
from tracker.worker.live import noted
from tracker.worker.suspects import Suspects

ALL = "SELECT * FROM events UNION ALL SELECT * FROM live_events"
FIXED = (
    "id",
    "name",
    "property_id",
    "client_id",
    "user_id",
    "page_path",
    "timestamp_utc",
    "received_at",
    "schema_epoch",
)
"""Columns of an event that nothing sent later can change."""
RARELY = {"flush_interval": "40m"}
"""A plan now and then: few to write."""
Place = tuple[int, int]


def by_place(rows: list[dict[str, Any]]) -> dict[Place, dict[str, Any]]:
    """Rows by where they stand in the log; each only once."""
    found = {(row["log_partition"], row["log_offset"]): row for row in rows}
    assert len(found) == len(rows)
    return found


def without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


def complete(line: Tracked, ends: list[int]) -> set[Place]:
    """Hits of protosessions that were whole when the log ended at `ends`."""
    return {
        (partition, offset)
        for partition in range(line.log.partitions)
        for plan in line.plans[partition].values()
        for closed in plan.protosessions
        if closed.offsets[-1] < ends[partition]
        for offset in closed.offsets.tolist()
    }


@pytest.mark.parametrize("seed", [1, 2, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 13))])
def test_at_any_moment_the_events_of_the_end(tmp_path: Path, seed: int) -> None:
    """Tables and live events together have every event once; those of a visit that is over are as they will be."""
    chance = random.Random(seed)
    apart = {"partitions": 3, "partition_by": "property", "carry_after": "20m"} if seed % 2 else {"carry_after": "20m"}
    with tracked(tmp_path, log=apart, worker={"flush_interval": f"{5 * (seed % 4)}m", "batch_hits": 20}) as line:
        looks = []
        for requests in traffic(chance, 100, properties=5):
            line.append(requests)
            for often, act in ((0.3, line.consume), (0.2, lambda: line.write(1)), (0.1, line.trim)):
                if chance.random() < often:
                    act()
            if chance.random() < 0.1:
                ends = [line.log.end(partition) for partition in range(line.log.partitions)]
                looks.append((ends, by_place(line.ask(ALL))))
        line.close_all()
        assert line.ask("SELECT * FROM live_events") == []
        at_last = by_place(line.ask("SELECT * FROM events"))
        assert len(looks) > 3
        for ends, seen in looks:
            assert seen.keys() == {place for place in at_last if place[1] < ends[place[0]]}
            for place, row in seen.items():
                assert [row[name] for name in FIXED] == [at_last[place][name] for name in FIXED]
            for place in complete(line, ends) & seen.keys():
                assert without(seen[place], "ingested_at") == without(at_last[place], "ingested_at")


@pytest.mark.parametrize("questions", [8, pytest.param(50, marks=pytest.mark.slow)])
def test_each_hit_once_while_plans_are_written(tmp_path: Path, questions: int) -> None:
    """All questions, while another thread folds, plans, writes and trims, see every accepted hit once."""
    with tracked(tmp_path, filters={}, worker={"flush_interval": "0s", "batch_hits": 3}) as line:
        accepted, over, raised = [0], threading.Event(), list[BaseException]()

        def work() -> None:
            try:
                for number in range(1_000):
                    at = NOW + number * MINUTE
                    line.append(sent(f"{number % 40}.1", f"e{number}", at=at))
                    accepted[0] += 1
                    line.consume()
                    line.write(1)
                    if number % 5 == 0:
                        line.trim()
                    if over.is_set():
                        return
            except BaseException as error:
                raised.append(error)

        writing = threading.Thread(target=work)
        writing.start()
        try:
            counts = "SELECT count(*) AS rows, count(DISTINCT log_offset) AS hits, count(*) FILTER (live) AS live FROM"
            both = "(SELECT log_offset, false AS live FROM events UNION ALL SELECT log_offset, true FROM live_events)"
            for _ in range(questions):
                before = accepted[0]
                (found,) = line.ask(f"{counts} {both}")
                assert found["rows"] == found["hits"]
                assert before <= found["hits"] <= accepted[0] + 1
        finally:
            over.set()
            writing.join()
        assert raised == []


def test_devices_of_one_person_are_one_visit(tmp_path: Path) -> None:
    """Open clients that share a user id stand in one session, as they will when it closes."""
    with tracked(tmp_path) as line:
        line.append(sent("1.1", more="&uid=ann") + sent("2.1", more="&uid=ann", at=NOW + MINUTE) + sent("3.1"))
        rows = line.ask("SELECT client_id, session_id, session_total_page_views AS pages FROM live_events ORDER BY ALL")
    assert [row["pages"] for row in rows] == [2, 2, 1]
    assert rows[0]["session_id"] == rows[1]["session_id"] != rows[2]["session_id"]


def test_what_is_no_row_is_no_live_event(tmp_path: Path) -> None:
    """Repeats, filtered hits and hits that cannot be written are left out."""
    once = sent("1.1", "purchase&epn.value=1&cu=EUR&ep.transaction_id=T1")
    with tracked(tmp_path) as line:
        line.append([*once, *once, *sent("1.1", page="/staff", at=NOW + 1), *sent("1.1", "", at=NOW + 2)])
        assert line.ask("SELECT log_offset FROM live_events") == [{"log_offset": 0}]


def test_carried_hits_are_there(tmp_path: Path) -> None:
    """A visitor who never pauses is seen whole, though the log was trimmed past the first hits."""
    with tracked(tmp_path, worker=RARELY) as line:
        for minutes in range(0, 120, 10):
            line.append(sent("1.1", at=NOW + minutes * MINUTE) + sent(f"9.{minutes}", at=NOW + minutes * MINUTE + 1))
            line.consume()
            line.write()
            line.trim()
        assert line.log.start(0).offset > 0
        assert line.ask("SELECT count(*) AS hits FROM live_events WHERE client_id = '1.1'") == [{"hits": 12}]


def test_a_cap_shows_who_was_last_active(tmp_path: Path) -> None:
    """Beyond the limit the last active are shown, whole, and what is left out is said."""
    with tracked(tmp_path, sql={"live_hits": 3}) as line:
        for minute, client in enumerate("aabbccdab"):
            line.append(sent(client, at=NOW + minute * MINUTE))
        answer = line.queries.run("SELECT DISTINCT client_id FROM live_events ORDER BY 1")
    assert answer.table["client_id"].to_pylist() == ["b"]
    assert answer.note == (
        "live_events shows the 3 hits of those who were last active, and leaves out 6; see sql.live_hits"
    )


def test_a_cap_is_shared_by_partitions(tmp_path: Path) -> None:
    """A partition that has little leaves its share to the others."""
    log = {"partitions": 4, "partition_by": "property"}
    with tracked(tmp_path, log=log, sql={"live_hits": 8}) as line:
        record = [codec.encode(hit) for number in range(9) for hit in sent(f"{number}.1", at=NOW + number)]
        line.log.append([(0, record[0]), *((2, one) for one in record), *((3, one) for one in record)])
        shown = line.ask("SELECT log_partition AS of, count(*) AS hits FROM live_events GROUP BY ALL ORDER BY ALL")
    assert shown == [{"of": 0, "hits": 1}, {"of": 2, "hits": 4}, {"of": 3, "hits": 3}]


def test_nothing_is_written(tmp_path: Path) -> None:
    """The log is the same, to the last transaction, and no file is added."""
    with tracked(tmp_path) as line:
        line.append(sent("1.1"))
        before = line.log._store._env.info()["last_txnid"], sorted(tmp_path.rglob("*"))  # type: ignore[attr-defined]
        assert len(line.ask("FROM live_events")) == 1
        assert before == (line.log._store._env.info()["last_txnid"], sorted(tmp_path.rglob("*")))  # type: ignore[attr-defined]


def test_a_log_that_is_trimmed_meanwhile_is_looked_at_again(tmp_path: Path) -> None:
    """Plans that are written and trimmed between tables and log are neither missing nor doubled."""
    with tracked(tmp_path) as line:
        for number in range(9):
            line.append(sent(f"{number}.1", at=NOW + number * 15 * MINUTE))
        line.consume()
        fold, times = line.missing._fold, []

        def disturbed(*start: Any) -> Any:
            times.append(1)
            if len(times) == 1:
                line.write()
                line.trim()
            return fold(*start)

        line.missing._fold = disturbed
        assert len(by_place(line.ask(ALL))) == 9
        assert len(times) == 2
        assert line.log.start(0).offset > 0


def test_hits_that_are_carried_meanwhile_are_not_lost(tmp_path: Path) -> None:
    """A trim that moves the start point while the log is read makes the look begin again."""
    with tracked(tmp_path, worker=RARELY) as line:
        for minutes in range(0, 120, 10):
            line.append(sent("1.1", at=NOW + minutes * MINUTE) + sent(f"9.{minutes}", at=NOW + minutes * MINUTE + 1))
        line.consume()
        line.write()
        fold = line.missing._fold

        def disturbed(*start: Any) -> Any:
            line.trim()
            line.missing._fold = fold
            return fold(*start)

        line.missing._fold = disturbed
        assert line.ask("SELECT count(*) AS hits FROM live_events WHERE client_id = '1.1'") == [{"hits": 12}]
        assert line.log.start(0).offset > 0


def test_what_a_sink_has_by_the_log(tmp_path: Path) -> None:
    """Warehouses that are not read in one transaction with the log have what the log noted."""
    with tracked(tmp_path) as line:
        line.append(sent("1.1"))
        line.close_all()
        assert noted(line.log, "main") == {0: Cursor(line.log.id, 0, 1, 0)}
        assert line.missing(noted(line.log, "main")).hits == 0
        assert line.missing(noted(line.log, "another")).hits == 1


def test_tables_of_another_log(tmp_path: Path) -> None:
    """Rows that another log made are not mixed with hits of this one."""
    with tracked(tmp_path) as line, pytest.raises(Broken, match="rows of another log"):
        line.missing({0: Cursor("another", 0, 1, 1)})


def test_an_unchanged_log_is_not_computed_again(tmp_path: Path) -> None:
    """A dashboard that asks again gets the same rows, until another hit comes; time alone changes nothing."""
    with tracked(tmp_path) as line:
        line.append(sent("1.1"))
        line.ask("FROM live_events")
        first = line.missing._last
        line.log.append_own(0, codec.tick(NOW + MINUTE))
        line.ask("FROM live_events")
        assert line.missing._last is first
        line.append(sent("1.1", at=NOW + 2 * MINUTE))
        assert len(line.ask("FROM live_events")) == 2


def test_a_question_that_nobody_waits_for_ends(tmp_path: Path) -> None:
    """What checks whether the asker is still there may raise at any time, and the next one is answered."""
    with tracked(tmp_path) as line:
        line.append(sent("1.1"))

        def gone() -> None:
            raise TimeoutError

        with pytest.raises(TimeoutError):
            line.missing({}, gone)
        assert line.missing({}).events.num_rows == 1


def test_it_is_there_without_a_tracker(tmp_path: Path) -> None:
    """`tracker sql` on a folder where none runs shows what waits in the log."""
    from tracker.cli.asking import ask

    with tracked(tmp_path) as line:
        line.append(sent("1.1", page="/shoes"))
        settings = line.settings
    assert ask(settings, "SELECT page_path FROM live_events").table.to_pylist() == [{"page_path": "/shoes"}]


def test_ingested_at_is_log_time(tmp_path: Path) -> None:
    """The provisional rows are of now, in the log's own time."""
    with tracked(tmp_path) as line:
        line.append(sent("1.1"))
        line.log.append_own(0, codec.tick(NOW + 9 * MINUTE))
        (row,) = line.ask("SELECT epoch_us(ingested_at) AS at FROM live_events")
    assert row["at"] == NOW + 9 * MINUTE


def test_hits_that_ended_the_program_are_left_alone(tmp_path: Path) -> None:
    """After two deaths at some hits the others are shown, and it is said."""
    with tracked(tmp_path) as line:
        line.append(sent("1.1") + sent("2.1"))
        suspects = line.missing._suspects = Suspects(tmp_path / "suspects", line.log.id)
        suspects._write({**suspects._nothing, "avoid": {"0": line.log.end(0)}})
        line.append(sent("1.1", at=NOW + 1) + sent("3.1", at=NOW + 1))
        answer = line.queries.run("SELECT client_id FROM live_events")
    assert answer.table["client_id"].to_pylist() == ["3.1"]
    assert answer.note == "live_events leaves out 3 hits because the tracker died while it looked at them"


@pytest.mark.parametrize("layout", ["wide", "split"])
def test_columns_of_the_wide_view(tmp_path: Path, layout: str) -> None:
    """In both layouts the columns are those of `events_wide`, in order, with the same types."""
    with tracked(tmp_path, warehouse={"layout": layout}) as line:
        line.append(sent("1.1"))
        line.close_all()
        line.append(sent("1.1", at=line.clock.now() + 30 * HOUR))
        rows = line.ask(
            "SELECT log_offset, session_entry_page_path AS entry FROM (FROM events_wide UNION ALL FROM live_events)"
        )
        shapes = [
            line.ask(f"SELECT column_name, column_type FROM (DESCRIBE {name})")
            for name in ("events_wide", "live_events")
        ]
    assert [row["entry"] for row in rows] == ["/", "/"]
    assert shapes[0] == shapes[1]


def test_properties_with_their_own_tables(tmp_path: Path) -> None:
    """Hits of a property that has its own table are shown in the relation beside that."""
    own = {"G-2": {"events_table": "shop_events"}, "G-3": {"sinks": ["elsewhere"]}}
    sinks = {"main": {}, "elsewhere": {"path": "elsewhere.duckdb"}}
    with tracked(tmp_path, properties=own, warehouse={"sinks": sinks}) as line:
        for property_id in ("G-1", "G-2", "G-3"):
            line.append([replace(hit, property_id=property_id) for hit in sent("1.1")])
        assert line.ask("SELECT property_id AS p FROM live_events") == [{"p": "G-1"}]
        assert line.ask("SELECT property_id AS p FROM shop_live_events") == [{"p": "G-2"}]
