"""Metrics: what the processes say of themselves, put together."""

from collections import Counter

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from tracker.metrics import new_metrics


def test_each_metric_once_in_the_whole() -> None:
    """Receiver and worker have a set each: behind each other no metric is described, and no value given, twice."""
    receiver, worker = new_metrics(), new_metrics()
    receiver.commits.observe(0.01)
    worker.snapshot_time.set(7)
    whole = (receiver.of_receiver() + worker.of_worker()).decode()
    all_of_them = generate_latest(receiver.registry).decode()
    described = Counter(line for line in whole.splitlines() if line.startswith("# HELP"))
    samples = [sample for family in text_string_to_metric_families(whole) for sample in family.samples]
    given = Counter((sample.name, *sorted(sample.labels.items())) for sample in samples)
    values = {sample.name: sample.value for sample in samples}
    assert max(described.values()) == max(given.values()) == 1
    assert (values["tracker_commit_seconds_count"], values["tracker_snapshot_time_seconds"]) == (1, 7)
    assert set(described) == {line for line in all_of_them.splitlines() if line.startswith("# HELP")}
