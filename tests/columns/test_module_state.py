"""No column reads module state: what it gives follows from its inputs and settings alone.

Looks at the function of every registered column, and through the names it uses at every function of ours that it calls.
A name of a module may stand for a constant: a text, a number, a pattern, a type, a tuple or frozenset or mapping of
such. Anything that can change, or that some function of its module changes, is found by name.
"""

import ast
import dis
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache, partial
from pathlib import Path
from types import CodeType, FunctionType, GenericAlias, ModuleType, UnionType
from typing import Any, TypeVar, get_origin

import pyarrow as pa
import pytest

from tracker import plugins
from tracker.columns import String, event
from tracker.columns.collect import AnyColumn
from tracker.columns.column import Column

EXAMPLES = Path(__file__).resolve().parents[1] / "plugins"
CONSTANTS = (str, bytes, int, float, complex, type(None), re.Pattern, Path, pa.DataType, pa.Scalar, pa.Array)
NAMES = (type, ModuleType, FunctionType, Column, TypeVar, GenericAlias, UnionType)
"""What a function may mention: these are not data. Functions and classes of ours are looked into."""
HANDED_IN = ("tracker.columns.ops.current_cache",)
"""Set by the runner around each batch: it remembers what pure functions gave, and only while data files stay."""
CHANGING = frozenset(
    ("add", "append", "appendleft", "clear", "discard", "extend", "insert", "move_to_end", "pop", "popitem", "remove",
     "setdefault", "sort", "update")
)  # fmt: skip
"""Methods that change what they belong to."""


def state_of(column: AnyColumn) -> list[str]:
    """What the column's function reads that may change between two calls: names with their modules."""
    found: dict[str, None] = {}
    waiting, seen = list(functions_in(column)), set[FunctionType]()
    while waiting:
        function = waiting.pop()
        if function in seen or not is_ours(function.__module__):
            continue
        seen.add(function)
        for name, value in read_by(function):
            waiting += functions_in(value)
            kept = isinstance(value, ModuleType) or name not in changed_in(function.__module__)
            if name not in HANDED_IN and not (is_constant(value) and kept):
                found[name] = None
    return list(found)


def is_ours(module: str) -> bool:
    """The tracker's modules, the example plugins (`tracker_plugin_...`) and this one."""
    return module.startswith("tracker") or module == __name__


def functions_in(value: Any) -> Iterator[FunctionType]:
    """The plain functions that calling `value` may run."""
    if isinstance(value, Column):
        value = value.function
    while isinstance(value, partial) or hasattr(value, "__wrapped__"):
        value = value.func if isinstance(value, partial) else value.__wrapped__
    if isinstance(value, FunctionType):
        yield value
    elif isinstance(value, type) and is_ours(value.__module__):
        yield from (one for name, one in vars(value).items() if isinstance(one, FunctionType) and name != "__repr__")


def read_by(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Name and value of everything that stands outside the function and its arguments."""
    defaults = (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())
    yield from ((f"{where(function)}, a default", value) for value in defaults)
    yield from ((f"{where(function)}, enclosed", cell.cell_contents) for cell in function.__closure__ or ())
    for code in codes_in(function.__code__):
        for name in (one.argval for one in dis.get_instructions(code) if one.opname in ("LOAD_GLOBAL", "LOAD_NAME")):
            value = function.__globals__.get(name)
            yield f"{function.__module__}.{name}", value
            if isinstance(value, ModuleType) and is_ours(value.__name__):
                inside = (one for one in code.co_names if one in vars(value))
                yield from ((f"{value.__name__}.{one}", vars(value)[one]) for one in inside)


def codes_in(code: CodeType) -> Iterator[CodeType]:
    """A function's code and that of the functions in it."""
    yield code
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from codes_in(inner)


def where(function: FunctionType) -> str:
    """A function and its module."""
    return f"{function.__module__}.{function.__qualname__}"


def is_constant(value: Any) -> bool:
    """Whether it cannot change, as long as nobody writes into a mapping."""
    if isinstance(value, CONSTANTS + NAMES) or get_origin(value) is not None or inspect.isroutine(value):
        return True
    if isinstance(value, tuple | frozenset):
        return all(map(is_constant, value))
    if isinstance(value, Mapping):
        return all(is_constant(one) for pair in value.items() for one in pair)
    if isinstance(value, partial):
        return is_constant(value.func) and is_constant(value.args) and is_constant(value.keywords)
    if is_dataclass(value):
        frozen: bool = value.__dataclass_params__.frozen  # type: ignore[union-attr]
        return frozen and all(is_constant(getattr(value, one.name)) for one in fields(value))
    return hasattr(value, "__wrapped__")  # remembers what a function gives, which is looked into


@cache
def changed_in(module: str) -> frozenset[str]:
    """The names of a module that its functions write to or into."""
    tree = ast.parse(inspect.getsource(__import__(module, fromlist=["_"])))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.Lambda)]
    return frozenset(f"{module}.{name}" for function in functions for name in changed_by(function))


def changed_by(function: ast.FunctionDef | ast.Lambda) -> set[str]:
    """The names outside a function that it writes to or into."""
    nodes = list(ast.walk(function))
    outside = {name for node in nodes if isinstance(node, ast.Global) for name in node.names}
    own = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    own |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    written = {
        node.value.id
        for node in nodes
        if isinstance(node, ast.Subscript | ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (isinstance(node.ctx, ast.Store | ast.Del) or (isinstance(node, ast.Attribute) and node.attr in CHANGING))
    }
    return outside | (written - own)


LIMITS = {"low": 1, "high": 2}
FORBIDDEN = ["bot"]
SEEN: dict[str, int] = {}
LAST = ""


@event
def harmless(page: String) -> String:
    """Reads constants, and changes only what is its own."""
    own: dict[str, int] = {}
    own["low"] = LIMITS["low"]
    return page if own and CHANGING else LIMITS


@event
def reads_a_list(page: String) -> String:
    """A list may be changed by anybody."""
    return page if FORBIDDEN else LIMITS


@event
def remembers(page: String) -> String:
    """Through a function that it calls."""
    return noted(page)


def noted(page: Any) -> Any:
    """Writes down what it saw."""
    SEEN["pages"] = SEEN.get("pages", 0) + len(page)
    return page


@event
def goes_on(page: String) -> String:
    """Through a name that it gives a new value."""
    global LAST
    LAST = LAST + "x"
    return page


@event
def collects(page: String, *, seen: list[str] = []) -> String:  # noqa: B006 - what the test looks for
    """A default that all calls share."""
    return page if seen else LIMITS


@pytest.fixture(scope="module")
def registered() -> list[AnyColumn]:
    """Every built-in column with a function, and those of the examples."""
    found = plugins.load(EXAMPLES, {"visitor_region": "language"}, entry_points=False).columns
    return [column for column in found if column.function is not None]


def test_no_column_reads_module_state(registered: list[AnyColumn]) -> None:
    """Each that does is named, with what it reads."""
    guilty = {column.name: state for column in registered if (state := state_of(column))}
    assert len(registered) > 100
    assert guilty == {}


@pytest.mark.parametrize(
    ("column", "names"),
    [
        (harmless, []),
        (reads_a_list, [f"{__name__}.FORBIDDEN"]),
        (remembers, [f"{__name__}.SEEN"]),
        (goes_on, [f"{__name__}.LAST"]),
        (collects, [f"{__name__}.collects, a default"]),
    ],
    ids=lambda value: value.name if isinstance(value, Column) else "",
)
def test_state_is_found(column: AnyColumn, names: list[str]) -> None:
    """In the column itself, behind a function, in a default; constants are none."""
    assert state_of(column) == names
