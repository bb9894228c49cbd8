"""When a batch is complete."""

import numpy as np

from tracker.clock import SECOND
from tracker.model import Closed
from tracker.worker.plans import Planner


def closed(*sizes: int) -> list[Closed]:
    """Protosessions of these many hits."""
    return [Closed(np.arange(size), "timeout") for size in sizes]


def sizes(batches: list[list[Closed]]) -> list[list[int]]:
    """The hits of each protosession of each batch."""
    return [[len(one.offsets) for one in batch] for batch in batches]


def test_a_batch_ends_with_the_protosession_that_reaches_the_hits() -> None:
    """A protosession is never divided."""
    planner = Planner(batch_hits=10, flush_interval=SECOND, last_plan_at=0)
    assert sizes(planner.add(closed(4, 4, 4, 4), 0)) == [[4, 4, 4]]
    assert (len(planner), planner.hits) == (1, 4)


def test_a_batch_ends_with_the_protosession_that_reaches_the_bytes() -> None:
    """Few large hits are a batch too: what it takes of memory is bounded."""
    planner = Planner(100, SECOND, batch_bytes=50, size_of=lambda closed: 20 * len(closed.offsets))
    assert sizes(planner.add(closed(1, 2, 1, 3, 1), 0)) == [[1, 2], [1, 3]]
    assert (len(planner), planner.hits) == (1, 1)


def test_one_record_may_make_many_plans() -> None:
    """Whatever closes at once is cut by hits."""
    planner = Planner(batch_hits=2, flush_interval=SECOND, last_plan_at=0)
    assert sizes(planner.add(closed(1, 1, 1, 1, 3), 0)) == [[1, 1], [1, 1], [3]]


def test_time_makes_a_plan_of_what_waits() -> None:
    """Counted in log time since the last plan, and only when something waits."""
    planner = Planner(batch_hits=100, flush_interval=10 * SECOND, last_plan_at=5 * SECOND)
    assert planner.add([], 100 * SECOND) == []
    planner = Planner(batch_hits=100, flush_interval=10 * SECOND, last_plan_at=5 * SECOND)
    assert planner.add(closed(1), 14 * SECOND) == []
    assert sizes(planner.add([], 15 * SECOND)) == [[1]]
    assert planner.add(closed(1), 24 * SECOND) == []
    assert sizes(planner.add([], 25 * SECOND)) == [[1]]


def test_a_clock_set_back_does_not_stop_plans() -> None:
    """The interval counts from the new time."""
    planner = Planner(batch_hits=100, flush_interval=10 * SECOND, last_plan_at=1_000 * SECOND)
    planner.clock_set_back(5 * SECOND)
    assert sizes(planner.add(closed(1), 15 * SECOND)) == [[1]]
