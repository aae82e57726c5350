from collections.abc import AsyncIterator

import pytest
from temporalio.testing import WorkflowEnvironment

from storage.database import Database
from tests.api.calling import Caller, Shop, calling, connecting_to, settings_for, unused_address
from tests.api.meta_calling import SECRET, Meta
from tests.databases import database, database_url, migrated_postgresql, migrated_sqlite
from tests.temporal import dev_server

__all__ = ["database", "database_url", "migrated_postgresql", "migrated_sqlite"]


@pytest.fixture(scope="session")
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    async with dev_server() as environment:
        yield environment


@pytest.fixture(scope="session")
def address(temporal: WorkflowEnvironment) -> str:
    return temporal.client.service_client.config.target_host


@pytest.fixture
async def caller(database_url: str, address: str) -> AsyncIterator[Caller]:
    """The API with everything that it needs."""
    async with calling(settings_for(database_url), connecting_to(address)) as caller:
        yield caller


@pytest.fixture
async def lonely_caller(database_url: str) -> AsyncIterator[Caller]:
    """The API while Temporal is away."""
    with unused_address() as nobody:
        async with calling(settings_for(database_url), connecting_to(nobody)) as caller:
            yield caller


@pytest.fixture
async def shop(caller: Caller) -> Shop:
    return await caller.new_store()


@pytest.fixture
async def lonely_shop(lonely_caller: Caller) -> Shop:
    return await lonely_caller.new_store()


@pytest.fixture
async def meta(database_url: str, database: Database, address: str) -> AsyncIterator[Meta]:
    settings = settings_for(database_url, meta_app_secret=SECRET, meta_verify_token="verify")
    async with calling(settings, connecting_to(address)) as caller:
        yield Meta(caller, database)
