"""What API and worker export, against what alerts, dashboard and documentation say."""

import re
from pathlib import Path

import pytest

from tests.monitoring.observed_stack import CUSTOMER, NAME, PHONE, UNANSWERED, ObservedStack
from tests.monitoring.queries import Query, queries

pytestmark = pytest.mark.slow
OPERATING = Path(__file__).parents[2] / "docs" / "operating.md"
SUFFIXES = ("_bucket", "_count", "_sum")


@pytest.mark.parametrize("query", queries(), ids=lambda query: query.title)
def test_a_query_names_only_what_is_exported(observed: ObservedStack, query: Query) -> None:
    exported = observed.exported

    assert query.metrics
    assert query.metrics <= exported.keys()
    for metric in query.metrics:
        assert query.labels_of(metric) <= exported[metric]
    available = set.union(*(exported[metric] for metric in query.metrics))
    assert query.grouped_by <= available


def test_every_metric_of_ours_is_documented_and_nothing_else(observed: ObservedStack) -> None:
    exported = observed.exported
    names = {name for name in exported if name.startswith("comeback_")}
    ours = {_family(name) for name in names if not name.endswith("_created")}
    text = OPERATING.read_text().partition("\n## Metrics\n")[2].partition("\n## ")[0]
    documented = set(re.findall(r"^\| `(comeback_\w+)", text, re.MULTILINE))

    assert documented == ours


def _family(name: str) -> str:
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def test_both_processes_export_what_the_sdk_counts(observed: ObservedStack) -> None:
    assert observed.api.value("temporal_request_total", operation="StartWorkflowExecution")
    assert observed.worker.value("temporal_num_pollers") > 0


def test_a_delivery_is_measured(observed: ObservedStack) -> None:
    worker = observed.worker

    assert worker.value("comeback_message_lateness_seconds_count") == 1
    assert worker.value("comeback_claims_total", result="claimed") == 1
    sent = {"by": "whatsapp", "result": "accepted"}
    assert worker.value("comeback_send_duration_seconds_count", **sent) == 1
    checks = "comeback_exit_check_duration_seconds_count"
    assert worker.value(checks, result="passed") == 1
    assert worker.value(checks, result="failed") >= 1


def test_metrics_name_no_store_and_no_person(observed: ObservedStack) -> None:
    text = observed.api.text + observed.worker.text

    for secret in (PHONE, PHONE[1:], NAME, CUSTOMER, UNANSWERED, "answered"):
        assert secret not in text
