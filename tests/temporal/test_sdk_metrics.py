"""What the SDK counts is added up under few labels."""

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from temporal.sdk_metrics import SdkMetrics

QUEUES = ("recovery-journeys-1", "recovery-journeys-2")
Values = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def sdk() -> SdkMetrics:
    return SdkMetrics()


def exported(sdk: SdkMetrics) -> Values:
    registry = CollectorRegistry()
    registry.register(sdk)
    families = text_string_to_metric_families(generate_latest(registry).decode())
    samples = [sample for family in families for sample in family.samples]
    return {(each.name, frozenset(each.labels.items())): each.value for each in samples}


def of(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())


def test_counters_are_added_up_over_task_queues_and_drains(sdk: SdkMetrics) -> None:
    counter = sdk.runtime.metric_meter.create_counter("temporal_request")
    for queue in QUEUES:
        counter.add(2, {"operation": "Poll", "task_queue": queue, "namespace": "comeback"})
        sdk.drain()

    assert exported(sdk)[of("temporal_request_total", operation="Poll")] == 4


def test_a_gauge_has_its_last_value_for_each_task_queue(sdk: SdkMetrics) -> None:
    gauge = sdk.runtime.metric_meter.create_gauge("temporal_num_pollers")
    for queue, value in ((QUEUES[0], 5), (QUEUES[1], 7), (QUEUES[0], 6)):
        gauge.set(value, {"task_queue": queue})

    values = exported(sdk)
    assert [values[of("temporal_num_pollers", task_queue=queue)] for queue in QUEUES] == [6, 7]


def test_a_duration_is_a_histogram_in_seconds(sdk: SdkMetrics) -> None:
    name = "temporal_activity_schedule_to_start_latency"
    durations = sdk.runtime.metric_meter.create_histogram_float(name, unit="s")
    for seconds in (0.25, 90):
        durations.record(seconds, {"task_queue": QUEUES[0]})

    values, queue = exported(sdk), {"task_queue": QUEUES[0]}
    assert values[of(f"{name}_seconds_bucket", le="0.1", **queue)] == 0
    assert values[of(f"{name}_seconds_bucket", le="0.5", **queue)] == 1
    assert values[of(f"{name}_seconds_bucket", le="+Inf", **queue)] == 2
    assert values[of(f"{name}_seconds_sum", **queue)] == 90.25


def test_failures_are_zero_before_the_first(sdk: SdkMetrics) -> None:
    failed = of(
        "temporal_workflow_task_execution_failed_total",
        failure_reason="NonDeterminismError",
        workflow_type="RecoveryJourney",
    )

    assert exported(sdk)[failed] == 0
