"""The metrics of Temporal's SDK, for the `/metrics` of the process that they are about.

The SDK keeps a bounded buffer of updates, one for each value; this adds them up. A journey makes
some 70, which takes a quarter of a millisecond. Buffered, they need no second port beside the
process's own `/metrics`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from temporalio.runtime import (
    BUFFERED_METRIC_KIND_COUNTER,
    BUFFERED_METRIC_KIND_GAUGE,
    BUFFERED_METRIC_KIND_HISTOGRAM,
    BufferedMetric,
    BufferedMetricKind,
    BufferedMetricUpdate,
    MetricBuffer,
    MetricBufferDurationFormat,
    Runtime,
    TelemetryConfig,
)

from workflows.names import WORKFLOW

BUFFER: Final = 100_000
"""Updates between two drains, a second apart; a worker at its limit makes some 3,000. What does not
fit is dropped, and the SDK logs that."""

BUCKETS: Final = (0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 600, 3600, 86400)
"""In seconds: from a call to the server to a journey of days."""

DROPPED: Final = frozenset({"service_name", "namespace", "task_queue"})
"""Labels that are the same in the whole process, or multiply the series by the task queues."""

BY_QUEUE: Final = ("pollers", "slots", "cache_size", "schedule_to_start")
"""Metrics that are told by task queue: gauges, which cannot be added up here, and the waiting."""

_TYPES: Final[Mapping[BufferedMetricKind, str]] = {
    BUFFERED_METRIC_KIND_COUNTER: "counter",
    BUFFERED_METRIC_KIND_GAUGE: "gauge",
    BUFFERED_METRIC_KIND_HISTOGRAM: "histogram",
}
_FAILURES: Final[Mapping[str, tuple[dict[str, str], ...]]] = {
    "temporal_workflow_task_execution_failed": (
        {"failure_reason": "NonDeterminismError"},
        {"failure_reason": "WorkflowError"},
    ),
    "temporal_activity_execution_failed": ({"activity_type": "deliver"},),
    "temporal_local_activity_execution_failed": (
        {"activity_type": "load_plan"},
        {"activity_type": "record_send"},
        {"activity_type": "record_outcome"},
    ),
}
"""Counters that exist only after a failure."""

Labels = tuple[tuple[str, str], ...]


@dataclass
class _Series:
    """The values of one metric under one set of labels."""

    value: float = 0
    """A histogram's sum."""
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))

    def observe(self, value: float) -> None:
        self.value += value
        for number, bound in enumerate(BUCKETS):
            self.buckets[number] += value <= bound
        self.buckets[-1] += 1


@dataclass
class _Family:
    """One metric of the SDK."""

    name: str
    documentation: str
    type: str
    by_queue: bool
    series: dict[Labels, _Series] = field(default_factory=dict)

    @classmethod
    def of(cls, metric: BufferedMetric) -> "_Family":
        kind = _TYPES[metric.kind]
        name = metric.name.removesuffix("_total")
        seconds = kind == "histogram" and metric.unit == "s"
        return cls(
            f"{name}_seconds" if seconds else name,
            metric.description or "Of Temporal's SDK",
            kind,
            by_queue=any(part in name for part in BY_QUEUE),
        )

    def update(self, labels: Mapping[str, object], value: float) -> None:
        series = self.series.setdefault(self._kept(labels), _Series())
        if self.type == "counter":
            series.value += value
        elif self.type == "gauge":
            series.value = value
        else:
            series.observe(value)

    def _kept(self, labels: Mapping[str, object]) -> Labels:
        dropped = DROPPED - {"task_queue"} if self.by_queue else DROPPED
        return tuple(
            sorted((key, str(value)) for key, value in labels.items() if key not in dropped)
        )

    def metric(self) -> Metric:
        """As Prometheus reads it."""
        metric = Metric(self.name, self.documentation, self.type)
        for labels, series in self.series.items():
            _add_samples(metric, dict(labels), series)
        return metric


def _add_samples(metric: Metric, labels: dict[str, str], series: _Series) -> None:
    if metric.type != "histogram":
        suffix = "_total" if metric.type == "counter" else ""
        metric.add_sample(metric.name + suffix, labels, series.value)
        return
    bounds = (*(str(float(bound)) for bound in BUCKETS), "+Inf")
    for bound, count in zip(bounds, series.buckets, strict=True):
        metric.add_sample(f"{metric.name}_bucket", labels | {"le": bound}, count)
    metric.add_sample(f"{metric.name}_count", labels, series.buckets[-1])
    metric.add_sample(f"{metric.name}_sum", labels, series.value)


class SdkMetrics(Collector):
    """A runtime of the SDK, and what it counts. A process makes one, and drains it regularly."""

    def __init__(self) -> None:
        """Make the runtime; clients connect with it."""
        self._buffer = MetricBuffer(BUFFER, MetricBufferDurationFormat.SECONDS)
        self.runtime = Runtime(telemetry=TelemetryConfig(metrics=self._buffer))
        self._families: dict[str, _Family] = {}
        self._lock = Lock()  # scrapes may come from threads of their own
        self._begin_with_zeros()

    def drain(self) -> None:
        """Take what is buffered; the buffer is bounded, and drops what does not fit."""
        with self._lock:
            self._add_up(self._buffer.retrieve_updates())

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics as they are now."""
        with self._lock:
            self._add_up(self._buffer.retrieve_updates())
            return iter([family.metric() for family in self._families.values()])

    def _add_up(self, updates: Iterable[BufferedMetricUpdate]) -> None:
        for update in updates:
            name = update.metric.name
            if name not in self._families:
                self._families[name] = _Family.of(update.metric)
            self._families[name].update(update.attributes, update.value)

    def _begin_with_zeros(self) -> None:
        """So that the first failure is a rise."""
        for name, all_labels in _FAILURES.items():
            family = _Family(name, "Of Temporal's SDK", "counter", by_queue=False)
            for labels in all_labels:
                family.update({**labels, "workflow_type": WORKFLOW}, 0)
            self._families[name] = family
