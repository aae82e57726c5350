from base64 import b64encode
from collections.abc import Iterator

import pytest

from tests.cli.processes import Journeys, environment, journeys


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journeys]:
    """A `journeys dev` that is ready; its payloads are encrypted."""
    place = tmp_path_factory.mktemp("stack")
    env = environment(place / "data", PAYLOAD_KEYS=f"2026a:{b64encode(bytes(32)).decode()}")
    with journeys("dev", env=env, output=place / "output") as running:
        assert running.says("ready"), running.output
        yield running
