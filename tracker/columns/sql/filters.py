"""Traffic filters: which events become rows at all, and which are only marked. See `tracker.columns.core.filters`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracker.columns import arrays, ops
from tracker.columns.collect import AnyColumn
from tracker.columns.column import Column, Input
from tracker.columns.evaluate import Partial
from tracker.columns.sql.compile import Draft, compile_all
from tracker.columns.sql.engine import Engine
from tracker.columns.sql.expression import Written
from tracker.errors import Misconfigured

Mode = Literal["exclude", "allow", "test"]


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter of the settings, for one property or for all but some."""

    name: str
    mode: Mode
    sql: str
    doc: str
    section: str
    """Where it is written: `filters.office`."""
    only: str | None = None
    """The property it is for; None: all."""
    but_not: frozenset[str] = frozenset()
    """Properties that have a filter of this name themselves, or none."""

    @property
    def column(self) -> str:
        """The name of its column."""
        return f"filter_{self.name}" + (f"@{self.only}" if self.only else "")


def columns_of_filters(
    filters: Sequence[Filter],
    known: Sequence[AnyColumn],
    families: Sequence[str],
    engine: Engine,
    problems: list[Misconfigured | str],
) -> list[AnyColumn]:
    """A column for each filter's condition, and what they come to together. Mistakes are added to `problems`."""
    drafts = [
        Draft(Written(one.column, f"{one.section}.{one.mode}", one.sql), doc=one.doc, stored=False, is_condition=True)
        for one in filters
    ]
    by_column = {one.column: one for one in filters}
    conditions = [
        _guarded(made, by_column[made.name]) for made in compile_all(drafts, known, families, engine, problems)
    ]
    together = []
    for family in families:
        own = [one for one in conditions if one.protocol in (None, family)]
        live = [one for one in own if by_column[one.name].mode != "test"]
        tests = [one for one in own if by_column[one.name].mode == "test"]
        if live:
            together.append(_provider("filter_exclusion", family, live, _Exclusion([by_column[c.name] for c in live])))
        if tests:
            names = [by_column[one.name].name for one in tests]
            together.append(_provider("traffic_filter_name", family, tests, _LastMatch(names)))
    return [*conditions, *together]


def _guarded(condition: AnyColumn, one: Filter) -> AnyColumn:
    """A condition that is asked of the filter's own properties only."""
    asked = Input("property_id", "property_id", pa.string())
    properties = [one.only] if one.only is not None else [f"not {name}" for name in sorted(one.but_not)]
    return replace(
        condition,
        function=_Condition(condition, one),
        inputs=[asked, *condition.inputs],
        keys=(*condition.keys, one.mode, *properties),
    )


def _provider(interface: str, family: str, conditions: Sequence[AnyColumn], function: Any) -> AnyColumn:
    return Column(
        name=f"{interface}_of_{family}",
        scope="event",
        kind="function",
        type=pa.string(),
        doc="From the filters of the settings.",
        where="[filters]",
        module="",
        function=function,
        inputs=[Input(one.name, one.name, pa.bool_()) for one in conditions],
        keys=[one.name for one in conditions],
        protocol=family,
        implements=interface,
        provider="filters",
    )


class _Condition:
    """Whether a filter matches; null on events of other properties. What fails is let through."""

    def __init__(self, condition: AnyColumn, one: Filter) -> None:
        self._condition, self._filter = condition, one

    def __call__(self, property_id: Any, *inputs: Any) -> Any:
        asked = self._asked(property_id)
        at = np.flatnonzero(asked)
        if not len(at):
            return pa.nulls(len(asked), pa.bool_())
        rows = pa.array(at, pa.int64())
        answer = self._condition(*(inputs if len(at) == len(asked) else (values.take(rows) for values in inputs)))
        partial = answer if isinstance(answer, Partial) else None
        truth = np.zeros(len(asked), bool)
        truth[at] = arrays.true_mask(partial.values if partial else answer)
        if partial is None:
            return pa.array(truth, mask=~asked)
        failed = np.zeros(len(asked), bool)
        failed[at] = partial.failed
        truth[failed] = self._filter.mode == "allow"
        return Partial(pa.array(truth, mask=~asked), failed, partial.error)

    def _asked(self, property_id: Any) -> NDArray[np.bool_]:
        one = self._filter
        if one.only is not None:
            return arrays.true_mask(ops.is_in(property_id, [one.only]))
        return ~arrays.true_mask(ops.is_in(property_id, sorted(one.but_not)))


class _Exclusion:
    """The name of the first filter that leaves an event out: one that excludes it, else the first that allows others
    only.
    """

    def __init__(self, filters: Sequence[Filter]) -> None:
        self._filters = filters

    def __call__(self, *matches: Any) -> Any:
        by = np.full(len(matches[0]), -1)
        is_allowed = np.zeros(len(by), bool)
        truths = [arrays.true_mask(match) for match in matches]
        for at, one in enumerate(self._filters):
            if one.mode == "exclude":
                by[truths[at] & (by < 0)] = at
            else:
                is_allowed |= truths[at]
        for at, one in enumerate(self._filters):
            if one.mode == "allow":
                by[arrays.known_mask(matches[at]) & ~is_allowed & (by < 0)] = at
        return _named([one.name for one in self._filters], by)


class _LastMatch:
    """The name of the last filter that matches."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def __call__(self, *matches: Any) -> Any:
        by = np.full(len(matches[0]), -1)
        for at, match in enumerate(matches):
            by[arrays.true_mask(match)] = at
        return _named(self._names, by)


def _named(names: Sequence[str], by: NDArray[np.int64]) -> Any:
    return arrays.take(pa.array(names, pa.string()), by, by >= 0)
