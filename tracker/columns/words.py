"""The words that make columns: `event`, `session`, `boundary`, `param`, `hit`, `declare` and the others.

A column's name is the function's name (or the module attribute it is assigned to), its parameters are its inputs by
name, its return annotation is its Arrow type, its docstring is its documentation.
"""

import inspect
import sys
import typing
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, ParamSpec, TypeVar, get_args, get_origin, overload

import pyarrow as pa

from tracker.columns.column import Column, ColumnError, First, ImplementedBy, Input, Kind, Scope, Version
from tracker.columns.events import Events, Runs
from tracker.columns.types import NamedValues, arrow_type, is_enumeration

P = ParamSpec("P")
R = TypeVar("R")


@overload
def event(function: Callable[P, R], /) -> Column[P, R]: ...
@overload
def event(
    *, implements: Any = None, provider: str | None = None, protocol: str | None = None, stored: bool = True,
    version: int = 1, absent: Any = None, required: bool = False, on_request: bool = False,
) -> Callable[[Callable[P, R]], Column[P, R]]: ...  # fmt: skip
def event(function: Any = None, /, **options: Any) -> Any:
    """A column with one value per event. Sees event columns as arrays, or as `Events` in the runs of its session.

    A provider `on_request` is used only where the settings choose it.
    """
    return _decorated(function, "event", options)


@overload
def session(function: Callable[P, R], /) -> Column[P, R]: ...
@overload
def session(
    *, implements: Any = None, provider: str | None = None, protocol: str | None = None, stored: bool = True,
    version: int = 1, absent: Any = None,
) -> Callable[[Callable[P, R]], Column[P, R]]: ...  # fmt: skip
def session(function: Any = None, /, **options: Any) -> Any:
    """A column with one value per session, repeated on its events. Sees event columns as `Events`, session columns as
    arrays.
    """
    return _decorated(function, "session", options)


@overload
def boundary(function: Callable[P, R], /) -> Column[P, R]: ...
@overload
def boundary(
    *, order: int = 600, default: bool = True, protocol: str | None = None, version: int = 1
) -> Callable[[Callable[P, R]], Column[P, R]]: ...
def boundary(function: Any = None, /, **options: Any) -> Any:
    """A column whose truth starts a new session at that event. Sees `Events` in the runs cut by the boundaries before
    it.

    With a `first_NAME: First[T]` parameter it is a running boundary: it is asked again after each cut. `order` is its
    place: 100 gap, 200 forced, 300 midnight, 400 user, 500 campaign, 600 others, 800 duration, 900 number of events.
    With `default=False` it cuts only where a protocol (`TrackingProtocol.boundaries`) or a property switches it on.
    """
    options.setdefault("order", 600)
    return _decorated(function, "boundary", {**options, "stored": False})


def param(
    *keys: str, type: Any, protocol: str | None = None, stored: bool = False, doc: str = "", implements: Any = None,
    provider: str | None = None, empty: bool = False, version: int = 1,
) -> Column[..., Any]:  # fmt: skip
    """A request parameter: the first of `keys` that is present, read leniently as `type` (bad text is null).

    An empty value counts as absent unless `empty` is true.
    """
    kind = _kind_or_fail(type)
    return _source("param", kind, keys, doc, protocol=protocol, stored=stored, implements=implements, provider=provider,
                   absent="" if empty else None, version=version, is_enumeration=is_enumeration(type))  # fmt: skip


def params(prefix: str, *, protocol: str | None = None, doc: str = "") -> Column[..., Any]:
    """Every parameter whose key begins with `prefix`, as `list<struct<name, value>>` in wire order, the prefix cut
    off.
    """
    return _source("params", arrow_type(NamedValues), (prefix,), doc, protocol=protocol)


def hit(name: str, type: Any, *, doc: str = "", stored: bool = False, implements: Any = None, required: bool = False,
        absent: Any = None) -> Column[..., Any]:  # fmt: skip
    """A field of the hit itself, see `tracker.columns.hitfields`."""
    return _source(
        "hit", arrow_type(type), (name,), doc, stored=stored, implements=implements, required=required, absent=absent,
        is_enumeration=is_enumeration(type),
    )  # fmt: skip


def header(name: str, *, doc: str = "", stored: bool = False, implements: Any = None) -> Column[..., Any]:
    """A request header (lower-case name). Naming it here is what makes the receiver keep it."""
    return _source("header", pa.string(), (name.lower(),), doc, stored=stored, implements=implements)


def setting(name: str, type: Any, *, doc: str = "", stored: bool = False) -> Column[..., Any]:
    """The row's property setting of that name."""
    return _source("setting", arrow_type(type), (name,), doc, stored=stored, is_enumeration=is_enumeration(type))


def resource(name: str, *, doc: str = "") -> Column[..., Any]:
    """Something opened by the program (a database of places, a table of rates), given to columns as it is."""
    return _source("resource", None, (name,), doc)


def declare(
    type: Any, scope: Literal["event", "session"] = "event", *, doc: str, stored: bool = True, required: bool = False,
    absent: Any = None,
) -> Column[..., Any]:  # fmt: skip
    """An interface: null until a provider fills it. All protocols fill one table through these."""
    column = _source(
        "interface", arrow_type(type), (), doc, stored=stored, required=required, absent=absent,
        is_enumeration=is_enumeration(type),
    )  # fmt: skip
    column.scope = scope
    return column


def from_split(name: str, type: Any, *, doc: str, absent: Any = None) -> Column[..., Any]:
    """A session column that the split itself knows: `session_id`, `split_cause`, `joined_by`."""
    column = _source(
        "split", arrow_type(type), (name,), doc, stored=True, absent=absent, is_enumeration=is_enumeration(type)
    )
    column.scope = "session"
    return column


def _decorated(function: Any, scope: Scope, options: dict[str, Any]) -> Any:
    def make(function: Callable[..., Any]) -> Column[..., Any]:
        return _function_column(function, scope, options)

    return make if function is None else make(function)


def _function_column(function: Callable[..., Any], scope: Scope, options: dict[str, Any]) -> Column[..., Any]:
    name = function.__name__
    code = function.__code__
    where = f"{Path(code.co_filename).name}:{code.co_firstlineno}"
    try:
        hints = typing.get_type_hints(function, include_extras=True)
    except NameError as error:
        raise ColumnError(name, where, f"its annotations cannot be read: {error}") from error
    if "return" not in hints:
        raise ColumnError(name, where, "it needs a return annotation: the column's type")
    inputs, settings = _parameters(function, hints, name, where)
    return Column(
        name=name,
        scope=scope,
        kind="function",
        type=_returned(hints["return"], name, where),
        doc=inspect.getdoc(function) or "",
        where=where,
        module=function.__module__,
        function=function,
        inputs=inputs,
        settings=settings,
        is_enumeration=is_enumeration(hints["return"]),
        **options,
    )


def _parameters(function: Any, hints: dict[str, Any], name: str, where: str) -> tuple[list[Input], dict[str, Any]]:
    inputs: list[Input] = []
    settings: dict[str, Any] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise ColumnError(name, where, f"parameter {parameter.name!r}: inputs are named one by one, not by * or **")
        if parameter.kind is parameter.KEYWORD_ONLY:
            if parameter.default is parameter.empty:
                raise ColumnError(name, where, f"setting {parameter.name!r} needs a default")
            settings[parameter.name] = parameter.default
        elif parameter.name not in hints:
            raise ColumnError(name, where, f"input {parameter.name!r} needs an annotation: its type")
        else:
            inputs.append(_input(parameter.name, hints[parameter.name], name, where))
    return inputs, settings


def _input(argument: str, hint: Any, name: str, where: str) -> Input:
    events = first = False
    if get_origin(hint) in (Events, Runs):
        events, hint = True, get_args(hint)[0]
    elif get_origin(hint) is First:
        first, hint = True, get_args(hint)[0]
        if not argument.startswith("first_"):
            raise ColumnError(
                name, where, f"input {argument!r}: a First[...] input is named first_ and the column's name"
            )
    by = next((extra for extra in _extras(hint) if isinstance(extra, ImplementedBy)), None)
    wanted = next((extra.number for extra in _extras(hint) if isinstance(extra, Version)), None)
    try:
        kind = arrow_type(hint)
    except TypeError as error:
        if get_origin(hint) is Annotated or by or events or first:
            raise ColumnError(name, where, f"input {argument!r}: {error}") from None
        kind = None  # a resource, by its own class
    source = by.interface if by else argument.removeprefix("first_") if first else argument
    return Input(argument, source, kind, events, first, by.provider if by else None, wanted)


def _extras(hint: Any) -> tuple[Any, ...]:
    return get_args(hint)[1:] if get_origin(hint) is Annotated else ()


def _returned(hint: Any, name: str, where: str) -> pa.DataType:
    if get_origin(hint) is Events:
        hint = get_args(hint)[0]
    try:
        return arrow_type(hint)
    except TypeError as error:
        raise ColumnError(name, where, f"its return annotation: {error}") from None


def _source(kind: Kind, type_: Any, keys: Sequence[str], doc: str, **options: Any) -> Column[..., Any]:
    frame = sys._getframe(2)
    return Column(
        name="",
        scope="resource" if kind == "resource" else "event",
        kind=kind,
        type=type_,
        doc=doc,
        where=f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}",
        module=frame.f_globals.get("__name__", ""),
        keys=tuple(keys),
        **{"stored": False, **options},
    )


def _kind_or_fail(type_: Any) -> pa.DataType:
    kind = arrow_type(type_)
    if kind not in (pa.string(), pa.int64(), pa.float64(), pa.bool_()):
        raise TypeError(f"a parameter cannot be read as {kind}; use String, Int64, Float64 or Bool")
    return kind
