"""Cutting secrets out of raw payloads."""

import pytest

from tracker.protocols.secrets import cut

NAMES = frozenset({b"token_auth", b"em"})


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"a=1&token_auth=x&b=2", b"a=1&b=2"),
        (b"token_auth=x", b""),
        (b"em=1&em=2&a=1&em=3", b"a=1"),
        (b"token%5fauth=x&a=1", b"a=1"),
        (b"%65%6D=x&a=1", b"a=1"),
        (b"item=1&em_x=2&dl=%26em%3D1", b"item=1&em_x=2&dl=%26em%3D1"),
        (b"em=a=b&c=d", b"c=d"),
        (b"", b""),
    ],
)
def test_named_parameters_are_cut(raw: bytes, expected: bytes) -> None:
    """All of a secret goes, wherever it stands and however its name is written; nothing else does."""
    assert cut(raw, NAMES) == expected
