"""How often the garbage collector looks at a process that computes batches."""

import gc

_THRESHOLDS = (50_000, 20, 20)


def collect_seldom() -> None:
    """Look at objects less often than Python does by default: a batch makes many small ones and hardly any cycles, and
    looking took a seventh of its time.
    """
    gc.set_threshold(*_THRESHOLDS)
