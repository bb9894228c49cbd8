"""What a log promises, whatever keeps it. `tests/contracts/log.py` holds every implementation to it."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from tracker.errors import Broken
from tracker.model import Carried, Offsets, Outcomes, Plan, StartPoint


class Gone(Broken):
    """A record was trimmed: it is in the archive, if there is one."""

    def __init__(self, partition: int, offset: int) -> None:
        super().__init__(partition, offset)
        self.partition, self.offset = partition, offset

    def __str__(self) -> str:
        return f"offset {self.offset:,} of partition {self.partition} is no longer in the log"


class Totals(NamedTuple):
    """What a partition has counted since the log was created; never falls when the log is trimmed."""

    hits: int
    """Hits appended (ticks and clock records are not hits)."""
    planned: int
    """Hits that stand in a plan."""
    plans: int
    """Number of the newest plan; 0: none yet."""


class Log(ABC):
    """A durable, ordered list of records per partition, with the plans and cursors that refer to them.

    Every writing method is one durable transaction: when it returns, its effect survives power loss; when it raises,
    nothing happened. Offsets start at 0 in each partition, have no gaps, and are never used again, even when the log
    is empty. Any number of processes may append; one process at a time owns a partition's plans, cursors, carry and
    trimming.
    """

    id: str
    """Made when the log is created; a cursor that names another log is not ours."""
    partitions: int
    secret: bytes
    """32 random bytes, made when the log is created: keys partitions, stamps and daily pseudonyms."""

    @abstractmethod
    def append(self, records: Sequence[tuple[int, bytes]], rejections: Sequence[bytes] = ()) -> list[int]:
        """Append (partition, record) pairs in order; returns their offsets. All or nothing, durable on return.

        `rejections` are CBOR maps of what was refused, the reason under `r`: counted for ever by reason, kept in a ring
        of the latest 10,000.
        Raises `LogFull` at 80 % of the quota, with nothing appended.
        """

    @abstractmethod
    def append_own(self, partition: int, record: bytes) -> int:
        """Append a tick or clock record; goes on above 80 % of the quota. Returns its offset."""

    @abstractmethod
    def end(self, partition: int) -> int:
        """The offset the next record will get."""

    @abstractmethod
    def read(self, partition: int, from_offset: int, limit: int) -> list[tuple[int, bytes]]:
        """Up to `limit` (offset, record) pairs from `from_offset` on, in order. Trimmed offsets are skipped."""

    @abstractmethod
    def get(self, partition: int, offsets: Offsets) -> list[bytes]:
        """The records at `offsets`, in the order asked for; looks among the carried first. Raises `Gone` where one
        is.
        """

    @abstractmethod
    def put_plan(self, partition: int, plan: Plan, start: StartPoint) -> None:
        """Make a plan durable, and with it where the next fold may start. `plan.n` must be the newest plan's number +
        1.
        """

    @abstractmethod
    def plans(self, partition: int, from_n: int, limit: int | None = None) -> Iterator[Plan]:
        """Plans in order from number `from_n` on; trimmed ones are skipped."""

    @abstractmethod
    def start(self, partition: int) -> StartPoint:
        """Where a fold begins: the latest start point that was saved; offset 0 in a new log."""

    @abstractmethod
    def save_start(self, partition: int, start: StartPoint) -> None:
        """Save a later start point."""

    @abstractmethod
    def totals(self, partition: int) -> Totals:
        """The partition's counts."""

    @abstractmethod
    def rejected(self) -> Mapping[str, int]:
        """How many pieces were refused since the log was created, by reason."""

    @abstractmethod
    def rejections(self, limit: int) -> list[bytes]:
        """The latest refusals, oldest first, as they were given to `append`."""

    @abstractmethod
    def commit(self, partition: int, sink: str, n: int) -> None:
        """Note that `sink` has plan `n` safely. Clears the attempts at it. Must not fall."""

    @abstractmethod
    def cursor(self, partition: int, sink: str) -> int:
        """The last plan `sink` has safely; 0: none."""

    @abstractmethod
    def sinks(self, partition: int) -> Mapping[str, int]:
        """Every sink's cursor."""

    @abstractmethod
    def attempt(self, partition: int, sink: str, n: int) -> int:
        """Count an attempt at plan `n` before it is made; returns how many there were before this one."""

    @abstractmethod
    def put_outcomes(self, partition: int, outcomes: Outcomes) -> None:
        """Keep what became of a plan's hits, for `tracker tail`. Overwrites."""

    @abstractmethod
    def outcomes(self, partition: int, n: int) -> Outcomes | None:
        """What became of the hits of plan `n`."""

    @abstractmethod
    def put_note(self, key: str, value: bytes) -> None:
        """Keep a small named value (which protosession is being tried, for one)."""

    @abstractmethod
    def note(self, key: str) -> bytes | None:
        """A named value."""

    @abstractmethod
    def carry(self, partition: int, hits: Sequence[Carried], start: StartPoint) -> None:
        """Copy hits that stay behind into the carry and move the start point past them, in one transaction."""

    @abstractmethod
    def carried(self, partition: int) -> list[Carried]:
        """Everything in the carry, by offset."""

    @abstractmethod
    def trim(self, partition: int, to_offset: int, to_plan: int) -> int:
        """Archive, then drop, hits before `to_offset` and plans up to `to_plan`, in slices; carried hits of those
        plans too.

        The archive file is written, fsynced, renamed, and its folder fsynced, before the first record goes. Returns
        how many records were dropped. Does nothing where there is no archive.
        """

    @abstractmethod
    def used(self) -> tuple[int, int]:
        """(bytes in use, quota)."""

    @abstractmethod
    def check_readers(self) -> int:
        """Clear read transactions of dead processes; returns how many. Call at start and every minute."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the files. The log must not be used afterwards."""
