"""What the worker says of itself, in words and numbers that `/health` shows."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tracker.worker.consumer import Consumer
from tracker.worker.sink import Sink


def consumer_health(consumer: Consumer) -> Mapping[str, Any]:
    """One partition."""
    fold = consumer.fold
    return {
        "partition": consumer.partition,
        "log_time": _time(fold.log_time),
        "records_not_folded": consumer.lag,
        "open_protosessions": fold.open,
        "open_hits": fold.open_hits,
        "closed_hits_not_planned": consumer.waiting_hits,
    }


def sink_health(sink: Sink) -> Mapping[str, Any]:
    """One warehouse."""
    state = sink.state
    return {
        "sink": sink.name,
        "state": state.state,
        "problem": sink.problem,
        "rows_written_since_start": state.written,
        "plans_waiting": sink.waiting(),
        "last_plan": {str(partition): n for partition, n in sink.cursors.items()},
    }


def _time(microseconds: int) -> str | None:
    return datetime.fromtimestamp(microseconds / 1e6, UTC).isoformat() if microseconds else None
