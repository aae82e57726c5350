"""What turns traces and Worker Versioning on."""

import pytest
from pydantic import ValidationError

from settings import Settings


def test_by_default_workers_are_not_versioned_and_nothing_is_traced() -> None:
    settings = Settings()

    assert settings.deployment is None
    assert not settings.traces


def test_a_deployment_has_a_name_and_a_build() -> None:
    settings = Settings(temporal_deployment_name="comeback", temporal_worker_build_id="7")

    assert settings.deployment == ("comeback", "7")


@pytest.mark.parametrize("half", ["temporal_deployment_name", "temporal_worker_build_id"])
def test_half_a_deployment_is_refused(half: str) -> None:
    with pytest.raises(ValidationError, match="set together"):
        Settings.model_validate({half: "comeback"})


@pytest.mark.parametrize(
    "variable", ["otel_exporter_otlp_endpoint", "otel_exporter_otlp_traces_endpoint"]
)
def test_a_collector_turns_traces_on(variable: str) -> None:
    assert Settings.model_validate({variable: "http://127.0.0.1:4318"}).traces
