"""Arrow types and DuckDB's, both ways."""

import duckdb
import pyarrow as pa
import pytest

from tracker.warehouse.duckdb_types import UnsupportedType, described, from_duckdb, to_duckdb
from tracker.warehouse.evolve import native_name

SCALARS = [
    pa.string(),
    pa.int64(),
    pa.int32(),
    pa.float64(),
    pa.bool_(),
    pa.date32(),
    pa.timestamp("us", "UTC"),
    pa.binary(),
]
ODD_NAMES = pa.struct([("it's", pa.int64()), ('a "b"', pa.string()), ("select", pa.bool_()), ("ü.x", pa.int32())])
NESTED = [
    pa.list_(pa.list_(pa.int64())),
    pa.struct([(f"m{n}", scalar) for n, scalar in enumerate(SCALARS)]),
    pa.list_(pa.struct([("inner", pa.struct([("deep", pa.list_(ODD_NAMES))]))])),
]


@pytest.mark.parametrize("type", [*SCALARS, *map(pa.list_, SCALARS), ODD_NAMES, *NESTED], ids=str)
def test_both_ways(type: pa.DataType) -> None:
    """Every type that is accepted comes back as it was, however deep."""
    with duckdb.connect() as connection:
        assert from_duckdb("c", connection.sqltype(to_duckdb("c", type))) == type


@pytest.mark.parametrize(
    "type", [pa.decimal128(10, 2), pa.map_(pa.string(), pa.string()), pa.timestamp("us"), pa.int8()]
)
def test_unsupported(type: pa.DataType) -> None:
    """Any other type is refused, naming the column."""
    with pytest.raises(UnsupportedType, match=r"column price\[\]\.net has type"):
        to_duckdb("price", pa.list_(pa.struct([("net", type)])))


@pytest.mark.parametrize("native", ["UUID", "DECIMAL(9,2)", "TIMESTAMP", "INTEGER[3]", "MAP(VARCHAR, INTEGER)", "JSON"])
def test_unsupported_native(native: str) -> None:
    """A column of a type that is not ours is described by what the warehouse calls it, and is of no type of ours."""
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE t (x BIGINT, price {native})")
        here = described(connection, "t")
    assert here is not None
    assert native_name(here.field("price").type) == native
    assert isinstance(here.field("price").type, pa.OpaqueType)


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
