"""Arrow types and DuckDB's, both ways."""

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.warehouse.duckdb_types import UnsupportedType, described, from_duckdb, to_duckdb

SCALARS = [
    pa.string(), pa.int64(), pa.int32(), pa.float64(), pa.bool_(), pa.date32(), pa.timestamp("us", "UTC"), pa.binary(),
]  # fmt: skip
NAMES = st.text("abc_ \"'é", min_size=1, max_size=5)


def structs(members: st.SearchStrategy[pa.DataType]) -> st.SearchStrategy[pa.DataType]:
    unique = st.dictionaries(NAMES, members, min_size=1, max_size=3)
    return unique.map(lambda fields: pa.struct(list(fields.items())))


TYPES = st.recursive(
    st.sampled_from(SCALARS), lambda inner: st.one_of(inner.map(pa.list_), structs(inner)), max_leaves=6
)


@given(TYPES)
def test_both_ways(type: pa.DataType) -> None:
    """Every type that is accepted comes back as it was, however deep."""
    assert from_duckdb("c", duckdb.sqltype(to_duckdb("c", type))) == type


@pytest.mark.parametrize(
    "type", [pa.decimal128(10, 2), pa.map_(pa.string(), pa.string()), pa.timestamp("us"), pa.int8()]
)
def test_unsupported(type: pa.DataType) -> None:
    """Any other type is refused, naming the column."""
    with pytest.raises(UnsupportedType, match=r"column price\[\]\.net has type"):
        to_duckdb("price", pa.list_(pa.struct([("net", type)])))


@pytest.mark.parametrize("native", ["UUID", "DECIMAL(9,2)", "TIMESTAMP", "INTEGER[3]", "MAP(VARCHAR, INTEGER)", "JSON"])
def test_unsupported_native(native: str) -> None:
    """A column of another type in the warehouse is refused, naming it."""
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE t (x BIGINT, price {native})")
        with pytest.raises(UnsupportedType, match="price"):
            described(connection, "t")


def test_described() -> None:
    """A description has names in order, types and nullability."""
    with duckdb.connect() as connection:
        connection.execute('CREATE TABLE t ("order" VARCHAR NOT NULL, seen TIMESTAMPTZ)')
        expected = pa.schema([pa.field("order", pa.string(), nullable=False), ("seen", pa.timestamp("us", "UTC"))])
        assert described(connection, "t") == expected


def test_no_table() -> None:
    """A table that is not there is None."""
    with duckdb.connect() as connection:
        assert described(connection, "t") is None
