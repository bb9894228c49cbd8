"""Times of events."""

import pytest

from tracker.clock import HOUR, MINUTE, SECOND
from tracker.protocols.ga4.mp.times import EventTime, event_time
from tracker.testing.hits import NOW

EARLIER = NOW - HOUR


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (None, EventTime()),
        (EARLIER, EventTime(EARLIER, None, EARLIER)),
        (str(EARLIER), EventTime(EARLIER, None, EARLIER)),
        (float(EARLIER), EventTime(EARLIER, None, EARLIER)),
        (EARLIER // 1_000, EventTime(EARLIER, None, EARLIER)),
        (EARLIER // SECOND, EventTime(EARLIER, None, EARLIER)),
        (EARLIER / SECOND + 0.5, EventTime(EARLIER + SECOND // 2, None, EARLIER + SECOND // 2)),
        (f" {EARLIER // SECOND}.5 ", EventTime(EARLIER + SECOND // 2, None, EARLIER + SECOND // 2)),
        (NOW + 5 * MINUTE, EventTime(NOW + 5 * MINUTE, None, NOW + 5 * MINUTE)),
        (NOW + 5 * MINUTE + 1, EventTime(None, "future", NOW + 5 * MINUTE + 1)),
        (NOW - 72 * HOUR, EventTime(NOW - 72 * HOUR, None, NOW - 72 * HOUR)),
        (NOW - 72 * HOUR - 1, EventTime(NOW - 72 * HOUR, "too_old", NOW - 72 * HOUR - 1)),
        (0, EventTime(refused="unit")),
        (-EARLIER, EventTime(refused="unit")),
        (10**9 - 1, EventTime(refused="unit")),
        (10**11, EventTime(refused="unit")),
        (10**14, EventTime(refused="unit")),
        (10**16, EventTime(refused="unit")),
        (10**18, EventTime(refused="unit")),
        ("", EventTime(refused="unreadable")),
        ("2025-10-09", EventTime(refused="unreadable")),
        ("nan", EventTime(refused="unreadable")),
        ("9" * 5_000, EventTime(refused="unreadable")),
        (True, EventTime(refused="unreadable")),
        ([NOW], EventTime(refused="unreadable")),
    ],
)
def test_event_time(said: object, expected: EventTime) -> None:
    """Units are told apart by size; the limits are five minutes ahead and 72 hours back."""
    assert event_time(said, NOW) == expected
