"""The types a column may have: one word each, which mypy reads as a class and the graph as an Arrow type.

Scalars may be null; lists never are (none is `[]`).
"""

from typing import Annotated, Any, get_args, get_origin

import pyarrow as pa

String = Annotated[pa.StringArray, pa.string()]
"""Text, cut at 8,192 characters when it is written."""
_FEW = "few different values"
Enumeration = Annotated[pa.StringArray, pa.string(), _FEW]
"""Text of which there are few different values, at most some thousands: a country, a medium, the name of an event. The
same as `String` to other columns; a warehouse that can keeps it as a dictionary (ClickHouse: `LowCardinality`).
"""
Int64 = Annotated[pa.Int64Array, pa.int64()]
Float64 = Annotated[pa.DoubleArray, pa.float64()]
Bool = Annotated[pa.BooleanArray, pa.bool_()]
Date = Annotated[pa.Date32Array, pa.date32()]
"""A calendar day."""
Timestamp = Annotated[pa.TimestampArray, pa.timestamp("us", tz="UTC")]
"""Microseconds UTC."""
Binary = Annotated[pa.BinaryArray, pa.binary()]
"""Bytes; for columns that are not stored."""
NamedValues = Annotated[
    pa.ListArray, pa.list_(pa.field("item", pa.struct([pa.field("name", pa.string()), pa.field("value", pa.string())])))
]
"""What `params(prefix)` gives: name and value of each parameter, in wire order."""


def arrow_type(annotation: Any) -> pa.DataType:
    """The Arrow type of a word of this module, or of an Arrow type itself. Raises TypeError for anything else."""
    if isinstance(annotation, pa.DataType):
        return annotation
    if get_origin(annotation) is Annotated:
        for extra in get_args(annotation)[1:]:
            if isinstance(extra, pa.DataType):
                return extra
    raise TypeError(
        f"{annotation!r} is no column type; use String, Enumeration, Int64, Float64, Bool, Date, Timestamp, list_of "
        "or struct_of"
    )


def is_enumeration(annotation: Any) -> bool:
    """Whether a word is `Enumeration`."""
    return get_origin(annotation) is Annotated and _FEW in get_args(annotation)[1:]


def list_of(item: Any) -> pa.DataType:
    """A list type. As an annotation: `Annotated[pa.ListArray, list_of(String)]`; in a call: `type=list_of(String)`."""
    return pa.list_(arrow_type(item))


def struct_of(**members: Any) -> pa.DataType:
    """A struct type with named members, all nullable."""
    return pa.struct([pa.field(name, arrow_type(member)) for name, member in members.items()])


def type_name(kind: pa.DataType) -> str:
    """How docs and error sentences write a type."""
    return str(kind)
