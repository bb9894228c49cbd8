"""The fold: which hits belong together, and when their time has come.

Takes log records in order, gives closed protosessions. Pure: no input or output, no wall clock.
"""

from tracker.protosessions.fold import Fold
from tracker.protosessions.limits import FoldLimits, StampJoin
from tracker.protosessions.stamp import session_stamp, stamper

__all__ = ["Fold", "FoldLimits", "StampJoin", "session_stamp", "stamper"]
