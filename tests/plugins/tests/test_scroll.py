"""The scroll columns, called as the plain functions they are."""

import pyarrow as pa
import scroll

from tracker.testing import events


def test_deep_scroll() -> None:
    """Three quarters is deep, less is not, and an event without a depth is neither."""
    assert scroll.is_deep_scroll(pa.array([90, 75, 10, None])).to_pylist() == [True, True, False, None]


def test_threshold() -> None:
    """The threshold is the column's own setting."""
    assert scroll.is_deep_scroll(pa.array([60]), threshold=50).to_pylist() == [True]


def test_deep_scrolls_of_a_session() -> None:
    """Each session counts its own; a session without any has 0."""
    assert scroll.session_deep_scrolls(events([[True, None, True], [False]])).to_pylist() == [2, 0]
