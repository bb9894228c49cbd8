"""Matomo's Tracking HTTP API: single requests, images and bulk requests."""

from tracker.protocols.matomo.protocol import MatomoProtocol

__all__ = ["MatomoProtocol"]
