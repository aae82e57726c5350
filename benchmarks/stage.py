"""Everything a journey needs, on loopback and in temporary files, for as long as a run takes."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.channel_api import ChannelClient
from activities.clock import utc_now
from activities.exit_api import ExitApiClient, partner_http
from activities.exit_check import ExitCheck
from activities.outcome import Outcomes
from activities.plan import Plans
from activities.send_message import SendMessage
from benchmarks.textbook import TextbookDebounce
from cli.temporal_server import find_temporal
from domain.events import event_adapter
from domain.stores import StoreConfig
from sandbox.app import create_sandbox
from sandbox.samples import fresh
from sandbox.server import serve
from storage import stores
from storage.database import Database
from storage.migrate import upgrade_in_thread
from storage.stores import Store
from whatsapp.client import WhatsAppClient, whatsapp_http
from workflows.dispatcher import Dispatcher
from workflows.gateway import JourneyGateway
from workflows.intake import Intake
from workflows.names import SEARCH_ATTRIBUTES
from workflows.polling import polling

TEXTBOOK_QUEUE = "textbook"
BUFFER = timedelta(seconds=2)


@dataclass(frozen=True)
class Stage:
    """A store, its partner, Meta and Temporal."""

    client: Client
    intake: Intake
    store: Store

    async def post(self, customer: int, event: int, at: datetime) -> None:
        """One event of one customer."""
        body = fresh(
            "cart_update.add_to_cart",
            event_id=f"{customer}-{event}",
            customer_id=f"c{customer}",
            at=at,
            phone=f"+9198765{customer:05}",
        )
        await self.intake.accept(self.store, event_adapter.validate_python(body), body)


@dataclass(frozen=True)
class Scene:
    """Everything but a store; nobody works but while `working()` runs."""

    client: Client
    database: Database
    intake: Intake
    working: Callable[..., AbstractAsyncContextManager[None]]
    sandbox_url: str

    async def store(self, store_id: str, **config: Any) -> Store:
        """A new store whose carts get one message, as long after the buffer as that took."""
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
        return store


@asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    """Set everything up, with one store, and take it down again."""
    async with scene() as on:
        textbook = Worker(on.client, task_queue=TEXTBOOK_QUEUE, workflows=[TextbookDebounce])
        async with on.working(), textbook:
            store = await on.store(
                "denim-co",
                exit_api={"url": f"{on.sandbox_url}/partner/fetch-user-events"},
                whatsapp={"phone_number_id": "1055", "access_token": "token"},
            )
            yield Stage(on.client, on.intake, store)


@asynccontextmanager
async def scene(*server_flags: str) -> AsyncIterator[Scene]:
    """Servers, database and a worker that does not work yet."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        environment = await stack.enter_async_context(await temporal_server(folder, *server_flags))
        sandbox_url = await stack.enter_async_context(serve(create_sandbox()))
        url = f"sqlite:///{folder / 'comeback.db'}"
        await upgrade_in_thread(url)
        database = Database(url)
        stack.push_async_callback(database.close)
        meta = await stack.enter_async_context(whatsapp_http())
        partners = await stack.enter_async_context(partner_http())
        client = environment.client
        working = partial(
            polling,
            client,
            Plans(database),
            ExitCheck(database, ExitApiClient(partners, allow_private=True), utc_now),
            SendMessage(
                database,
                WhatsAppClient(meta, sandbox_url),
                ChannelClient(partners, utc_now, allow_private=True),
                utc_now,
            ),
            Outcomes(database),
        )
        dispatcher = Dispatcher(database, JourneyGateway(client), utc_now)
        intake = Intake(database, dispatcher, utc_now)
        yield Scene(client, database, intake, working, sandbox_url)


async def temporal_server(folder: Path, *flags: str) -> WorkflowEnvironment:
    """A Temporal dev server with its state in a folder; whoever enters it ends it."""
    return await WorkflowEnvironment.start_local(
        dev_server_existing_path=find_temporal(),
        dev_server_database_filename=str(folder / "temporal.db"),
        dev_server_extra_args=[
            *("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"),
            *flags,
        ],
        dev_server_log_level="error",
        data_converter=pydantic_data_converter,
        search_attributes=SEARCH_ATTRIBUTES,
    )
