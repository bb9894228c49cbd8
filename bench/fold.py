"""Folding hits into protosessions: CPU microseconds per hit and bytes per open protosession.

Beside it the plain way: a dict of lists and a heap of deadlines. Each runs in a process of its own, so that its memory
is its own. Run: python -m bench.fold [clients] [hits of each]
"""

import resource
import sys
from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from itertools import islice
from multiprocessing import get_context

import psutil

from tracker.clock import MINUTE, SECOND
from tracker.model import TICK, Routing
from tracker.protosessions.fold import Fold
from tracker.protosessions.limits import FoldLimits

TIMEOUT = 30 * MINUTE
LIMITS = FoldLimits(
    timeout=TIMEOUT,
    max_hits=2_000,
    max_duration=24 * 60 * MINUTE,
    max_open=10_000_000,
    join_by_user_id=True,
    join_by_stamp="cookieless",
    join_across_clients=True,
)
START = 1_700_000_000 * SECOND
SLICE = 20_000


class DictOfLists:
    """The yardstick: a tuple as key, a list of offsets, a heap entry per protosession, put back when it moved."""

    def __init__(self) -> None:
        self.open: dict[tuple[str, str, str], list[int]] = {}
        self.deadline: dict[tuple[str, str, str], int] = {}
        self.heap: list[tuple[int, tuple[str, str, str]]] = []
        self.log_time = 0

    def apply(self, offset: int, routing: Routing) -> list[list[int]]:
        """The same as a fold without joins, caps and quotas."""
        self.log_time = max(self.log_time, routing.received_at)
        closed = []
        while self.heap and self.heap[0][0] <= self.log_time:
            _, key = heappop(self.heap)
            if self.deadline[key] > self.log_time:
                heappush(self.heap, (self.deadline[key], key))
            else:
                del self.deadline[key]
                closed.append(self.open.pop(key))
        if routing.flags & TICK:
            return closed
        key = (routing.family, routing.property_id, routing.client_id)
        offsets = self.open.get(key)
        if offsets is None:
            self.open[key] = [offset]
            heappush(self.heap, (self.log_time + TIMEOUT, key))
        else:
            offsets.append(offset)
        self.deadline[key] = self.log_time + TIMEOUT
        return closed


def hits(clients: int, each: int, *, users: bool) -> Iterator[Routing]:
    """`each` hits of each client, the clients interleaved in no particular order, within a third of the timeout."""
    step = next(prime for prime in (7_919, 104_729, 1_299_709) if clients % prime)
    total = clients * each
    for number in range(total):
        client = number * step % clients
        user = f"user-{client}@example.com" if users else None
        received_at = START + number * (TIMEOUT // 3) // total
        yield Routing(
            1, "ga4", "G-0GDZ6S3NNK", f"{client * 48_611}.{1_700_000_000 + client}", user, None, received_at, 0
        )


def cpu() -> float:
    """Seconds of processor this process has used."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def measure(make: Callable[[], Fold | DictOfLists], clients: int, each: int, users: bool) -> tuple[float, float, float]:
    """(CPU us per hit, bytes per open protosession, CPU us per hit to close them all)."""
    fold, process = make(), psutil.Process()
    apply, source, offset, spent, size = fold.apply, hits(clients, each, users=users), 0, 0.0, 0
    records = list(islice(source, SLICE))
    before = process.memory_info().rss
    while records:
        began = cpu()
        for record in records:
            apply(offset, record)
            offset += 1
        spent += cpu() - began
        size = process.memory_info().rss - before
        records = list(islice(source, SLICE))
    began = cpu()
    closed = fold.apply(offset, Routing(1, "", "", "", None, None, START + 2 * TIMEOUT, TICK))
    closing = cpu() - began
    assert len(closed) == clients
    return spent / offset * 1e6, size / clients, closing / offset * 1e6


def new_fold() -> Fold:
    return Fold(lambda _: LIMITS)


def main(clients: int, each: int) -> None:
    runs: list[tuple[str, Callable[[], Fold | DictOfLists], bool]] = [
        ("fold", new_fold, False),
        ("fold, a user id on every hit", new_fold, True),
        ("dict of lists and a heap, no joins", DictOfLists, False),
    ]
    print(f"{clients:,} clients, {each} hits each")
    for name, make, users in runs:
        with get_context("spawn").Pool(1) as pool:
            apply, size, close = pool.apply(measure, (make, clients, each, users))
        print(
            f"{name:36} {apply:6.2f} us per hit, {close:5.2f} us per hit to close, {size:6.0f} bytes per protosession"
        )


if __name__ == "__main__":
    main(*(int(argument) for argument in [*sys.argv[1:], *("200000", "8")[len(sys.argv) - 1 :]]))
