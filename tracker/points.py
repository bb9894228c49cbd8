"""Named points between durable steps, so that a test can end a process exactly there.

`KILL_AT=after_plan:3` in the environment ends this process with SIGKILL when it reaches the point `after_plan` for the third
time. Without the variable a point costs one comparison.
"""

import os
import signal
from collections import Counter

POINTS = (
    "before_commit", "after_commit", "before_plan", "after_plan", "before_compute", "before_write", "after_write",
    "after_cursor", "start_saved", "archived", "trimmed", "trial",
)  # fmt: skip
"""Every point, in the order a hit meets them."""

_name, _, _time = os.environ.get("KILL_AT", "").partition(":")
_seen: Counter[str] = Counter()


def reached(point: str) -> None:
    """Say that the process is at `point`."""
    if point == _name:
        _seen[point] += 1
        if _seen[point] >= int(_time or 1):
            os.kill(os.getpid(), signal.SIGKILL)
