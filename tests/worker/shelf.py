"""A warehouse of lists, and hits that are computed into nothing but their offsets."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from tracker.model import Batch, Cursor, Outcomes, Plan


@dataclass
class Shelf:
    """A warehouse of lists, that survives the sinks that write to it."""

    rows: list[int] = field(default_factory=list)
    lasts: dict[int, Cursor] = field(default_factory=dict)
    problem: str = ""

    def prepare(self) -> None:
        """Nothing to do."""

    def cursor(self, partition: int) -> Cursor | None:
        """The last cursor written."""
        return self.lasts.get(partition)

    def write(self, batch: Batch, cursor: Cursor) -> Outcomes:
        """Keep the offsets, once per plan."""
        last = self.lasts.get(cursor.partition)
        if last is None or cursor.plan > last.plan:
            self.rows += batch.events["log_offset"].to_pylist()
            self.lasts[cursor.partition] = cursor
        return batch.outcomes

    def tidy(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""


def offsets_of(partition: int, plan: Plan, records: Sequence[bytes], killed: Sequence[int]) -> Batch:
    """A row for each hit, but for those put aside."""
    kept = [offset for offset in plan_offsets(plan) if offset not in killed]
    outcomes = Outcomes(plan.n, dead=dict.fromkeys(killed, "killed_the_worker"))
    return Batch(partition, plan.n, pa.table({"log_offset": kept}), outcomes, (), {}, lambda offset: b"")


def plan_offsets(plan: Plan) -> list[int]:
    """A plan's offsets, protosession after protosession: as its records are read."""
    return [offset for closed in plan.protosessions for offset in closed.offsets.tolist()]
