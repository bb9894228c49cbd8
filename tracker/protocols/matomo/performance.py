"""How long a page took to load. A tag reports it once per page, with the first hit it sends after loading: often the
page view, sometimes another.
"""

from functools import partial

from tracker.columns import Int64, event, ops, param
from tracker.protocols.matomo.columns import MATOMO

MAX_TIME = 16_777_215
"""Longer times are measuring errors; so is -1, a tag's word for "unknown"."""

number = partial(param, type=Int64, protocol=MATOMO)

matomo_network_time = number("pf_net", doc="Milliseconds until the connection stood.")
matomo_server_time = number("pf_srv", doc="Milliseconds until the server answered.")
matomo_transfer_time = number("pf_tfr", doc="Milliseconds until the page had arrived.")
matomo_processing_time = number("pf_dm1", doc="Milliseconds until the page could be used.")
matomo_completion_time = number("pf_dm2", doc="Milliseconds until the page was complete.")
matomo_on_load_time = number("pf_onl", doc="Milliseconds of what runs after loading.")
matomo_bandwidth = number("bw_bytes", doc="Bytes served.")


@event(protocol=MATOMO)
def params_time_network_ms(matomo_network_time: Int64) -> Int64:
    """Milliseconds from asking for the page until the connection to its server stood."""
    return _plausible(matomo_network_time)


@event(protocol=MATOMO)
def params_time_server_ms(matomo_server_time: Int64) -> Int64:
    """Milliseconds the server took to begin its answer."""
    return _plausible(matomo_server_time)


@event(protocol=MATOMO)
def params_time_transfer_ms(matomo_transfer_time: Int64) -> Int64:
    """Milliseconds the page took to arrive."""
    return _plausible(matomo_transfer_time)


@event(protocol=MATOMO)
def params_time_dom_processing_ms(matomo_processing_time: Int64) -> Int64:
    """Milliseconds from the page's arrival until it could be used."""
    return _plausible(matomo_processing_time)


@event(protocol=MATOMO)
def params_time_dom_completion_ms(matomo_completion_time: Int64) -> Int64:
    """Milliseconds from then until images and scripts were loaded."""
    return _plausible(matomo_completion_time)


@event(protocol=MATOMO)
def params_time_on_load_ms(matomo_on_load_time: Int64) -> Int64:
    """Milliseconds that the page's own scripts ran after loading."""
    return _plausible(matomo_on_load_time)


@event(protocol=MATOMO)
def params_bandwidth_bytes(matomo_bandwidth: Int64) -> Int64:
    """Bytes that the server sent for the hit, as importers of server logs report them."""
    return ops.only_where(ops.at_least(matomo_bandwidth, 0), matomo_bandwidth)


def _plausible(time: Int64) -> Int64:
    return ops.only_where(ops.both(ops.at_least(time, 0), ops.at_most(time, MAX_TIME)), time)
