"""What routes work with, put together once per process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import Client
from temporalio.service import RPCError

from activities.clock import Clock
from api.metrics import Metrics
from api.webhook_processor import WebhookProcessor
from settings import Settings
from storage.database import Database
from storage.migrate import upgrade_in_thread
from workflows.client import connect
from workflows.dispatcher import Dispatcher
from workflows.gateway import JourneyGateway
from workflows.intake import Intake
from workflows.search_attributes import register

REGISTER_AGAIN = timedelta(seconds=2)
REGISTER_PATIENCE = timedelta(seconds=10)
log = structlog.get_logger()

Connect = Callable[[Mapping[str, bytes]], Awaitable[Client]]
"""Makes a Temporal client that speaks payloads under these keys."""


class StartError(Exception):
    """The API cannot start."""


@dataclass(frozen=True)
class Services:
    """Everything that lives as long as the application."""

    settings: Settings
    clock: Clock
    metrics: Metrics
    database: Database
    temporal: Client
    journeys: JourneyGateway
    intake: Intake
    webhooks: WebhookProcessor


async def connect_lazily(keys: Mapping[str, bytes]) -> Client:
    """Connect with the first call, so that events are taken in while Temporal is away."""
    return await connect(keys, lazy=True)


@asynccontextmanager
async def open_services(
    settings: Settings, clock: Clock, metrics: Metrics, connect_temporal: Connect
) -> AsyncIterator[Services]:
    """Put everything together, and take it apart in the end.

    Raises:
        StartError: the database cannot be reached.
    """
    if not settings.payload_keys:
        log.warning("PAYLOAD_KEYS is not set: Temporal stores payloads unencrypted")
    await _migrate(settings.database)
    async with AsyncExitStack() as stack:
        database = Database(settings.database)
        stack.push_async_callback(database.close)
        temporal = await connect_temporal(settings.payload_keys)
        await stack.enter_async_context(_in_background(_register(temporal)))
        webhooks = WebhookProcessor(database, metrics, clock)
        await stack.enter_async_context(_in_background(webhooks.run()))
        journeys = JourneyGateway(temporal)
        intake = Intake(database, Dispatcher(database, journeys, clock), clock)
        yield Services(settings, clock, metrics, database, temporal, journeys, intake, webhooks)


async def _migrate(url: str) -> None:
    try:
        await upgrade_in_thread(url)
    except (SQLAlchemyError, OSError) as error:
        because = type(error).__name__
        log.error("the API cannot start: the database cannot be used", because=because)  # noqa: TRY400  # a traceback would show the URL
        raise StartError(f"DATABASE_URL: the database cannot be used ({because})") from None


@asynccontextmanager
async def _in_background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Have something done while requests are answered."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _register(temporal: Client) -> None:
    """Register search attributes, without which no journey can start."""
    while True:
        try:
            async with asyncio.timeout(REGISTER_PATIENCE.total_seconds()):
                await register(temporal)
        except (RPCError, RuntimeError, TimeoutError) as error:
            log.warning("waiting for Temporal", because=type(error).__name__)
            await asyncio.sleep(REGISTER_AGAIN.total_seconds())
        else:
            return
