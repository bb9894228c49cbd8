"""Hits that no visitor meant."""

import pytest

from tracker.testing import compute_rows, make_hit


@pytest.mark.parametrize(
    ("query", "debug", "synthetic"),
    [
        ("", False, False),
        ("_dbg=1", True, False),
        ("ep.debug_mode=true", True, False),
        ("epn.debug_mode=1", True, False),
        ("ep.debug_mode=false", False, False),
        ("sst.syn=1", False, True),
        ("sst.sp=1&_dbg=0", False, True),
    ],
)
def test_flags(query: str, debug: bool, synthetic: bool) -> None:
    """Each as the tag says it; never null."""
    row = compute_rows([make_hit(f"v=2&tid=G-1&cid=1.1&en=page_view&{query}")])[0]
    assert (row["is_debug"], row["is_synthetic"]) == (debug, synthetic)
