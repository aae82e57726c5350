from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from domain.messages.send_outcome import SendOutcome
from sandbox.ledger import Ledger
from sandbox.meta import create_meta
from sandbox.server import serve
from tests.whatsapp.sending import Send, send_with
from whatsapp.client import whatsapp_http


@pytest.fixture(scope="session")
async def meta_url() -> AsyncIterator[str]:
    async with serve(create_meta(Ledger())) as url:
        yield url


@pytest.fixture(scope="session")
async def controls(meta_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=meta_url, trust_env=False) as client:
        yield client


@pytest.fixture
async def meta(controls: httpx.AsyncClient) -> httpx.AsyncClient:
    """The controls of a stand-in for Meta that has received nothing yet."""
    reset = await controls.delete("/_sandbox")
    assert reset.status_code == 204
    return controls


@pytest.fixture(scope="session")
async def send() -> AsyncIterator[Send]:
    """Sends one message over the connections that the product uses, or over others."""
    async with whatsapp_http() as usual:

        async def send_to(url: str, http: httpx.AsyncClient = usual, **how: Any) -> SendOutcome:
            return await send_with(http, url, **how)

        yield send_to
