"""The clock that tests move."""

import pytest

from tracker.clock import SECOND
from tracker.testing.clock import FakeClock


def test_time_passes_only_when_moved() -> None:
    """Two looks tell the same time, until it is moved."""
    clock = FakeClock(5)
    assert (clock.now(), clock.now()) == (5, 5)
    clock.move(SECOND)
    assert clock.now() == 5 + SECOND


def test_time_never_goes_backwards() -> None:
    """A test that asks for it is wrong."""
    with pytest.raises(ValueError, match="backwards"):
        FakeClock().move(-1)
