"""What a column is: a name, a type, a place among the others, and usually a function.

Columns are made by the words of `tracker.columns.words`. Called directly, a column is the plain function it was.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, ParamSpec, TypeVar

import pyarrow as pa

from tracker.errors import Misconfigured

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
Scope = Literal["event", "session", "boundary", "resource"]
Kind = Literal["function", "param", "params", "hit", "header", "setting", "resource", "interface", "split"]


class ColumnError(Misconfigured):
    """A column that cannot work as it is written. Names the column and where it is defined."""

    def __init__(self, column: str, where: str, problem: str) -> None:
        super().__init__(column, where, problem)
        self.column, self.where, self.problem = column, where, problem

    def __str__(self) -> str:
        return f"column {self.column!r} ({self.where}): {self.problem}"


class First(Generic[T]):
    """For a running boundary: `first_NAME: First[T]` is, on every event, the value of NAME at its session's first
    event.
    """


@dataclass(frozen=True, slots=True)
class ImplementedBy:
    """Names one provider of an interface as an input; see `implemented_by`."""

    provider: str
    interface: str


def implemented_by(provider: str, interface: str) -> ImplementedBy:
    """Take this provider, whatever is chosen elsewhere.

    Stands in an input's annotation: `Annotated[String, implemented_by("dbip", "geo_country")]`.
    """
    return ImplementedBy(provider, interface)


@dataclass(frozen=True, slots=True)
class Version:
    """The version of a column that an input needs; see `version`."""

    number: int


def version(number: int) -> Version:
    """Take this version of the column, and fail at the start where what fills it has another.

    Stands in an input's annotation, alone or beside `implemented_by`: `page_path: Annotated[String, version(2)]`.
    """
    return Version(number)


@dataclass(frozen=True, slots=True)
class Input:
    """One parameter of a column's function."""

    argument: str
    source: str
    type: pa.DataType | None
    """None: whatever a resource is."""
    events: bool = False
    first: bool = False
    provider: str | None = None
    version: int | None = None
    """None: any."""


@dataclass(eq=False)
class Column(Generic[P, R]):
    """One column. Made by the words of this module, never directly."""

    name: str
    scope: Scope
    kind: Kind
    type: pa.DataType | None
    doc: str
    where: str
    module: str
    function: Callable[P, R] | None = None
    inputs: Sequence[Input] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The column's own settings: keyword-only parameters with their defaults."""
    stored: bool = True
    version: int = 1
    """Raised by its author whenever the same request may give another value."""
    protocol: str | None = None
    """Protocol family it is for; None: all."""
    implements: Any = None
    """The interface it fills: a declared column or its name."""
    provider: str | None = None
    on_request: bool = False
    """Providers only: used where the settings choose it, and never because it is the only one."""
    absent: Any = None
    """The value on rows that have none: events without a session, a column that failed."""
    is_enumeration: bool = False
    """Text of which there are few different values."""
    required: bool = False
    """An event without it goes to the dead letters."""
    order: int = 0
    """Boundaries only: place in the sequence."""
    default: bool = True
    """Boundaries only: whether it cuts where neither the protocol nor the property says."""
    keys: Sequence[str] = ()
    """Wire names: parameter keys, a prefix, a header, a hit field, a setting. Of a column in SQL, its text."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """The plain function."""
        if self.function is None:
            raise TypeError(f"{self.name} is a {self.kind}, not a function")
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<{self.scope} column {self.name}: {self.type}>"

    def error(self, problem: str) -> ColumnError:
        """A `ColumnError` about this column."""
        return ColumnError(self.name, self.where, problem)
