"""The fold, and what each property allows it."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from tracker.config import Properties, Settings
from tracker.model import Carried, StartPoint
from tracker.protosessions.fold import Fold
from tracker.protosessions.limits import FoldLimits
from tracker.worker import codec


def new_fold(settings: Settings, known: Properties[Any], start: StartPoint, carried: Sequence[Carried]) -> Fold:
    """A fold that goes on from a start point."""
    return Fold(partial(fold_limits, settings, known), start, carried, codec.decode_routing)


def fold_limits(settings: Settings, known: Properties[Any], property_id: str) -> FoldLimits:
    """What a property allows its protosessions."""
    own, common = known.always(property_id), settings.sessions
    return FoldLimits(
        timeout=own.timeout,
        max_hits=common.max_hits,
        max_duration=common.max_duration,
        max_open=common.max_open,
        shares_quota=property_id not in known.known,
        join_by_user_id=own.join_by_user_id,
        join_by_stamp=own.join_by_stamp,
        join_across_clients=settings.log.partitions == 1 or settings.log.partition_by == "property",
    )
