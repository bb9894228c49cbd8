"""GA4's browser tag: `/g/collect`, one event in the query or several in the lines of the body."""

from tracker.protocols.ga4.protocol import GA4Protocol

__all__ = ["GA4Protocol"]
