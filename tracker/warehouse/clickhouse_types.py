"""Arrow types as ClickHouse writes them, and back. What may be null is `Nullable`; lists and structs never are."""

from collections.abc import Collection

import pyarrow as pa

from tracker.model import ENUMERATION
from tracker.warehouse.driver import SchemaMismatch
from tracker.warehouse.evolve import unknown_type

_SCALARS: tuple[tuple[pa.DataType, str], ...] = (
    (pa.string(), "String"),
    (pa.int64(), "Int64"),
    (pa.int32(), "Int32"),
    (pa.float64(), "Float64"),
    (pa.bool_(), "Bool"),
    (pa.date32(), "Date32"),
    (pa.timestamp("us", "UTC"), "DateTime64(6, 'UTC')"),
)
_TO_CLICKHOUSE: dict[pa.DataType, str] = dict(_SCALARS)
_FROM_CLICKHOUSE = {text: arrow for arrow, text in _SCALARS}
_BYTES = "String"
"""ClickHouse has one type for text and bytes; which of them a column holds stands in its comment."""
BYTES_COMMENT = "bytes"


class UnsupportedType(SchemaMismatch):
    """A column has a type that no column of ours can have."""

    def __init__(self, column: str, type: object) -> None:
        super().__init__(column, str(type))
        self.column, self.type = column, str(type)

    def __str__(self) -> str:
        known = ", ".join(str(arrow) for arrow, _ in _SCALARS)
        return f"column {self.column} has type {self.type}; expected one of {known}, or lists and structs of them"


def quoted(*names: str) -> str:
    """An identifier for SQL text; several names are joined by dots."""
    return ".".join("`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`" for name in names)


def to_clickhouse(field: pa.Field, enumerations: Collection[str] = ()) -> str:
    """The ClickHouse type of a column. Text of few different values, by its field or by `enumerations`: a dictionary.

    Raises `UnsupportedType`.
    """
    native = _native(field.name, field.type)
    if not _may_be_null(field.type):
        return native
    if field.nullable:
        native = f"Nullable({native})"
    is_few = field.name in enumerations or ENUMERATION.encode() in (field.metadata or {})
    return f"LowCardinality({native})" if is_few and field.type == pa.string() else native


def from_clickhouse(column: str, native: str, comment: str = "") -> pa.Field:
    """A column as an Arrow field. Lists and structs, which ClickHouse cannot make null, count as nullable.

    Raises `UnsupportedType`.
    """
    inner = _inside("LowCardinality", native) or native
    value = _inside("Nullable", inner)
    kind = _arrow(column, value or inner)
    if kind == pa.string() and comment == BYTES_COMMENT:
        kind = pa.binary()
    return pa.field(column, kind, nullable=value is not None or not _may_be_null(kind))


def described(column: str, native: str, comment: str = "") -> pa.Field:
    """As `from_clickhouse`; a type that is no column's of ours stands under its own name."""
    try:
        return from_clickhouse(column, native, comment)
    except UnsupportedType:
        inner = _inside("LowCardinality", native) or native
        value = _inside("Nullable", inner)
        takes_nothing = value is not None or inner.startswith(("Array(", "Map(", "Tuple("))
        return pa.field(column, unknown_type(value or inner), nullable=takes_nothing)


def _native(column: str, kind: pa.DataType) -> str:
    if kind in _TO_CLICKHOUSE:
        return _TO_CLICKHOUSE[kind]
    if kind == pa.binary():
        return _BYTES
    if pa.types.is_list(kind):
        return f"Array({_member(f'{column}[]', kind.value_type)})"
    if pa.types.is_struct(kind) and kind.num_fields:
        members = [f"{quoted(field.name)} {_member(f'{column}.{field.name}', field.type)}" for field in kind]
        return f"Tuple({', '.join(members)})"
    raise UnsupportedType(column, kind)


def _member(column: str, kind: pa.DataType) -> str:
    native = _native(column, kind)
    return f"Nullable({native})" if _may_be_null(kind) else native


def _may_be_null(kind: pa.DataType) -> bool:
    return not (pa.types.is_list(kind) or pa.types.is_struct(kind))


def _arrow(column: str, native: str) -> pa.DataType:
    if native in _FROM_CLICKHOUSE:
        return _FROM_CLICKHOUSE[native]
    if (item := _inside("Array", native)) is not None:
        return pa.list_(_arrow(f"{column}[]", _inside("Nullable", item) or item))
    if (members := _inside("Tuple", native)) is not None:
        return pa.struct([_member_field(column, member) for member in _parts(members)])
    raise UnsupportedType(column, native)


def _member_field(column: str, member: str) -> pa.Field:
    name, native = _named(member)
    inner = _inside("LowCardinality", native) or native
    return pa.field(name, _arrow(f"{column}.{name}", _inside("Nullable", inner) or inner))


def _inside(wrapper: str, native: str) -> str | None:
    """What stands in the brackets of `wrapper(...)`; None for another type."""
    if native.startswith(f"{wrapper}(") and native.endswith(")"):
        return native[len(wrapper) + 1 : -1]
    return None


def _named(member: str) -> tuple[str, str]:
    """Name and type of a member of a tuple; names that need it stand in backquotes."""
    if not member.startswith("`"):
        name, _, native = member.partition(" ")
        return name, native
    at, name = 1, ""
    while member[at] != "`":
        at += member[at] == "\\"
        name, at = name + member[at], at + 1
    return name, member[at + 1 :].strip()


def _parts(text: str) -> list[str]:
    """Cut at commas outside of brackets and quotes."""
    parts, depth, quote, start = [], 0, "", 0
    at = 0
    while at < len(text):
        character = text[at]
        if quote:
            at += character == "\\"
            quote = "" if character == quote else quote
        elif character in "`'":
            quote = character
        elif character in "()":
            depth += 1 if character == "(" else -1
        elif character == "," and not depth:
            parts.append(text[start:at].strip())
            start = at + 1
        at += 1
    return [*parts, text[start:].strip()]
