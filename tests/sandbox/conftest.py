from collections.abc import AsyncIterator

import httpx
import pytest

from sandbox.app import create_sandbox
from sandbox.server import serve


@pytest.fixture(scope="session")
async def sandbox_url() -> AsyncIterator[str]:
    async with serve(create_sandbox()) as url:
        yield url


@pytest.fixture(scope="session")
async def client(sandbox_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=sandbox_url, trust_env=False) as open_client:
        yield open_client


@pytest.fixture
async def sandbox(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A sandbox that has received nothing yet."""
    for control in ("/_sandbox", "/partner/_sandbox"):
        assert (await client.delete(control)).status_code == 204
    return client
