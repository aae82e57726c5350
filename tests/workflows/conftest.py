from collections.abc import AsyncIterator

import pytest

from tests.temporal import dev_server, time_skipping_server
from tests.workflows.building import build_world
from tests.workflows.world import World, real_now, virtual_now


@pytest.fixture(scope="session")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Journeys in virtual time."""
    async with (
        time_skipping_server() as environment,
        build_world(environment, tmp_path_factory.mktemp("virtual"), virtual_now) as world,
    ):
        yield world


@pytest.fixture(scope="session")
async def real_world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Journeys in real time, on a dev server as operators run it."""
    async with (
        dev_server() as environment,
        build_world(environment, tmp_path_factory.mktemp("real"), real_now) as world,
    ):
        yield world
