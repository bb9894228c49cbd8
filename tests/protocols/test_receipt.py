"""Reading a raw query at receipt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.protocols.receipt import bounded, is_junk, plain, pseudonym, reader, text
from tracker.testing.hits import make_request


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (b"tid=1&cid=2", {b"tid": b"1", b"cid": b"2"}),
        (b"xtid=1&tidx=2&cid=2", {b"cid": b"2"}),
        (b"tid=1&tid=2", {b"tid": b"2"}),
        (b"tid=1&tid", {b"tid": b""}),
        (b"tid&cid=", {b"tid": b"", b"cid": b""}),
        (b"dl=a?tid=1", {}),
        (b"", {}),
    ],
)
def test_only_whole_names_are_read(query: bytes, expected: dict[bytes, bytes]) -> None:
    """The last of a name wins; a name inside another name or a value is none."""
    assert reader(b"tid", b"cid")(query) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (b"a=%41%5f", b"a=%41%5f"),
        (b"%74id=1&b=%5f", b"tid=1&b=%5f"),
        (b"token%5Fauth=x", b"token_auth=x"),
        (b"%2574id=1&%74id=2", b"%2574id=1&tid=2"),
        (b"a%26%74=1", b"a%26t=1"),
        (b"%74%zz=1", b"t%zz=1"),
    ],
)
def test_names_are_made_plain(query: bytes, expected: bytes) -> None:
    """Escapes of plain characters go, in names only; what an escape protects stays protected."""
    assert plain(query) == expected


@given(st.binary())
def test_text_of_any_bytes_can_be_stored(raw: bytes) -> None:
    """Decoding never fails and never leaves what UTF-8 cannot hold."""
    assert text(raw).encode().decode() == text(raw)


def test_junk_and_long_ids() -> None:
    """Known junk is recognised in any case; long ids become short ones that still differ."""
    assert (is_junk(" Undefined"), is_junk("1.1")) == (True, False)
    assert bounded("a" * 9, 8) != bounded("b" * 9, 8)
    assert bounded("a" * 8, 8) == "a" * 8


@pytest.mark.parametrize("other", [{"address": "203.0.113.9"}, {"headers": {"user-agent": "B"}}, {"daily_key": b"x"}])
def test_pseudonyms_differ(other: dict[str, str]) -> None:
    """Another address, browser or day is another pseudonym."""
    assert pseudonym(make_request(), "1") != pseudonym(make_request(**other), "1")  # type: ignore[arg-type]
