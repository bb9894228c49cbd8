"""Counting and complaining."""

import pytest

from tracker.clock import MINUTE
from tracker.errors import LogFull
from tracker.metrics import new_metrics
from tracker.receiver.tally import Complaints, Tally
from tracker.testing.clock import FakeClock


def test_counts_are_told_once() -> None:
    """Flushing twice does not count twice."""
    metrics = new_metrics()
    tally = Tally(metrics)
    tally.answered("toy", 204)
    tally.answered("toy", 204)
    tally.flush()
    tally.flush()
    labels = {"protocol": "toy", "status": "204"}
    assert metrics.registry.get_sample_value("tracker_requests_total", labels) == 2


def test_a_complaint_is_repeated_after_a_minute_with_its_count(capsys: pytest.CaptureFixture[str]) -> None:
    """What was not said in between is summed up."""
    clock = FakeClock()
    complaints = Complaints(clock)
    for _ in range(5):
        complaints.add("no luck", "toy", LogFull(8, 10))
    assert capsys.readouterr().out.count("no luck") == 1
    clock.move(MINUTE)
    complaints.add("no luck", "toy", LogFull(8, 10))
    written = capsys.readouterr().out
    assert "times=5" in written
    assert "the log holds 8 of 10 bytes" in written


def test_an_unexpected_error_is_not_quoted(capsys: pytest.CaptureFixture[str]) -> None:
    """Its words may come from a request; its place in the code does not."""
    Complaints(FakeClock()).add("no luck", "toy", ValueError("token=hush"))
    written = capsys.readouterr().out
    assert "ValueError" in written
    assert "hush" not in written
