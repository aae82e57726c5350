"""The reference's two HTTP calls, with one client or the other."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final, Protocol

import aiohttp
import httpx
from temporalio import activity

from benchmarks.bare.journey import ASK, SEND
from benchmarks.phones import phone_digits

MAX_CONNECTIONS: Final = 100
HEADERS: Final = {"Authorization": "Bearer token"}


class JsonHttp(Protocol):
    """What the calls need of a client."""

    async def get(self, url: str, query: Mapping[str, str]) -> Any:
        """The answer to a GET.

        Raises:
            Exception: it was an error.
        """

    async def post(self, url: str, body: Any) -> Any:
        """The answer to a POST, as `get`."""


class AiohttpJson:
    """aiohttp's client."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        """Ask over these connections."""
        self._session = session

    async def get(self, url: str, query: Mapping[str, str]) -> Any:
        """As `JsonHttp` says."""
        async with self._session.get(url, params=query) as answer:
            answer.raise_for_status()
            return await answer.json()

    async def post(self, url: str, body: Any) -> Any:
        """As `JsonHttp` says."""
        async with self._session.post(url, json=body, headers=HEADERS) as answer:
            answer.raise_for_status()
            return await answer.json()


class HttpxJson:
    """httpx's client."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        """Ask over these connections."""
        self._client = client

    async def get(self, url: str, query: Mapping[str, str]) -> Any:
        """As `JsonHttp` says."""
        return (await self._client.get(url, params=query)).raise_for_status().json()

    async def post(self, url: str, body: Any) -> Any:
        """As `JsonHttp` says."""
        answer = await self._client.post(url, json=body, headers=HEADERS)
        return answer.raise_for_status().json()


class Calls:
    """The two activities."""

    def __init__(self, http: JsonHttp, exit_api_url: str, messages_url: str) -> None:
        """Call there."""
        self._http = http
        self._exit_api_url = exit_api_url
        self._messages_url = messages_url

    @activity.defn(name=ASK)
    async def ask(self, customer: int) -> int:
        """Ask the partner; gives the number of events."""
        query = {"customer_id": str(customer), "event_count": "5"}
        return len((await self._http.get(self._exit_api_url, query))["recent_events"])

    @activity.defn(name=SEND)
    async def send(self, customer: int) -> str:
        """Post to Meta; gives the message's id."""
        answer = await self._http.post(self._messages_url, message_to(customer))
        return str(answer["messages"][0]["id"])


def message_to(customer: int) -> dict[str, Any]:
    """What the product posts for a template without parameters."""
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": phone_digits(customer),
        "type": "template",
        "biz_opaque_callback_data": f"bare-{customer}",
        "template": {
            "name": "reminder",
            "language": {"policy": "deterministic", "code": "en"},
        },
    }


@asynccontextmanager
async def _with_aiohttp(exit_api_url: str, messages_url: str) -> AsyncIterator[Calls]:
    connections = aiohttp.TCPConnector(limit=MAX_CONNECTIONS)
    async with aiohttp.ClientSession(connector=connections) as session:
        yield Calls(AiohttpJson(session), exit_api_url, messages_url)


@asynccontextmanager
async def _with_httpx(exit_api_url: str, messages_url: str) -> AsyncIterator[Calls]:
    limits = httpx.Limits(
        max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_CONNECTIONS
    )
    async with httpx.AsyncClient(limits=limits, trust_env=False) as client:
        yield Calls(HttpxJson(client), exit_api_url, messages_url)


OpenCalls = Callable[[str, str], AbstractAsyncContextManager[Calls]]
CLIENTS: Final[dict[str, OpenCalls]] = {"aiohttp": _with_aiohttp, "httpx": _with_httpx}
