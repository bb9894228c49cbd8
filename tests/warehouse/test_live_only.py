"""`live_events` beside a sink that cannot show it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pytest

from tracker.config import SqlSettings
from tracker.errors import Reject
from tracker.model import Cursor
from tracker.warehouse.driver import Answer
from tracker.warehouse.live import LiveRelations
from tracker.warehouse.live_only import LiveOnly


@dataclass(frozen=True)
class Missing:
    """Three hits of two visitors."""

    events: pa.Table
    shown: int = 3
    hits: int = 5
    avoided: int = 0


def missing(has: Mapping[int, Cursor], check: Callable[[], None]) -> Missing:
    """What follows the plans up to the fourth."""
    assert {partition: cursor.plan for partition, cursor in has.items()} == {0: 4}
    return Missing(pa.table({"property_id": ["G-1"] * 3, "client_id": ["a", "b", "a"]}))


class Sink:
    """Answers every question with itself."""

    def run(self, sql: str) -> Answer:
        """The question."""
        return Answer(pa.table({"sql": [sql]}), truncated=False)


@pytest.fixture
def questions() -> LiveOnly:
    """A sink that has four plans."""
    return LiveOnly(Sink(), SqlSettings(), LiveRelations(missing, lambda connection: {0: Cursor("log", 0, 4, 9)}))


def test_other_questions_go_to_the_sink(questions: LiveOnly) -> None:
    """Whatever its SQL is."""
    assert questions.run("SHOW TABLES FROM x").table.to_pylist() == [{"sql": "SHOW TABLES FROM x"}]


def test_the_relation_alone(questions: LiveOnly) -> None:
    """It is answered in DuckDB's SQL, with what must be said of it."""
    answer = questions.run("SELECT client_id, count(*) AS hits FROM Live_Events GROUP BY ALL ORDER BY ALL")
    assert answer.table.to_pylist() == [{"client_id": "a", "hits": 2}, {"client_id": "b", "hits": 1}]
    assert "leaves out 2" in answer.note


def test_the_relation_with_tables(questions: LiveOnly) -> None:
    """The asker is told that the sink's tables are not there."""
    with pytest.raises(Reject, match=r"(?s)events does not exist.*answered alone"):
        questions.run("FROM events UNION ALL FROM live_events")


@pytest.mark.parametrize("sql", ["FROM live_events, read_csv('/etc/passwd')", "SET threads = 2; FROM live_events"])
def test_nothing_else(questions: LiveOnly, sql: str) -> None:
    """The rules of questions hold here too."""
    with pytest.raises(Reject):
        questions.run(sql)
