"""Everything that a journey needs, on loopback and in temporary files, while a benchmark runs."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from temporalio.client import Client
from temporalio.worker import Worker

from benchmarks.phones import phone_digits
from benchmarks.temporal_server import temporal_server
from benchmarks.textbook import TextbookDebounce
from bootstrap import make_intake, open_activities, open_database
from clock import utc_now
from domain.events.models import event_adapter
from domain.stores.config import StoreConfig
from ingest.intake import Intake
from sandbox.app import create_sandbox
from sandbox.samples import fresh
from sandbox.server import serve
from settings import Settings
from storage import stores
from storage.database import Database
from storage.stores import Store
from temporal.gateway import JourneyGateway
from temporal.workers import run_workers

TEXTBOOK_QUEUE = "textbook"
BUFFER = timedelta(seconds=2)


@dataclass(frozen=True)
class StoreEnvironment:
    """One store, and the intake of its events."""

    client: Client
    intake: Intake
    store: Store

    async def post(self, customer: int, event: int, at: datetime) -> None:
        """Accept the nth event of a customer: something was put into the cart."""
        body = fresh(
            "cart_update.add_to_cart",
            event_id=f"{customer}-{event}",
            customer_id=f"c{customer}",
            at=at,
            phone=f"+{phone_digits(customer)}",
        )
        await self.intake.accept(self.store, event_adapter.validate_python(body), body)


@dataclass(frozen=True)
class Environment:
    """Temporal, a database, an intake and stand-ins; workers run while `workers()` does."""

    client: Client
    database: Database
    intake: Intake
    workers: Callable[..., AbstractAsyncContextManager[None]]
    sandbox_url: str

    async def add_store(self, store_id: str, **config: Any) -> StoreEnvironment:
        """A new store whose carts get one message, due when the buffer ends."""
        plans = {"cart_update": [{"after": BUFFER, "template": "reminder", "language": "en"}]}
        whole = {
            "organization_id": "org",
            "name": "Denim Co",
            "timezone": "Asia/Kolkata",
            "buffer": BUFFER,
            "plans": plans,
            **config,
        }
        async with self.database.transaction() as connection:
            store = await stores.put(
                connection, store_id, StoreConfig.model_validate(whole), utc_now()
            )
        if store is None:
            raise LookupError("an empty database has no store")
        return StoreEnvironment(self.client, self.intake, store)


@asynccontextmanager
async def open_store_environment() -> AsyncIterator[StoreEnvironment]:
    """One store with workers, and a worker of the textbook debounce."""
    async with open_environment() as environment:
        client = environment.client
        textbook = Worker(client, task_queue=TEXTBOOK_QUEUE, workflows=[TextbookDebounce])
        async with environment.workers(), textbook:
            yield await environment.add_store(
                "denim-co",
                exit_api={"url": f"{environment.sandbox_url}/partner/fetch-user-events"},
                whatsapp={"phone_number_id": "1055", "access_token": "token"},
            )


@asynccontextmanager
async def open_environment(*server_flags: str) -> AsyncIterator[Environment]:
    """Servers and a database of their own; no worker runs yet."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        server = await stack.enter_async_context(await temporal_server(folder, *server_flags))
        sandbox_url = await stack.enter_async_context(serve(create_sandbox()))
        settings = Settings(
            data_dir=folder, whatsapp_api_url=sandbox_url, allow_private_egress=True
        )
        database = await stack.enter_async_context(open_database(settings.database))
        activities = await stack.enter_async_context(open_activities(database, settings))
        intake = make_intake(database, JourneyGateway(server.client), utc_now)
        workers = partial(run_workers, server.client, activities)
        yield Environment(server.client, database, intake, workers, sandbox_url)
