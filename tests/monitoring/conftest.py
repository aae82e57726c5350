from collections.abc import Iterator

import pytest

from tests.cli.processes import environment, journeys, sandbox
from tests.monitoring.collector import collector
from tests.monitoring.observed_stack import ObservedStack


@pytest.fixture(scope="package")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObservedStack]:
    """A stack with metrics and traces, in which journeys have passed."""
    place = tmp_path_factory.mktemp("observed")
    with sandbox(place) as sandbox_url, collector() as traces:
        env = environment(
            place / "data",
            WHATSAPP_API_URL=sandbox_url,
            ALLOW_PRIVATE_EGRESS="1",
            OTEL_EXPORTER_OTLP_ENDPOINT=traces.url,
            OTEL_BSP_SCHEDULE_DELAY="100",
        )
        with journeys("dev", env=env, output=place / "output") as stack:
            assert stack.says("ready", within=100), stack.output
            running = ObservedStack(stack, sandbox_url, traces)
            running.make_traffic()
            yield running
