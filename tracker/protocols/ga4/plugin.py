"""Brings the GA4 protocols, that of the browser tag and that of servers, and their columns."""

from collections.abc import Sequence

from tracker.hookspecs import hookimpl
from tracker.protocols.ga4.mp import MeasurementProtocol
from tracker.protocols.ga4.protocol import GA4Protocol


@hookimpl
def tracker_protocols() -> Sequence[GA4Protocol | MeasurementProtocol]:
    """The protocols of `/g/collect` and `/mp/collect`."""
    return [GA4Protocol(), MeasurementProtocol()]
