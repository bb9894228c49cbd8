"""A clock that tests move."""


class FakeClock:
    """Tells the time it was set to."""

    def __init__(self, now: int = 1_760_000_000_000_000) -> None:
        self._now = now

    def now(self) -> int:
        """Microseconds since 1970-01-01 UTC."""
        return self._now

    def move(self, microseconds: int) -> None:
        """Let time pass. Raises ValueError for a step backwards: no clock of ours makes one."""
        if microseconds < 0:
            raise ValueError(f"a clock never goes backwards; asked for {microseconds}")
        self._now += microseconds
