"""The scroll columns as an installed package: the same columns, and a hook that brings them."""

import sys
from collections.abc import Sequence
from types import ModuleType

from tracker.columns import Bool, Int64, event, ops, param
from tracker.hookspecs import hookimpl

packaged_scroll_percent = param("epn.percent_scrolled", type=Int64, doc="Scroll depth as the page sent it.")


@event
def is_packaged_deep_scroll(packaged_scroll_percent: Int64, *, threshold: int = 75) -> Bool:
    """True when the visitor read at least three quarters of the page."""
    return ops.at_least(packaged_scroll_percent, threshold)


@hookimpl
def tracker_columns() -> Sequence[ModuleType]:
    """The columns of this module."""
    return [sys.modules[__name__]]
