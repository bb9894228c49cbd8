"""GA4's Measurement Protocol: `/mp/collect`, events that servers and apps send as JSON."""

from tracker.protocols.ga4.mp.protocol import MeasurementProtocol

__all__ = ["MeasurementProtocol"]
