"""Hits that no visitor meant: of somebody who tests the tag, and what the tag made up or sent ahead of time."""

from tracker.columns import Bool, event, ops, param
from tracker.protocols.ga4.columns import GA4

ga4_debug_view = param("_dbg", type=Bool, protocol=GA4, doc="1 in the tag manager's preview.")
ga4_debug_mode = param("ep.debug_mode", "epn.debug_mode", type=Bool, protocol=GA4, doc="Set by the site's code.")
ga4_synthetic = param("sst.syn", type=Bool, protocol=GA4, doc="1 on a hit that the tag made up.")
ga4_speculative = param("sst.sp", type=Bool, protocol=GA4, doc="1 on a hit of a page that was loaded ahead of time.")


@event(protocol=GA4, absent=False)
def is_debug(ga4_debug_view: Bool, ga4_debug_mode: Bool) -> Bool:
    """True for hits of somebody who tests the tag, in a preview or with debug_mode."""
    return ops.either(ops.is_true(ga4_debug_view), ops.is_true(ga4_debug_mode))


@event(protocol=GA4, absent=False)
def is_synthetic(ga4_synthetic: Bool, ga4_speculative: Bool) -> Bool:
    """True for hits that the tag made up (sst.syn), or sent for a page that was loaded ahead of time (sst.sp)."""
    return ops.either(ops.is_true(ga4_synthetic), ops.is_true(ga4_speculative))
