"""DuckDB's types as ours."""

import re
from dataclasses import dataclass

import pyarrow as pa

_WHOLE = tuple(sign + size + "INT" for sign in ("", "U") for size in ("TINY", "SMALL", "BIG", "HUGE"))
_TIMES = ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE")
_KINDS: dict[str, tuple[str, pa.DataType]] = {
    **dict.fromkeys(("VARCHAR", "ENUM", "UUID", "JSON"), ("VARCHAR", pa.string())),
    **dict.fromkeys((*_WHOLE, "INTEGER", "UINTEGER"), ("BIGINT", pa.int64())),
    **dict.fromkeys(("FLOAT", "DOUBLE", "DECIMAL"), ("DOUBLE", pa.float64())),
    **dict.fromkeys(_TIMES, ("TIMESTAMP", pa.timestamp("us", tz="UTC"))),
    "BOOLEAN": ("BOOLEAN", pa.bool_()),
    "DATE": ("DATE", pa.date32()),
}


@dataclass(frozen=True, slots=True)
class Result:
    """What an expression is cast to, and the Arrow type it then has."""

    cast: str
    kind: pa.DataType

    @property
    def shown(self) -> str:
        """SQL for a `value` of this type, with null for what is infinite or no number: no column may hold that."""
        return "CASE WHEN isfinite(value) THEN value END" if self.cast in ("DOUBLE", "DATE", "TIMESTAMP") else "value"


def result_of(duck: str) -> Result | None:
    """The result for a type as DuckDB names it; None where a column cannot be of that type."""
    many = re.fullmatch(r"(.*)\[\d*\]", duck, re.DOTALL)
    if many:
        item = result_of(many[1])
        return Result(f"{item.cast}[]", pa.list_(item.kind)) if item and not item.cast.endswith("]") else None
    known = _KINDS.get(duck.partition("(")[0])
    return Result(*known) if known else None


def as_input(values: pa.Array) -> pa.Array:
    """Values as expressions see them: times are UTC without saying so."""
    return values.cast(pa.timestamp("us")) if pa.types.is_timestamp(values.type) else values


def input_type(kind: pa.DataType) -> pa.DataType:
    """The type of `as_input`."""
    return pa.timestamp("us") if pa.types.is_timestamp(kind) else kind
