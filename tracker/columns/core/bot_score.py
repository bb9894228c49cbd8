"""How sure it is that a program sent an event, and why. Bots are flagged, and left out only where a property asks."""

from typing import Annotated

import pyarrow as pa

from tracker.columns import ops
from tracker.columns.core.bot_signs import reasons_of, score_of, with_speed
from tracker.columns.events import Events
from tracker.columns.types import Bool, Int64, String, Timestamp, list_of
from tracker.columns.words import event, session, setting

Reasons = Annotated[pa.ListArray, list_of(String)]
"""Names of signs."""

exclude_bot_score = setting("exclude_bot_score", Int64, doc="Score from which on the property leaves events out.")


@event(stored=False)
def event_bot_score(event_bot_signs: Int64) -> Int64:
    """The score of what the event shows by itself: what filters go by, since there are no sessions yet."""
    return ops.per_distinct(event_bot_signs, score_of, Int64)


@event(stored=False)
def bot_exclusion(event_bot_score: Int64, exclude_bot_score: Int64) -> String:
    """`bot_score` where the property leaves out what scores so high; null elsewhere."""
    reached = ops.at_least(event_bot_score, exclude_bot_score)
    return ops.only_where(reached, ops.constant(reached, "bot_score", String))


@session(stored=False, absent=False)
def session_is_too_fast(
    timestamp_utc: Events[Timestamp],
    is_page_view: Events[Bool],
    is_browser_tag: Events[Bool],
    *,
    page_views_per_second: int = 5,
    sustained_page_views: int = 30,
) -> Bool:
    """True where no person reads so fast: more page views within a second than the setting, or so many in a row at more
    than one a second. Servers' events are not judged: they may send a whole visit at once.
    """
    by_server = ops.is_true(ops.negate(is_browser_tag))
    views = timestamp_utc.where(ops.both(is_page_view, ops.negate(by_server)))
    times: Events[Timestamp] = Events(views.values, views.offsets)
    burst = ops.microseconds_between(times.shift(page_views_per_second), times)
    row = ops.microseconds_between(times.shift(sustained_page_views - 1), times)
    is_burst = ops.less_than(burst, 1_000_000)
    is_row = ops.less_than(row, (sustained_page_views - 1) * 1_000_000)
    return ops.either(ops.is_true(is_burst), ops.is_true(is_row)).any()


@event(stored=False)
def bot_signs(event_bot_signs: Int64, session_is_too_fast: Bool) -> Int64:
    """All signs of an event: its own and its session's."""
    return with_speed(event_bot_signs, session_is_too_fast)


@event(absent=0)
def bot_score(bot_signs: Int64) -> Int64:
    """How sure it is that a program sent the event: 0 without a sign, 100 for a bot that says so. Signs add up."""
    return ops.per_distinct(bot_signs, score_of, Int64)


@event
def bot_reasons(bot_signs: Int64) -> Reasons:
    """Signs that made `bot_score`: declared_bot, headless, http_library, no_user_agent, impossible_speed, prefetch,
    data_centre, no_client_hints. Empty without any.
    """
    return ops.per_distinct(bot_signs, reasons_of, Reasons)


@session(absent=0)
def session_bot_score(bot_score: Events[Int64]) -> Int64:
    """Highest bot score of the session's events."""
    return bot_score.max()
