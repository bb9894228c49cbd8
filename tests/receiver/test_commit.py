"""Group commit: which hits go together, in what order, and what becomes of them when the log refuses."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import pytest

from tests.receiver.world import MemoryLog
from tracker.config import ReceiverSettings
from tracker.errors import LogFull
from tracker.metrics import new_metrics
from tracker.receiver import commit
from tracker.receiver.commit import Committer, Entry, Overloaded
from tracker.receiver.tally import Complaints
from tracker.testing.clock import FakeClock


class Desk:
    """A committer, its log, and what it told each request."""

    def __init__(self, **settings: int) -> None:
        self.log, self.clock, self.metrics = MemoryLog(), FakeClock(), new_metrics()
        self.told: dict[bytes, Exception | None] = {}
        self.committer = Committer(
            self.log.append,
            settings=ReceiverSettings.model_validate(settings),
            metrics=self.metrics,
            clock=self.clock,
            complaints=Complaints(self.clock),
        )
        self.committer.start()

    def submit(self, *records: bytes, rejections: tuple[bytes, ...] = ()) -> None:
        """Have a request's records committed."""
        done = partial(self.told.__setitem__, records[0])
        size = sum(map(len, records))
        self.committer.submit(Entry([(0, record) for record in records], rejections, "toy", done, size))

    async def hold(self) -> None:
        """Have a first commit running, so that what follows waits."""
        self.log.gate.clear()
        self.submit(b"held")
        assert await asyncio.to_thread(self.log.entered.wait, 10)

    async def release(self) -> list[list[bytes]]:
        """Let the log go on; returns the commits after the first."""
        self.log.gate.set()
        await self.committer.drain()
        return [records for records, _ in self.log.appends[1:]]


Open = Callable[..., Awaitable[Desk]]


@pytest.fixture
async def desk() -> AsyncIterator[Open]:
    """Opens committers and closes them."""
    desks: list[Desk] = []

    async def open_desk(**settings: int) -> Desk:
        desks.append(Desk(**settings))
        return desks[-1]

    yield open_desk
    for one in desks:
        one.log.gate.set()
        await one.committer.close()


async def test_what_waits_goes_together(desk: Open) -> None:
    """All that came during a commit makes the next one."""
    it = await desk()
    await it.hold()
    for record in (b"a", b"b", b"c"):
        it.submit(record)
    assert await it.release() == [[b"a", b"b", b"c"]]
    assert it.told == {b"held": None, b"a": None, b"b": None, b"c": None}


async def test_requests_of_one_turn_go_together(desk: Open) -> None:
    """The first of several requests that the event loop handles at once does not run ahead."""
    it = await desk()
    it.submit(b"a")
    it.submit(b"b")
    await it.committer.drain()
    assert [records for records, _ in it.log.appends] == [[b"a", b"b"]]


async def test_a_request_is_never_divided(desk: Open) -> None:
    """It waits for the next commit where it does not fit; a bigger one than fits goes alone."""
    it = await desk(commit_hits=3)
    await it.hold()
    it.submit(b"a", b"b")
    it.submit(b"c", b"d")
    it.submit(b"e", b"f", b"g", b"h", b"i")
    it.submit(b"j")
    assert await it.release() == [[b"a", b"b"], [b"c", b"d"], [b"e", b"f", b"g", b"h", b"i"], [b"j"]]


async def test_rejections_ride_along(desk: Open) -> None:
    """Those of the request itself and those nobody waits for, in one append."""
    it = await desk()
    it.committer.note([b"lone"])
    it.submit(b"a", rejections=(b"own",))
    await it.committer.drain()
    assert it.log.appends == [([b"a"], [b"own", b"lone"])]


async def test_lone_rejections_survive_a_full_log(desk: Open) -> None:
    """They were answered already, so they are tried again, in their order."""
    it = await desk()
    it.log.error = LogFull(8, 10)
    it.committer.note([b"one", b"two"])
    it.committer.tick()
    await it.committer.drain()
    it.committer.note([b"three"])
    it.log.error = None
    it.committer.tick()
    await it.committer.drain()
    assert it.log.rejections == [b"one", b"two", b"three"]


async def test_a_refusal_is_told_to_all_of_its_commit(desk: Open) -> None:
    """And to nobody else."""
    it = await desk()
    await it.hold()
    it.submit(b"a")
    it.submit(b"b")
    it.log.error = LogFull(8, 10)
    await it.release()
    it.log.error = None
    it.submit(b"c")
    await it.committer.drain()
    assert [type(it.told[name]) for name in (b"held", b"a", b"b", b"c")] == [LogFull, LogFull, LogFull, type(None)]


async def test_too_much_waiting_is_refused(desk: Open) -> None:
    """By hits; the first to wait is let in whatever its size."""
    it = await desk(max_waiting=2)
    await it.hold()
    it.submit(b"a", b"b", b"c")
    with pytest.raises(Overloaded, match="3 hits wait"):
        it.submit(b"d")
    assert await it.release() == [[b"a", b"b", b"c"]]


async def test_too_many_waiting_bytes_are_refused(desk: Open) -> None:
    """A few huge hits are as bad as many small ones."""
    it = await desk()
    await it.hold()
    it.submit(b"a" * commit.MAX_WAITING_BYTES)
    with pytest.raises(Overloaded):
        it.submit(b"b")
    await it.release()
    it.submit(b"b")


async def test_too_many_rejections_are_refused(desk: Open) -> None:
    """A flood of nonsense does not fill the memory while the log is away."""
    it = await desk(max_waiting=2)
    await it.hold()
    it.committer.note([b"one", b"two"])
    with pytest.raises(Overloaded):
        it.committer.note([b"three"])


async def test_a_trouble_in_one_answer_keeps_nobody_waiting(desk: Open) -> None:
    """The neighbours are told all the same."""
    it = await desk()

    def fail(error: Exception | None) -> None:
        raise RuntimeError

    it.committer.submit(Entry([(0, b"x")], (), "toy", fail, 1))
    it.submit(b"a")
    await it.committer.drain()
    assert it.told == {b"a": None}


async def test_close_commits_what_waits(desk: Open) -> None:
    """Hits whose clients have gone included."""
    it = await desk(commit_hits=1)
    await it.hold()
    it.submit(b"a")
    it.submit(b"b")
    it.log.gate.set()
    await it.committer.close()
    assert it.log.records == [b"held", b"a", b"b"]


async def test_close_ends_though_the_log_is_full(desk: Open) -> None:
    """Lone rejections are tried once more, not for ever."""
    it = await desk()
    it.log.error = LogFull(8, 10)
    it.committer.note([b"one"])
    await asyncio.wait_for(it.committer.close(), 10)


async def test_commits_are_measured(desk: Open) -> None:
    """Hits per protocol, hits per commit, seconds."""
    it = await desk()
    it.submit(b"a", b"b")
    await it.committer.drain()
    values = it.metrics.registry.get_sample_value
    assert values("tracker_hits_total", {"protocol": "toy"}) == 2
    assert (values("tracker_commit_hits_sum"), values("tracker_commit_seconds_count")) == (2, 1)
