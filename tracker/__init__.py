"""A self-hosted, warehouse-native web-analytics tracker. Start reading at `tracker.app`."""

__version__ = "0.1.0"
