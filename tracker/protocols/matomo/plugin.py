"""Brings the Matomo protocol and its columns."""

from collections.abc import Sequence

from tracker.hookspecs import hookimpl
from tracker.protocols.matomo.protocol import MatomoProtocol


@hookimpl
def tracker_protocols() -> Sequence[MatomoProtocol]:
    """The protocol of `/matomo.php`."""
    return [MatomoProtocol()]
