"""Worlds as fixtures: journeys on real Temporal servers, shared by the whole test session.

`tests/conftest.py` imports them once, so that one session starts one server of each kind.
"""

from collections.abc import AsyncIterator

import pytest

from tests.databases import fresh_postgresql
from tests.servers import dev_server, time_skipping_server
from tests.workflows.build_world import build_world
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
async def postgresql_world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """As `world`, with PostgreSQL instead of SQLite."""
    folder = tmp_path_factory.mktemp("postgresql")
    with fresh_postgresql() as url:
        async with (
            time_skipping_server() as environment,
            build_world(environment, folder, virtual_now, url) as world,
        ):
            yield world


@pytest.fixture(params=["world", "postgresql_world"], ids=["sqlite", "postgresql"])
def any_world(request: pytest.FixtureRequest) -> World:
    """Journeys in virtual time, on either database."""
    found: World = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
async def real_world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Journeys in real time, on a dev server as operators run it."""
    async with (
        dev_server() as environment,
        build_world(environment, tmp_path_factory.mktemp("real"), real_now) as world,
    ):
        yield world
