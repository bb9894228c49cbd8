"""Makes columns of expressions: inputs by name, types from DuckDB, each for the protocols that have its inputs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import pyarrow as pa

from tracker.columns.collect import AnyColumn
from tracker.columns.column import Column, ColumnError, Input
from tracker.columns.events import Events
from tracker.columns.sql.engine import Engine, SqlFailed
from tracker.columns.sql.expression import CLOCK_WORDS, Expression, Name, Written, read
from tracker.columns.sql.types import Result, as_input, input_type, result_of
from tracker.errors import Misconfigured, Problems, did_you_mean

_NEIGHBOUR = "previous_"
_FIRST = "first_"


@dataclass(frozen=True, slots=True)
class Draft:
    """A column to be made of an expression."""

    written: Written
    scope: Literal["event", "boundary"] = "event"
    doc: str = ""
    order: int = 600
    """Boundaries only: place in the sequence."""
    stored: bool = True
    is_condition: bool = False
    """Whether it is asked before there are sessions, and must be true or false."""


def compile_all(
    drafts: Sequence[Draft],
    known: Sequence[AnyColumn],
    families: Sequence[str],
    engine: Engine,
    problems: list[Misconfigured | str],
) -> list[AnyColumn]:
    """The columns of `drafts`, which may name each other. What cannot be made is left out and added to `problems`.

    A column whose inputs only some protocols have is made for these.
    """
    expressions: dict[int, Expression] = {}
    found: list[Misconfigured | str] = []
    for at, draft in enumerate(drafts):
        try:
            expressions[at] = read(draft.written, engine)
        except Problems as error:
            found += error.problems
    every = {column.name for column in _readable(known)} | {draft.written.name for draft in drafts}
    made: dict[int, dict[str, AnyColumn]] = {at: {} for at in expressions}
    for family in families:
        columns = {column.name: column for column in _readable(known) if column.protocol in (None, family)}
        _Family(columns, every, engine, found).make(drafts, expressions, family, made)
    explained = {problem.column for problem in found if isinstance(problem, ColumnError)}
    missing = {draft.written.name for at, draft in enumerate(drafts) if not made.get(at)}
    for at in [at for at in made if not made[at] and drafts[at].written.name not in explained]:
        names = [name.text for name in expressions[at].names]
        if not missing & set(names):
            found.append(drafts[at].written.error(f"no protocol has {' and '.join(map(repr, names))}"))
    problems += {str(problem): problem for problem in found}.values()
    return [column for at in made for column in _merged(made[at], len(families))]


def _readable(columns: Iterable[AnyColumn]) -> list[AnyColumn]:
    """Columns that are named by their own name and have a type."""
    return [column for column in columns if column.implements is None and column.scope in ("event", "session")]


def _merged(by_family: Mapping[str, AnyColumn], families: int) -> list[AnyColumn]:
    """One column where it is the same for all protocols."""
    columns = list(by_family.values())
    if len(columns) == families and len({column.type for column in columns}) == 1:
        return [replace(columns[0], protocol=None)]
    return columns


class _Family:
    """Makes the columns of one protocol family, in an order in which each follows its inputs."""

    def __init__(
        self,
        columns: dict[str, AnyColumn],
        every: set[str],
        engine: Engine,
        problems: list[Misconfigured | str],
    ) -> None:
        self._columns, self._every, self._engine, self._problems = columns, every, engine, problems

    def make(
        self,
        drafts: Sequence[Draft],
        expressions: Mapping[int, Expression],
        family: str,
        made: Mapping[int, dict[str, AnyColumn]],
    ) -> None:
        """Add to `made`, by the draft's place, what this family can have."""
        waiting = dict(expressions)
        while waiting:
            pending = {drafts[at].written.name for at in waiting}
            ready = [at for at in waiting if not pending & {name.text for name in waiting[at].names}]
            if not ready:
                for at in waiting:
                    names = ", ".join(name.text for name in waiting[at].names if name.text in pending)
                    self._problems.append(drafts[at].written.error(f"its inputs lead back to itself, by {names}"))
                return
            for at in ready:
                column = self._column(drafts[at], waiting.pop(at))
                if column is not None:
                    made[at][family] = replace(column, protocol=family)
                    self._columns.setdefault(column.name, column)

    def _column(self, draft: Draft, expression: Expression) -> AnyColumn | None:
        inputs = [self._input(draft, name) for name in expression.names]
        if any(one is None for one in inputs):
            return None
        needed = [one for one in inputs if one is not None]
        result = self._result(draft, needed)
        if result is None:
            return None
        shown = f"In SQL: `{' '.join(draft.written.sql.split())}`."
        return Column(
            name=draft.written.name,
            scope=draft.scope,
            kind="function",
            type=result.kind,
            doc=f"{draft.doc}\n\n{shown}" if draft.doc else shown,
            where=f"[{draft.written.key.rpartition('.')[0]}]",
            module="",
            function=Computation(self._engine, draft.written.sql, result, needed),
            inputs=needed,
            stored=draft.stored and draft.scope == "event",
            order=draft.order if draft.scope == "boundary" else 0,
            keys=(draft.written.sql, *([f"order {draft.order}"] if draft.scope == "boundary" else [])),
        )

    def _input(self, draft: Draft, name: Name) -> Input | None:
        """The input of that name; None where this family has none, which is a problem where no family has."""
        is_boundary = draft.scope == "boundary"
        for prefix in ("", _NEIGHBOUR, _FIRST)[: 3 if is_boundary else 1]:
            column = self._columns.get(name.text.removeprefix(prefix)) if name.text.startswith(prefix) else None
            if column is not None:
                if column.scope == "session" and (is_boundary or draft.is_condition):
                    what = "boundary" if is_boundary else "filter"
                    problem = f"a {what} cannot read the session column {column.name!r}: there are no sessions yet"
                    self._problems.append(draft.written.error(problem, name.position))
                    return None
                is_first = prefix == _FIRST
                return Input(name.text, column.name, column.type, is_boundary and not is_first, is_first)
        if name.text in CLOCK_WORDS:
            problem = f"{name.text} does not always give the same result for the same event"
            self._problems.append(draft.written.error(problem, name.position))
        elif not any(name.text.removeprefix(prefix) in self._every for prefix in ("", _NEIGHBOUR, _FIRST)):
            problem = f"there is no column {name.text!r}{did_you_mean(name.text, sorted(self._every))}"
            self._problems.append(draft.written.error(problem, name.position))
        return None

    def _result(self, draft: Draft, inputs: Sequence[Input]) -> Result | None:
        schema = pa.schema([(one.argument, input_type(one.type)) for one in inputs])
        try:
            duck = self._engine.type_of(draft.written.sql, schema)
        except SqlFailed as error:
            self._problems.append(draft.written.error(error.problem, error.position))
            return None
        result = result_of(duck)
        if result is None:
            can = "text, a number, true or false, a date, a time or a list of these"
            self._problems.append(draft.written.error(f"its type is {duck}; a column is {can}: cast it"))
        elif (draft.is_condition or draft.scope == "boundary") and result.kind != pa.bool_():
            self._problems.append(draft.written.error(f"it must be true or false, and is {duck}"))
            return None
        return result


class Computation:
    """A column's function: the expression over arrays, which have the names of its inputs. Takes `Events` too."""

    def __init__(self, engine: Engine, sql: str, result: Result, inputs: Sequence[Input]) -> None:
        self._engine, self._sql, self._result = engine, sql, result
        self._names = [one.argument for one in inputs]
        self._is_neighbour = [one.events and one.argument == _NEIGHBOUR + one.source for one in inputs]

    def __call__(self, *inputs: Any) -> Any:
        """One value per row."""
        values = [_plain(one, neighbour) for one, neighbour in zip(inputs, self._is_neighbour, strict=True)]
        return self._engine.values(self._sql, self._result, pa.Table.from_arrays(values, names=self._names))


def _plain(values: Any, is_neighbour: bool) -> Any:
    if isinstance(values, Events):
        values = (values.shift(1) if is_neighbour else values).values
    return as_input(values)
