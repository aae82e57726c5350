"""The real application, called over HTTP."""

import itertools
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from temporalio.client import Client

from api.app import create_app
from bootstrap import Connect, Services
from sandbox import samples
from settings import Settings
from storage.database import Database
from temporal.client import data_converter
from tests.domain.stores.contract_example import contract_example

ADMIN = "the-operators-token"
BASE_URL = "http://api.test"
_numbers = itertools.count(1)


def now() -> datetime:
    return datetime.now(UTC)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def settings_for(database_url: str, **changes: Any) -> Settings:
    return Settings.model_validate(
        {"database_url": database_url, "admin_token": ADMIN, "allow_private_egress": True} | changes
    )


def connecting_to(address: str, namespace: str = "default") -> Connect:
    async def connect(keys: Mapping[str, bytes]) -> Client:
        return await Client.connect(
            address,
            namespace=namespace,
            data_converter=data_converter(keys, namespace),
            lazy=True,
        )

    return connect


@contextmanager
def unused_address() -> Iterator[str]:
    """An address at which no server listens; it stays reserved while the block runs."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{bound.getsockname()[1]}"


@asynccontextmanager
async def running_api(
    settings: Settings, connect: Connect, **options: Any
) -> AsyncIterator["Caller"]:
    """Start the application and call it; it stops when the block ends."""
    app = create_app(settings, connect=connect, **options)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=BASE_URL, trust_env=False) as http,
    ):
        yield Caller(http, app.state.services)


@dataclass(frozen=True)
class Caller:
    """Calls an application that runs in this process."""

    http: httpx.AsyncClient
    services: Services
    """Of the application, to look at what it stored."""

    @property
    def database(self) -> Database:
        return self.services.database

    async def operator(self, method: str, path: str, **options: Any) -> httpx.Response:
        return await self.http.request(method, path, headers=bearer(ADMIN), **options)

    async def new_store(self, **changes: Any) -> "Shop":
        """A store like the contract's, with an id of its own."""
        store_id = f"shop-{next(_numbers)}"
        config = {**contract_example(), **changes}
        answer = await self.operator("PUT", f"/v1/stores/{store_id}", json=config)
        assert answer.status_code == 201, answer.text
        made = answer.json()
        return Shop(self, store_id, made["api_key"], made["signing_secret"], config, made)


@dataclass(frozen=True)
class Shop:
    """A store as its partner uses it: with its key, and one customer."""

    caller: Caller
    store_id: str
    key: str
    signing_secret: str
    config: dict[str, Any]
    made: dict[str, Any]
    customer_id: str = field(default_factory=lambda: f"c-{next(_numbers)}")

    @property
    def database(self) -> Database:
        return self.caller.database

    @property
    def path(self) -> str:
        return f"/v1/stores/{self.store_id}"

    @property
    def journey_path(self) -> str:
        return f"{self.path}/journeys/{self.customer_id}"

    def event(
        self, name: str = "cart_update.add_to_cart", ago: float = 1, **changes: Any
    ) -> dict[str, Any]:
        """An event of the customer, some seconds ago."""
        whole = {"event_id": f"e-{next(_numbers)}", "customer_id": self.customer_id, **changes}
        return samples.fresh(name, at=now() - timedelta(seconds=ago), **whole)

    async def post(self, body: Any = None, key: str | None = None) -> httpx.Response:
        event = self.event() if body is None else body
        return await self._post(bearer(key or self.key), json=event)

    async def post_raw(self, raw: bytes, **headers: str) -> httpx.Response:
        return await self._post(bearer(self.key) | headers, content=raw)

    async def _post(self, headers: Mapping[str, str], **body: Any) -> httpx.Response:
        """Post, and wait until what was accepted is delivered."""
        answer = await self.caller.http.post(f"{self.path}/events", headers=headers, **body)
        await self.caller.services.intake.delivered()
        return answer

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.caller.http.get(
            f"{self.path}/{path}", headers=bearer(self.key), **options
        )

    async def operator(self, method: str, path: str = "", **options: Any) -> httpx.Response:
        return await self.caller.operator(method, self.path + path, **options)

    async def quarantined(self) -> list[dict[str, Any]]:
        answer = await self.operator("GET", "/quarantine")
        bodies: list[dict[str, Any]] = answer.json()["quarantine"]
        return bodies
