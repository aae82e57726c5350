"""Waiting until the API is ready: database, Temporal and worker included."""

import asyncio
from datetime import timedelta

import httpx

_POLL_INTERVAL = timedelta(seconds=0.2)
_PATH = "/health/ready"


async def wait_until_ready(api_url: str) -> None:
    """Wait until the API says that it is ready."""
    async with httpx.AsyncClient(base_url=api_url, trust_env=False) as http:
        while not await _is_ready(http):  # noqa: ASYNC110  # another process's state
            await asyncio.sleep(_POLL_INTERVAL.total_seconds())


async def _is_ready(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get(_PATH)).is_success
    except httpx.TransportError:
        return False


async def missing_part(api_url: str) -> str:
    """Why the API is not ready, in a clause for an error message."""
    async with httpx.AsyncClient(base_url=api_url, trust_env=False) as http:
        try:
            return f"the API says: {(await http.get(_PATH)).text}"
        except httpx.TransportError:
            return "the API does not answer"
