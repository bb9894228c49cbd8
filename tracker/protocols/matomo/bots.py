"""Bots are left out, as in Matomo; no other protocol does so."""

from tracker.columns import Bool, Int64, String, event, ops, param
from tracker.columns.core import filters
from tracker.columns.words import setting
from tracker.protocols.matomo.columns import MATOMO

matomo_bots = param("bots", type=Int64, protocol=MATOMO, doc="1 asks to record bots too.")
matomo_excludes_bots = setting("exclude_bots", Bool, doc="Whether the property leaves bots out.")


@event(protocol=MATOMO, implements=filters.exclusion)
def matomo_exclusion(is_bot_agent: Bool, matomo_bots: Int64, matomo_excludes_bots: Bool) -> String:
    """`bot` for a known bot, unless the hit (`bots=1`) or the property asks to record it."""
    is_left_out = ops.both(
        is_bot_agent, ops.both(matomo_excludes_bots, ops.negate(ops.is_true(ops.equal(matomo_bots, 1))))
    )
    return ops.only_where(is_left_out, ops.constant(is_bot_agent, "bot", String))
