"""Every metric this program has, in one list: name, unit and meaning; `docs/reference/metrics.md` shows
it.

Counted per batch or commit, never per event. Every drop carries `stage` and `reason`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest
from prometheus_client.registry import Collector

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


@dataclass(frozen=True, slots=True)
class Metrics:
    """The metrics of one process. Made once, at its start, and handed to what counts."""

    registry: CollectorRegistry
    requests: Counter
    hits: Counter
    rejected: Counter
    commits: Histogram
    commit_hits: Histogram
    folded: Counter
    open_protosessions: Gauge
    closed: Counter
    plans: Counter
    log_time: Gauge
    log_lag: Gauge
    sink_lag: Gauge
    rows: Counter
    dropped: Counter
    column_failures: Counter
    write_seconds: Histogram
    retries: Counter
    snapshots: Counter
    snapshot_time: Gauge

    def of_receiver(self) -> bytes:
        """The Prometheus exposition of what a receiver counts."""
        return generate_latest(_Some(self.registry, self._receiver_names()))

    def of_worker(self) -> bytes:
        """That of everything else: put behind the receiver's, no metric is there twice."""
        return generate_latest(_Some(self.registry, self._receiver_names(), others=True))

    def _receiver_names(self) -> set[str]:
        counted = (self.requests, self.hits, self.rejected, self.commits, self.commit_hits)
        return {metric.name for one in counted for metric in one.collect()}


def new_metrics() -> Metrics:
    """A fresh set, in a registry of its own."""
    r = CollectorRegistry()
    return Metrics(
        registry=r,
        requests=Counter("tracker_requests", "HTTP requests answered.", ["protocol", "status"], registry=r),
        hits=Counter("tracker_hits", "Hits made durable in the log.", ["protocol"], registry=r),
        rejected=Counter(
            "tracker_rejected", "Pieces of requests that became no hit.", ["protocol", "reason"], registry=r
        ),
        commits=Histogram(
            "tracker_commit_seconds", "Seconds a group commit took, fsync included.", buckets=_SECONDS, registry=r
        ),
        commit_hits=Histogram(
            "tracker_commit_hits", "Hits in one group commit.", buckets=(1, 2, 5, 10, 50, 100, 500, 1000), registry=r
        ),
        folded=Counter("tracker_folded_records", "Log records the fold has read.", ["partition"], registry=r),
        open_protosessions=Gauge(
            "tracker_open_protosessions", "Protosessions whose time has not come.", ["partition"], registry=r
        ),
        closed=Counter(
            "tracker_closed_protosessions", "Protosessions closed, by cause.", ["partition", "cause"], registry=r
        ),
        plans=Counter("tracker_plans", "Plans made durable.", ["partition"], registry=r),
        log_time=Gauge(
            "tracker_log_time_seconds", "What time it is in the log, seconds since 1970 UTC.", ["partition"], registry=r
        ),
        log_lag=Gauge("tracker_log_lag_records", "Log records the fold has not read yet.", ["partition"], registry=r),
        sink_lag=Gauge(
            "tracker_sink_lag_plans", "Plans a sink has not written yet.", ["partition", "sink"], registry=r
        ),
        rows=Counter("tracker_rows", "Rows written to the warehouse.", ["sink", "table"], registry=r),
        dropped=Counter(
            "tracker_dropped_hits",
            "Hits that became no row, by a rule that counts them.",
            ["stage", "reason"],
            registry=r,
        ),
        column_failures=Counter(
            "tracker_column_failures", "Pieces of batches a column could not compute.", ["column"], registry=r
        ),
        write_seconds=Histogram(
            "tracker_write_seconds",
            "Seconds one plan took, computing and writing.",
            ["sink"],
            buckets=_SECONDS,
            registry=r,
        ),
        retries=Counter(
            "tracker_sink_retries", "Attempts at a plan that failed and will be repeated.", ["sink"], registry=r
        ),
        snapshots=Counter(
            "tracker_snapshots", "Parquet snapshots, by what came of them: written or failed.", ["outcome"], registry=r
        ),
        snapshot_time=Gauge(
            "tracker_snapshot_time_seconds",
            "When the last Parquet snapshot was written, seconds since 1970 UTC; 0 before the first since start.",
            registry=r,
        ),
    )


class _Some(Collector):
    """The metrics of a registry that have these names, or the others."""

    def __init__(self, registry: CollectorRegistry, names: set[str], others: bool = False) -> None:
        self._registry, self._names, self._others = registry, names, others

    def collect(self) -> Iterator[Metric]:
        for metric in self._registry.collect():
            if (metric.name in self._names) != self._others:
                yield metric
