from collections.abc import Iterator

import pytest

from tests.cli.processes import Journeys, environment, journeys


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journeys]:
    """A `journeys dev` that is ready."""
    place = tmp_path_factory.mktemp("stack")
    env = environment(place / "data")
    with journeys("dev", env=env, output=place / "output") as running:
        assert running.says("ready"), running.output
        yield running
