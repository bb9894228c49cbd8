"""DuckDB as a calculator: in memory, on the calling thread, without files, network or extensions, in UTC."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import duckdb
import orjson
import pyarrow as pa

from tracker.columns import arrays
from tracker.columns.evaluate import Partial
from tracker.columns.sql.types import Result
from tracker.errors import Reject

PREFIX = "SELECT (\n"
"""What stands before an expression in the text that positions are counted in."""
_DESCRIBE = "DESCRIBE "
_QUERY = "SELECT {1} AS value FROM (SELECT {0} AS value FROM batch)"
_CAREFUL_QUERY = (
    "WITH tried AS MATERIALIZED (SELECT TRY([{0}]) AS value FROM batch)"
    " SELECT {1} AS value, failed FROM (SELECT value[1] AS value, value IS NULL AS failed FROM tried)"
)
"""Twice as dear, and says which rows failed: only a list that failed is null."""
_CONFIG = {
    "threads": 1,
    "memory_limit": "256MB",
    "enable_external_access": False,
    "autoload_known_extensions": False,
    "autoinstall_known_extensions": False,
    "python_enable_replacements": False,
    "errors_as_json": True,
}


class SqlFailed(Reject):
    """An expression cannot be read, or cannot be computed for some event. `position` counts bytes of the text given to
    DuckDB; None where it does not say.
    """

    def __init__(self, problem: str, position: int | None) -> None:
        super().__init__(problem, position)
        self.problem, self.position = problem, position

    def __str__(self) -> str:
        return self.problem


@dataclass(frozen=True, slots=True)
class Function:
    """What DuckDB knows of a function's name, all its variants together."""

    kinds: frozenset[str]
    """`scalar`, `aggregate`, `macro`, `table`, `window`, ..."""
    is_stable: bool
    """Whether equal arguments always give equal results, as far as DuckDB says."""
    definitions: tuple[str, ...]
    """What macros of that name stand for."""


class Engine:
    """Reads and computes expressions. May be used from any number of threads: each has a DuckDB of its own, made when
    it is first needed.
    """

    def __init__(self) -> None:
        self._of_thread = threading.local()

    def tree(self, expression: str) -> Any:
        """DuckDB's parse tree of an expression. Raises `SqlFailed` for bad syntax, and for more than an expression."""
        text = f"{PREFIX}{expression}\n)"
        found = orjson.loads(self._connection.execute("SELECT json_serialize_sql(?)", [text]).fetchall()[0][0])
        if found["error"]:
            at = found.get("position")
            raise SqlFailed(str(found["error_message"]), None if at is None else int(at))
        node = found["statements"][0]["node"]
        if len(found["statements"]) > 1 or not _is_expression(node):
            raise SqlFailed("it is more than one expression", None)
        return node["select_list"][0]

    def type_of(self, expression: str, inputs: pa.Schema) -> str:
        """DuckDB's name of the expression's type over columns of these types. Raises `SqlFailed`."""
        try:
            described = self._run(f"{PREFIX}{expression}\n) FROM batch", inputs.empty_table(), _described)
        except SqlFailed as error:
            at = error.position
            raise SqlFailed(error.problem, None if at is None else at - len(_DESCRIBE)) from None
        return str(described[0][1])

    def values(self, expression: str, result: Result, inputs: pa.Table) -> Any:
        """The expression's value on each row, as `result.kind`; a `Partial` where it failed on some, which are null."""
        if not inputs.num_rows:
            return pa.nulls(0, result.kind)
        value = f"CAST((\n{expression}\n) AS {result.cast})"
        try:
            return _array(self._run(_QUERY.format(value, result.shown), inputs, _computed), result)
        except SqlFailed as error:
            found = self._run(_CAREFUL_QUERY.format(value, result.shown), inputs, _computed)
            return Partial(_array(found, result), arrays.true_mask(found.column("failed").combine_chunks()), error)

    @cached_property
    def functions(self) -> Mapping[str, Function]:
        """Every function there is, by lower-case name."""
        rows = self._connection.execute(
            "SELECT lower(function_name), list(DISTINCT function_type), bool_and(stability IS NOT DISTINCT FROM"
            " 'CONSISTENT') FILTER (function_type = 'scalar'), list(macro_definition) FILTER (function_type = 'macro')"
            " FROM duckdb_functions() GROUP BY 1"
        ).fetchall()
        return {
            name: Function(frozenset(kinds), stable is not False, tuple(macros or ()))
            for name, kinds, stable, macros in rows
        }

    def _run(self, query: str, batch: pa.Table, run: Callable[[Any, str], Any]) -> Any:
        connection = self._connection
        connection.register("batch", batch)
        try:
            return run(connection, query)
        except duckdb.Error as error:
            if isinstance(error, duckdb.FatalException | duckdb.InternalException):
                del self._of_thread.connection  # it answers nothing any more
            raise _failed(error) from None
        finally:
            if hasattr(self._of_thread, "connection"):
                connection.unregister("batch")

    @property
    def _connection(self) -> Any:
        if not hasattr(self._of_thread, "connection"):
            connection = duckdb.connect(":memory:", config=_CONFIG)
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("SET lock_configuration = true")
            self._of_thread.connection = connection
        return self._of_thread.connection


def _computed(connection: Any, query: str) -> pa.Table:
    return connection.sql(query).to_arrow_table()


def _described(connection: Any, query: str) -> Any:
    """As a statement, for only the errors of statements tell their position."""
    return connection.execute(_DESCRIBE + query).fetchall()


def _is_expression(node: Mapping[str, Any]) -> bool:
    """Whether a SELECT has nothing but one value."""
    return (
        node["type"] == "SELECT_NODE"
        and len(node["select_list"]) == 1
        and node["from_table"]["type"] == "EMPTY"
        and not any(node.get(part) for part in ("modifiers", "where_clause", "group_expressions", "having", "qualify"))
    )


def _array(table: pa.Table, result: Result) -> Any:
    values = table.column("value").combine_chunks()
    return values if values.type == result.kind else values.cast(result.kind)


def _failed(error: Exception) -> SqlFailed:
    """DuckDB's error, which it writes as `Binder Error: {...}`."""
    text = str(error)
    try:
        facts = orjson.loads(text[text.index("{") :])
        at = facts.get("position")
        return SqlFailed(_first_lines(str(facts["exception_message"])), None if at is None else int(at))
    except (ValueError, KeyError):
        return SqlFailed(_first_lines(text), None)


def _first_lines(message: str) -> str:
    """Without the list of all functions of that name, of which `+` has fifty."""
    return " ".join(message.partition("\n\tCandidate functions")[0].split())
