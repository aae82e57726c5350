"""Traces: one from the event's POST to Meta's answer, without personal data; off by default."""

import subprocess
import sys

import pytest

from tests.cli.processes import ROOT, environment, eventually
from tests.monitoring.observed_stack import NAME, PHONE, ObservedStack

pytestmark = pytest.mark.slow
POST = "POST /v1/stores/{store_id}/events"
WAY = (POST, "StartWorkflow:RecoveryJourney", "RunActivity:deliver", "GET partner", "POST whatsapp")


def test_one_trace_leads_from_the_post_to_metas_answer(observed: ObservedStack) -> None:
    def names() -> set[str]:
        return {span.name for span in observed.collector.trace_of("POST whatsapp")}

    assert eventually(lambda: names() >= set(WAY), 10), names()
    trace = {span.name: span for span in observed.collector.trace_of("POST whatsapp")}
    assert trace[POST].parent_span_id == b""
    assert trace["StartWorkflow:RecoveryJourney"].parent_span_id == trace[POST].span_id
    assert trace["POST whatsapp"].parent_span_id == trace["RunActivity:deliver"].span_id
    assert trace["GET partner"].parent_span_id == trace["RunActivity:deliver"].span_id


def test_a_span_tells_how_the_request_ended_and_not_where_it_went(observed: ObservedStack) -> None:
    [span] = [each for each in observed.collector.spans if each.name == "POST whatsapp"]

    assert {each.key: each.value for each in span.attributes}.keys() == {
        "http.request.method",
        "http.response.status_code",
        "peer.service",
    }


def test_no_span_has_personal_data_a_path_or_the_text_of_an_error(observed: ObservedStack) -> None:
    assert eventually(
        lambda: any(_failed(span.status.code) for span in observed.collector.spans), 10
    )
    text = "".join(str(request) for request in observed.collector.requests)

    for secret in (PHONE[1:], NAME, "fetch-user-events", "ConnectError", "/stores/answered"):
        assert secret not in text
    assert not any(span.events for span in observed.collector.spans)


def _failed(code: int) -> bool:
    return code == 2


LOADED = """
import sys, api.app, worker
from settings import Settings
api.app.create_app(Settings(admin_token="token"))
print(sorted(name for name in sys.modules if "opentelemetry" in name and (
    ".sdk" in name or ".exporter" in name or "contrib" in name)))
"""


def test_without_its_variables_opentelemetrys_library_is_not_loaded(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    env = environment(tmp_path_factory.mktemp("off"))
    loaded = subprocess.run(
        [sys.executable, "-c", LOADED],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert loaded.stdout == "[]\n"
