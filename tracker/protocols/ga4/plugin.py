"""Brings the GA4 browser protocol and its columns."""

from collections.abc import Sequence

from tracker.hookspecs import hookimpl
from tracker.protocols.ga4.protocol import GA4Protocol


@hookimpl
def tracker_protocols() -> Sequence[GA4Protocol]:
    """The protocol of `/g/collect`."""
    return [GA4Protocol()]
