"""The API as tests call it: one application for all of them, or one of a test's own.

Tests run on SQLite; `both_databases` has a test run on PostgreSQL as well.
"""

import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from sandbox.app import create_sandbox
from sandbox.server import serve
from temporal.client import PLAIN_CONVERTER
from temporal.search_attributes import register
from tests.api.caller import Caller, Shop, connecting_to, running_api, settings_for, unused_address
from tests.api.meta_caller import META_SETTINGS, Meta
from tests.api.running_journeys import running_worker
from tests.api.shared_apis import SharedApis
from tests.databases import SQLITE, empty_database
from tests.servers import dev_server


@pytest.fixture(scope="session")
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    async with dev_server() as environment:
        yield environment


@pytest.fixture(scope="session")
def address(temporal: WorkflowEnvironment) -> str:
    return temporal.client.service_client.config.target_host


@pytest.fixture
async def own_namespace(temporal: WorkflowEnvironment, address: str) -> Client:
    """A namespace of the test's own, in which no worker polls."""
    namespace = f"test-{uuid.uuid4().hex}"
    request = RegisterNamespaceRequest(namespace=namespace)
    request.workflow_execution_retention_period.FromSeconds(86_400)
    await temporal.client.workflow_service.register_namespace(request)
    client = await Client.connect(address, namespace=namespace, data_converter=PLAIN_CONVERTER)
    await register(client)
    return client


@pytest.fixture(scope="session")
async def shared_apis(
    address: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[SharedApis]:
    async with AsyncExitStack() as stack:
        yield SharedApis(stack, tmp_path_factory.mktemp("api"), address)


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> str:
    """The kind of database; `both_databases` sets it."""
    chosen: str = getattr(request, "param", SQLITE)
    return chosen


@pytest.fixture
async def caller(shared_apis: SharedApis, backend: str) -> Caller:
    """The API that other tests use, too: a test looks at its own stores alone."""
    return await shared_apis.on(backend)


@pytest.fixture
async def shop(caller: Caller) -> Shop:
    return await caller.new_store()


@pytest.fixture
def own_database_url(request: pytest.FixtureRequest, backend: str) -> str:
    """A database without rows, for tests that count all rows or need other settings."""
    return empty_database(request, backend)


@pytest.fixture
async def own_caller(own_database_url: str, address: str) -> AsyncIterator[Caller]:
    """An API of the test's own, for tests that count what all stores have."""
    async with running_api(settings_for(own_database_url), connecting_to(address)) as caller:
        yield caller


@pytest.fixture
async def caller_without_temporal(own_database_url: str) -> AsyncIterator[Caller]:
    """An API of the test's own, while Temporal is unavailable."""
    with unused_address() as unused:
        async with running_api(settings_for(own_database_url), connecting_to(unused)) as caller:
            yield caller


@pytest.fixture
async def shop_without_temporal(caller_without_temporal: Caller) -> Shop:
    return await caller_without_temporal.new_store()


@pytest.fixture
async def meta(own_database_url: str, address: str) -> AsyncIterator[Meta]:
    """Meta, with an API of the test's own."""
    settings = settings_for(own_database_url, **META_SETTINGS)
    async with running_api(settings, connecting_to(address)) as caller:
        yield Meta(caller)


@pytest.fixture(scope="session")
async def sandbox_url() -> AsyncIterator[str]:
    """Meta's API and a partner's, as stand-ins."""
    async with serve(create_sandbox()) as url:
        yield url


@pytest.fixture(scope="session")
async def worker(
    shared_apis: SharedApis, temporal: WorkflowEnvironment, sandbox_url: str
) -> AsyncIterator[None]:
    """A worker for the journeys of the shared API on SQLite."""
    caller = await shared_apis.on(SQLITE)
    async with running_worker(temporal.client, caller.database, sandbox_url):
        yield
