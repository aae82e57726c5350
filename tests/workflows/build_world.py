"""Composing a world: what `worker.py` does, around servers of the tests' own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx
from temporalio.testing import WorkflowEnvironment

from bootstrap import (
    Timeouts,
    make_dispatcher,
    make_intake,
    make_notifier,
    open_activities,
    open_database,
)
from clock import Clock
from sandbox.app import create_sandbox
from sandbox.server import serve
from settings import Settings
from temporal.gateway import JourneyGateway
from temporal.workers import run_workers
from tests.workflow_runner import SANDBOX
from tests.workflows.world import World, real_now

META_TIMEOUT = timedelta(seconds=1)
RECORD_WITHIN = timedelta(milliseconds=500)


@asynccontextmanager
async def build_world(
    environment: WorkflowEnvironment,
    folder: Path,
    clock: Clock,
    database_url: str = "",
    deployment: tuple[str, str] | None = None,
) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        sandbox_url = await stack.enter_async_context(serve(create_sandbox()))
        settings = Settings(
            data_dir=folder,
            database_url=database_url,
            whatsapp_api_url=sandbox_url,
            allow_private_egress=True,
        )
        database = await stack.enter_async_context(open_database(settings.database))
        activities = await stack.enter_async_context(
            open_activities(
                database,
                settings,
                clock,
                timeouts=Timeouts(META_TIMEOUT, RECORD_WITHIN),
            )
        )
        controls = await stack.enter_async_context(
            httpx.AsyncClient(base_url=sandbox_url, trust_env=False)
        )
        await stack.enter_async_context(
            run_workers(
                environment.client,
                activities,
                deployment=deployment,
                workflow_runner=SANDBOX,
            )
        )
        gateway = JourneyGateway(environment.client)
        dispatcher = make_dispatcher(database, gateway, real_now)
        intake = make_intake(database, gateway, real_now)
        stack.push_async_callback(intake.close)
        notifier = make_notifier(database, environment.client)
        yield World(environment, database, controls, intake, dispatcher, notifier)
