"""Composing a world: what `worker.py` does, around servers of the tests' own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx
from temporalio.testing import WorkflowEnvironment

from activities.channel_api import ChannelClient
from activities.clock import Clock
from activities.exit_api import ExitApiClient, partner_http
from activities.exit_check import ExitCheck
from activities.outcome import Outcomes
from activities.plan import Plans
from activities.send_message import SendMessage
from sandbox.app import create_sandbox
from sandbox.server import serve
from storage.database import Database
from storage.migrate import upgrade_in_thread
from tests.workflows.world import World, real_now
from whatsapp.client import WhatsAppClient, whatsapp_http
from workflows.dispatcher import Dispatcher
from workflows.gateway import JourneyGateway
from workflows.intake import Intake
from workflows.messenger import Messenger
from workflows.polling import polling


@asynccontextmanager
async def build_world(
    environment: WorkflowEnvironment, folder: Path, clock: Clock
) -> AsyncIterator[World]:
    url = f"sqlite:///{folder / 'comeback.db'}"
    await upgrade_in_thread(url)
    async with AsyncExitStack() as stack:
        sandbox_url = await stack.enter_async_context(serve(create_sandbox()))
        database = Database(url)
        stack.push_async_callback(database.close)
        meta = await stack.enter_async_context(whatsapp_http())
        partners = await stack.enter_async_context(partner_http())
        controls = await stack.enter_async_context(
            httpx.AsyncClient(base_url=sandbox_url, trust_env=False)
        )
        await stack.enter_async_context(
            polling(
                environment.client,
                Plans(database),
                ExitCheck(database, ExitApiClient(partners, allow_private=True), clock),
                SendMessage(
                    database,
                    WhatsAppClient(meta, sandbox_url, whole=timedelta(seconds=1)),
                    ChannelClient(partners, real_now, allow_private=True),
                    clock,
                ),
                Outcomes(database),
            )
        )
        dispatcher = Dispatcher(database, JourneyGateway(environment.client), real_now)
        intake = Intake(database, dispatcher, real_now)
        messenger = Messenger(database, JourneyGateway(environment.client))
        yield World(environment, database, controls, intake, dispatcher, messenger)
