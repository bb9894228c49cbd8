"""Query strings of a batch, read by key."""

from urllib.parse import parse_qsl, unquote_to_bytes

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.protocols.querystring import QueryParameters

PIECES = st.sampled_from(
    [*b"a b ep.x ep.y = & & %26 %3D % %4 %zz %%41 %C3%A9 %ff + ; %00".split(), b"\x00", "é".encode(), b"\xed\xa0\x80"]
)
QUERIES = st.lists(st.lists(PIECES, max_size=12).map(b"".join), max_size=6)


def parameters(*rows: bytes) -> QueryParameters:
    return QueryParameters.of(pa.array(rows, pa.binary()))


def text(raw: bytes) -> str:
    return unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8", "replace")


def pairs(row: bytes) -> list[tuple[str, str]]:
    """What the standard library reads; bytes that are no ASCII it would refuse, so those rows are read by its rules."""
    if row.isascii():
        return parse_qsl(row.decode(), keep_blank_values=True)
    return [
        (text(name), text(value)) for name, _, value in (piece.partition(b"=") for piece in row.split(b"&") if piece)
    ]


@settings(max_examples=150, deadline=None)
@given(QUERIES)
def test_every_key_reads_as_the_standard_library_reads_it(rows: list[bytes]) -> None:
    """Any bytes give the values `parse_qsl` gives, row by row, the last of a key winning."""
    read = parameters(*rows)
    expected = [dict(pairs(row)) for row in rows]
    assert sorted(read.keys()) == sorted({name for row in expected for name in row})
    for key in list(read.keys()):
        values = read.get(key)
        assert values is not None
        values.validate(full=True)
        assert values.to_pylist() == [row.get(key) for row in expected]


@settings(max_examples=150, deadline=None)
@given(QUERIES)
def test_prefixed_keys_come_in_wire_order(rows: list[bytes]) -> None:
    """Each name stands once per row, where it stood last."""
    lists = parameters(*rows).prefixed("ep.")
    lists.validate(full=True)
    expected = []
    for row in rows:
        named: dict[str, str] = {}
        for name, value in pairs(row):
            if name.startswith("ep."):
                named.pop(name, None)
                named[name] = value
        expected.append([{"name": name[3:], "value": value} for name, value in named.items()])
    assert lists.to_pylist() == expected


@settings(max_examples=100, deadline=None)
@given(QUERIES, st.data())
def test_taken_rows_read_like_rows_of_their_own(rows: list[bytes], data: st.DataObject) -> None:
    """Taking rows, twice, is the same as decoding only those rows."""
    picks = st.lists(st.integers(0, len(rows) - 1), max_size=8) if rows else st.just([])
    first = data.draw(picks)
    second = data.draw(st.lists(st.integers(0, len(first) - 1), max_size=8)) if first else []
    taken = parameters(*rows).take(np.array(first, np.int64)).take(np.array(second, np.int64))
    alone = parameters(*(rows[first[place]] for place in second))
    assert len(taken) == len(alone)
    assert sorted(taken.keys()) == sorted(alone.keys())
    assert taken.prefixed("").to_pylist() == alone.prefixed("").to_pylist()
    for key in ("a", "ep.x", "nowhere"):
        mine, other = taken.get(key), alone.get(key)
        assert (mine and mine.to_pylist()) == (other and other.to_pylist())


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (b"k", ""),
        (b"k=", ""),
        (b"k=1&k=2", "2"),
        (b"k=1&k", ""),
        (b"k=a=b", "a=b"),
        (b"k=1;j=2", "1;j=2"),
        (b"%6B=1", "1"),
        (b"k=1&%6b=2", "2"),
        (b"&&k=1&", "1"),
        (b"k=a+b%2Bc%20d", "a b+c d"),
        (b"k=%F0%9F%98%80", "\U0001f600"),
        (b"k=%00\x00", "\x00\x00"),
        (b"k=%ED%A0%80", "\ufffd\ufffd\ufffd"),
        (b"k=%&j=41", "%"),
        (b"j=1", None),
    ],
)
def test_one_value(row: bytes, expected: str | None) -> None:
    """Bare keys, repeated keys, odd separators and broken escapes read one way only."""
    values = parameters(row, b"k=other").get("k")
    assert values is not None
    assert values.to_pylist() == [expected, "other"]


def test_a_later_part_wins() -> None:
    """Of several parts of one row the later one replaces keys of the earlier."""
    shared, lines = pa.array([b"dt=all&v=2", b"dt=all"], pa.binary()), pa.array([b"dt=own", b""], pa.binary())
    values = QueryParameters.of(shared, lines).get("dt")
    assert values is not None
    assert values.to_pylist() == ["own", "all"]


def test_a_repeated_name_stands_where_it_stood_last() -> None:
    """In a list a name stands once per row, however it was written."""
    lists = parameters(b"ep.x=1&ep.y=2&ep.x=3", b"ep.x=4", b"ep.x=5&ep.y=6&%65p.x=7").prefixed("ep.").to_pylist()
    assert [[(pair["name"], pair["value"]) for pair in row] for row in lists] == [
        [("y", "2"), ("x", "3")],
        [("x", "4")],
        [("y", "6"), ("x", "7")],
    ]


def test_a_key_nobody_sent_is_none() -> None:
    """An unknown key is no array of nulls but nothing, also where only rows that were not taken have it."""
    read = parameters(b"a=1", b"b=2")
    assert read.get("c") is None
    assert read.take(np.array([0])).get("b") is None


def test_no_rows() -> None:
    """An empty batch has no keys and no lists."""
    read = parameters()
    assert (len(read), read.keys(), read.prefixed("ep.").to_pylist()) == (0, [], [])


def test_many_distinct_keys() -> None:
    """More keys than fit a 16-bit number are still told apart."""
    read = parameters(*(f"k{n}={n}&x=1".encode() for n in range(70_000)))
    values = read.get("k69999")
    assert values is not None
    assert values[69_999].as_py() == "69999"
    assert values.null_count == 69_999
