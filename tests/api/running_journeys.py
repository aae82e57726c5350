"""Journeys that run: a worker for them, a store without delays, and the explanation at a stage."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from temporalio.client import Client

from bootstrap import open_activities
from settings import Settings
from storage.database import Database
from temporal.workers import run_workers
from tests.api.caller import Caller, Shop
from tests.workflow_runner import SANDBOX

STEP = {"template": "cart_reminder", "language": "en"}


@asynccontextmanager
async def running_worker(
    client: Client, database: Database, sandbox_url: str
) -> AsyncIterator[None]:
    """Run a worker while the block runs; Meta is the sandbox."""
    settings = Settings(whatsapp_api_url=sandbox_url, allow_private_egress=True)
    async with (
        open_activities(database, settings) as activities,
        run_workers(client, activities, workflow_runner=SANDBOX),
    ):
        yield


async def store_without_buffer(caller: Caller, *afters: str, **parts: Any) -> Shop:
    """A store without buffer, quiet hours or exit API; its steps have these parts."""
    steps = [STEP | parts | {"after": after} for after in afters]
    return await caller.new_store(
        buffer="0ms",
        exit_api=None,
        quiet_hours=None,
        whatsapp={"phone_number_id": "1055", "access_token": "token"},
        plans={"cart_update": steps},
    )


async def explained(shop: Shop, stage: str) -> dict[str, Any]:
    """The explanation, once the journey has reached a stage."""
    for _ in range(1000):
        answer = await shop.get(f"journeys/{shop.customer_id}")
        explanation: dict[str, Any] = answer.json()
        if answer.status_code == 200 and explanation["stage"] == stage:
            return explanation
    raise AssertionError(f"{explanation} never was {stage}")
