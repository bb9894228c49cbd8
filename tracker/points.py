"""Named points between durable steps, so that a test can end a process exactly there.

`KILL_AT=after_plan:3` in the environment ends a process with SIGKILL when it reaches the point `after_plan` for the
third time. `KILL_AT=/a/folder` ends one process for each file in that folder: the first to reach the point that the
file is named after, which removes the file before it ends. Without the variable a point costs one comparison.
"""

import os
import signal
from collections import Counter

POINTS = (
    "before_commit", "after_commit", "before_plan", "after_plan", "before_compute", "before_write", "after_write",
    "after_cursor", "start_saved", "archived", "trimmed", "trial",
)  # fmt: skip
"""Every point, in the order a hit meets them."""

_at = os.environ.get("KILL_AT", "")
_seen: Counter[str] = Counter()


def reached(point: str) -> None:
    """Say that the process is at `point`."""
    if _at and _ends_here(point):
        os.kill(os.getpid(), signal.SIGKILL)


def _ends_here(point: str) -> bool:
    if "/" in _at:
        try:
            os.unlink(f"{_at}/{point}")  # noqa: PTH108 - the one who removes it is the one who ends
        except FileNotFoundError:
            return False
        return True
    name, _, time = _at.partition(":")
    _seen[point] += 1
    return point == name and _seen[point] >= int(time or 1)
