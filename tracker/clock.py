"""What time it is. Handed in wherever time matters, so that a test can move it."""

import time
from typing import Protocol

SECOND = 1_000_000
"""Microseconds in a second: every time in this program is an integer of microseconds UTC."""
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Clock(Protocol):
    """Anything that tells the time."""

    def now(self) -> int:
        """Microseconds since 1970-01-01 UTC. Never goes backwards within a process."""


class SystemClock:
    """The wall clock at start plus the monotonic clock: a clock step during a run changes nothing."""

    def __init__(self) -> None:
        self._offset = time.time_ns() // 1000 - time.monotonic_ns() // 1000

    def now(self) -> int:
        """Microseconds UTC."""
        return self._offset + time.monotonic_ns() // 1000

    def drift(self) -> int:
        """How far the machine's clock has stepped since start, microseconds; for `/health`."""
        return time.time_ns() // 1000 - self.now()
