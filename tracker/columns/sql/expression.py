"""Reads an expression: which columns it names and where, and what in it cannot be."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tracker.columns.column import ColumnError
from tracker.columns.sql.engine import PREFIX, Engine, Function, SqlFailed
from tracker.errors import Problems

_ALLOWED = frozenset(
    {"COLUMN_REF", "CONSTANT", "FUNCTION", "OPERATOR", "CASE", "CAST", "TYPE", "COMPARISON", "CONJUNCTION", "BETWEEN",
     "COLLATE", "LAMBDA"}
)  # fmt: skip
_REFUSED = {
    "WINDOW": "a window function looks at other events",
    "SUBQUERY": "a subquery looks at other data",
    "STAR": "* stands for several columns; name one",
    "PARAMETER": "a parameter (? or $1) has no value here",
    "POSITIONAL_REFERENCE": "columns are read by their names",
}
_UNSTABLE = frozenset({"age/1", "current_localtime/0", "current_localtimestamp/0", "version/0"})
"""Functions, with the number of arguments, that depend on more than these, though DuckDB does not say so."""
CLOCK_WORDS = frozenset({"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"})
"""Words that look like columns and are the present time."""
_NOWHERE = 2**64 - 1
"""DuckDB's position of what it made up itself."""


@dataclass(frozen=True, slots=True)
class Written:
    """An expression as it stands in the settings."""

    name: str
    """Of the column it becomes."""
    key: str
    """Of the setting: `columns.is_checkout.sql`."""
    sql: str

    def error(self, problem: str, position: int | None = None) -> ColumnError:
        """What is wrong with it, and where: `position` is DuckDB's."""
        return ColumnError(self.name, self.key + self._line_and_column(position), problem)

    def _line_and_column(self, position: int | None) -> str:
        if position is None or position < len(PREFIX):
            return ""
        before = self.sql.encode()[: position - len(PREFIX)].decode(errors="ignore")
        return f", line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))}"


@dataclass(frozen=True, slots=True)
class Name:
    """A column that an expression names, in lower case, and where."""

    text: str
    position: int | None


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that can be computed, as far as its form goes."""

    written: Written
    names: tuple[Name, ...]
    """Each once, where it stands first."""


def read(written: Written, engine: Engine) -> Expression:
    """The names in an expression. Raises `Problems` with everything that one may not contain."""
    try:
        tree = engine.tree(written.sql)
    except SqlFailed as error:
        end = len(PREFIX) + len(written.sql.rstrip().encode())
        is_cut = error.position is not None and error.position >= end
        problem = "it ends too early" if is_cut else error.problem
        raise Problems([written.error(problem, end if is_cut else error.position)]) from None
    if not written.sql.strip():
        raise Problems([written.error("it is empty")])
    reader = _Reader(engine)
    reader.look(tree, len(PREFIX), frozenset())
    problems = [written.error(problem, position) for problem, position in dict.fromkeys(reader.problems)]
    if not problems and not reader.names:
        problems = [written.error("it reads no column")]
    if problems:
        raise Problems(problems)
    return Expression(written, tuple(Name(text, position) for text, position in reader.names.items()))


class _Reader:
    """Walks a parse tree and collects names and problems."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.names: dict[str, int | None] = {}
        self.problems: list[tuple[str, int | None]] = []

    def look(self, node: Any, position: int, bound: frozenset[str]) -> None:
        """Look at `node` and all below; `bound` are the parameters of the lambdas around it."""
        if isinstance(node, list):
            for part in node:
                self.look(part, position, bound)
        elif isinstance(node, dict):
            if "class" in node:
                position = node["query_location"] if node.get("query_location", _NOWHERE) != _NOWHERE else position
                bound = self._check(node, position, bound)
                if node["class"] not in _ALLOWED:
                    return
            for key, part in node.items():
                if isinstance(part, list | dict) and not (key == "lhs" and node.get("class") == "LAMBDA"):
                    self.look(part, position, bound)

    def _check(self, node: Mapping[str, Any], position: int, bound: frozenset[str]) -> frozenset[str]:
        kind = node["class"]
        if kind == "COLUMN_REF":
            name = node["column_names"][0].lower()
            if name not in bound:
                self.names.setdefault(name, position)
        elif kind == "FUNCTION" and not node["is_operator"]:
            problem = function_problem(node["function_name"], _arguments(node), self._engine)
            if problem:
                self.problems.append((problem, position))
        elif kind == "LAMBDA":
            return bound | {ref["column_names"][0].lower() for ref in _nodes(node["lhs"], "COLUMN_REF")}
        elif kind not in _ALLOWED:
            self.problems.append((_REFUSED.get(kind, f"{kind.lower()} cannot stand in an expression"), position))
        return bound


def function_problem(name: str, arguments: int, engine: Engine, within: frozenset[str] = frozenset()) -> str | None:
    """Why an expression may not call a function; None where it may, or where there is none of that name."""
    known = engine.functions.get(name.lower())
    if known is None or name.lower() in within:
        return None
    if not known.kinds & {"scalar", "macro"}:
        return _wrong_kind(name, known)
    if not known.is_stable or f"{name.lower()}/{arguments}" in _UNSTABLE:
        return f"{name} does not always give the same result for the same event"
    for definition in known.definitions:
        tree = engine.tree(definition)
        if any(ref["column_names"][0].lower() in CLOCK_WORDS for ref in _nodes(tree, "COLUMN_REF")):
            return f"{name} does not always give the same result for the same event"
        if any(True for _ in _nodes(tree, "SUBQUERY")):
            return f"{name}: {_REFUSED['SUBQUERY']}"
        for call in _nodes(tree, "FUNCTION"):
            if function_problem(call["function_name"], _arguments(call), engine, within | {name.lower()}):
                return f"{name} cannot be used: it calls {call['function_name']}"
    return None


def _wrong_kind(name: str, known: Function) -> str:
    if "aggregate" in known.kinds:
        return f"{name} is an aggregate function; an expression sees one event"
    if "window" in known.kinds:
        return f"{name}: {_REFUSED['WINDOW']}"
    return f"{name} gives several rows; an expression has one value"


def _arguments(node: Mapping[str, Any]) -> int:
    return len(node.get("arguments", node.get("children", ())))


def _nodes(node: Any, kind: str) -> Iterator[Mapping[str, Any]]:
    """Every node of a class in a parse tree."""
    if isinstance(node, dict):
        if node.get("class") == kind:
            yield node
        for part in node.values():
            yield from _nodes(part, kind)
    elif isinstance(node, list):
        for part in node:
            yield from _nodes(part, kind)
