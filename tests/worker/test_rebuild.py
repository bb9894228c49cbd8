"""A warehouse written again from log and archive, on real files; the warehouse itself is a list."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import cbor2
import numpy as np
import pytest

from tests.worker.shelf import Shelf, offsets_of
from tracker.errors import Broken
from tracker.model import Closed, Cursor, Plan, StartPoint
from tracker.testing import make_hit
from tracker.worker import codec
from tracker.worker.archive import Archive
from tracker.worker.history import History, Lost
from tracker.worker.lmdb_log import LmdbLog
from tracker.worker.rebuild import Missing, Rebuild, Step


@pytest.fixture
def log(tmp_path: Path) -> Iterator[LmdbLog]:
    """Two partitions with three plans of two hits each; of the first one, two plans are in the archive only."""
    made = LmdbLog.open(tmp_path / "log", quota=64 << 20, partitions=2, archive=Archive(tmp_path / "archive"))
    made.append([(n % 2, codec.encode(make_hit(f"en=e{n}"))) for n in range(12)])
    for partition in (0, 1):
        for n in range(1, 4):
            closed = tuple(Closed(np.array([offset]), "timeout") for offset in (2 * n - 2, 2 * n - 1))
            made.put_plan(partition, Plan(n, n, closed, 2 * n - 2), StartPoint(0, 0))
    made.save_start(0, StartPoint(4, 0))
    made.trim(0, 4, 2)
    yield made
    made.close()


def rebuild(log: LmdbLog, shelf: Shelf, sinks: Sequence[str] = ()) -> Rebuild:
    """What is tried."""
    history = History(log, Archive(log._store.folder.parent / "archive"))
    return Rebuild("main", log, history, offsets_of, shelf, sinks=sinks)


def never() -> threading.Event:
    """Nobody says stop."""
    return threading.Event()


def test_an_empty_warehouse_gets_everything(log: LmdbLog) -> None:
    """Every plan once, in order, of every partition, with the cursor a sink would write."""
    shelf, told = Shelf(), list[Step]()
    assert rebuild(log, shelf).missing() == Missing(6, 12)
    rebuild(log, shelf).run(never(), told.append)
    assert shelf.rows == [0, 1, 2, 3, 4, 5] * 2
    assert shelf.lasts == {partition: Cursor(log.id, partition, 3, 6) for partition in (0, 1)}
    assert told == [Step(partition, n, 2, 2) for partition in (0, 1) for n in (1, 2, 3)]
    assert rebuild(log, shelf).missing() == Missing(0, 0)


def test_a_warehouse_that_is_behind_gets_the_rest(log: LmdbLog) -> None:
    """From its own cursor on."""
    shelf = Shelf(lasts={0: Cursor(log.id, 0, 1, 2), 1: Cursor(log.id, 1, 3, 6)})
    assert rebuild(log, shelf).missing() == Missing(2, 4)
    rebuild(log, shelf).run(never())
    assert shelf.rows == [2, 3, 4, 5]


def test_a_second_one_goes_on_where_the_first_was_stopped(log: LmdbLog) -> None:
    """It is stopped between two plans."""
    shelf, stop = Shelf(), threading.Event()
    rebuild(log, shelf).run(stop, lambda step: stop.set() if step.plan == 2 else None)
    assert shelf.rows == [0, 1, 2, 3]
    rebuild(log, shelf).run(never())
    assert shelf.rows == [0, 1, 2, 3, 4, 5] * 2


def test_what_is_planned_meanwhile_is_written_too(log: LmdbLog) -> None:
    """Also in a partition that was done before."""
    shelf = Shelf()

    def told(step: Step) -> None:
        if (step.partition, step.plan) == (1, 3):
            log.append([(0, codec.encode(make_hit("en=late")))])
            log.put_plan(0, Plan(4, 4, (Closed(np.array([6]), "timeout"),), 6), StartPoint(4, 0))

    rebuild(log, shelf).run(never(), told)
    assert shelf.rows[-1:] == [6]
    assert shelf.lasts[0] == Cursor(log.id, 0, 4, 7)


@pytest.mark.parametrize("sinks", [["main"], ["other"]])
def test_what_ended_the_program_stays_aside(log: LmdbLog, sinks: list[str]) -> None:
    """As the sink that met it noted, whichever that was."""
    log.put_note(f"trial/1/{sinks[0]}/2", cbor2.dumps({"next": 2, "deaths": {1: 2, 0: 1}}))
    shelf = Shelf(lasts={0: Cursor(log.id, 0, 3, 6)})
    rebuild(log, shelf, sinks).run(never())
    assert shelf.rows == [0, 1, 2, 4, 5]


def test_the_note_of_a_sink_that_was_removed_counts(log: LmdbLog) -> None:
    """The log remembers every sink that ever wrote."""
    log.put_note("trial/1/gone/2", cbor2.dumps({"next": 2, "deaths": {1: 2}}))
    log.commit(1, "gone", 2)
    shelf = Shelf(lasts={0: Cursor(log.id, 0, 3, 6)})
    rebuild(log, shelf).run(never())
    assert 3 not in shelf.rows


def test_the_log_is_only_read(log: LmdbLog) -> None:
    """Through a reader, which raises at any attempt to write."""
    folder = log._store.folder
    log.close()
    reader = LmdbLog.open_reader(folder)
    try:
        rebuild(reader, Shelf()).run(never())
    finally:
        reader.close()


@pytest.mark.parametrize("cursor", [Cursor("someone else", 0, 1, 2), None])
def test_a_warehouse_that_is_not_of_this_log_is_refused(log: LmdbLog, cursor: Cursor | None) -> None:
    """Rows of another log, or more plans than there are."""
    shelf = Shelf(lasts={0: cursor or Cursor(log.id, 0, 9, 99)})
    with pytest.raises(Broken, match=r"^sink 'main' (holds rows of another log|has plan 9)"):
        rebuild(log, shelf).missing()
    with pytest.raises(Broken):
        rebuild(log, shelf).run(never())


def test_without_the_archive_the_first_missing_plan_is_named(log: LmdbLog) -> None:
    """Nothing is written."""
    shelf = Shelf()
    with pytest.raises(Lost, match="plan 1 of partition 0 is neither"):
        Rebuild("main", log, History(log, Archive(Path("nowhere"))), offsets_of, shelf).run(never())
    assert shelf.rows == []
