"""A backlog of one store: due while no worker ran, sent in the order in which it was due."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from temporalio.client import Client

from bootstrap import make_intake, open_activities, open_database
from cli.temporal_server import FAIRNESS
from domain.events.models import event_adapter
from domain.stores.config import StoreConfig
from ingest.intake import Intake
from sandbox.app import create_sandbox
from sandbox.samples import fresh
from sandbox.server import serve
from settings import Settings
from storage import stores
from storage.database import Database
from storage.messages import MessageStatus
from storage.stores import Store
from storage.tables import messages
from temporal.gateway import JourneyGateway
from temporal.workers import Limits, run_workers
from tests.servers import dev_server
from tests.workflow_runner import SANDBOX
from tests.workflows.world import real_now

pytestmark = pytest.mark.slow

CUSTOMERS = 60
APART = timedelta(milliseconds=50)
BUFFER = timedelta(seconds=10)
FEW = Limits(slots=3, tasks=2)
UNDER_WAY = 2 * (FEW.slots + FEW.tasks + 1)
"""Messages that may pass each other: those in the worker, and as many that it has fetched."""


@dataclass(frozen=True)
class Backlog:
    """A store without a worker."""

    client: Client
    database: Database
    settings: Settings
    store: Store
    intake: Intake

    async def add(self, number: int, at: datetime) -> None:
        """The cart of one customer."""
        body = fresh(
            "cart_update.add_to_cart",
            event_id=f"e{number}",
            customer_id=f"c{number}",
            at=at,
            phone=f"+9198765{number:05}",
        )
        await self.intake.accept(self.store, event_adapter.validate_python(body), body)

    async def send_all(self) -> None:
        """Work until every message is claimed and settled."""
        settled = select(messages.c.message_id).where(messages.c.status != MessageStatus.CLAIMED)
        async with (
            open_activities(self.database, self.settings) as activities,
            run_workers(self.client, activities, limits=FEW, workflow_runner=SANDBOX),
            asyncio.timeout(120),
        ):
            while True:
                async with self.database.reading() as connection:
                    if len((await connection.execute(settled)).all()) == CUSTOMERS:
                        return
                await asyncio.sleep(0.1)

    async def sent(self) -> list[tuple[int, str]]:
        """Each customer, in the order of the claims, and what became of the message."""
        query = select(messages.c.customer_id, messages.c.status).order_by(messages.c.claimed_at)
        async with self.database.reading() as connection:
            return [(int(row[0][1:]), row[1]) for row in await connection.execute(query)]


@asynccontextmanager
async def backlog(folder: Path) -> AsyncIterator[Backlog]:
    async with dev_server(*FAIRNESS) as environment, serve(create_sandbox()) as sandbox_url:
        settings = Settings(
            data_dir=folder, whatsapp_api_url=sandbox_url, allow_private_egress=True
        )
        async with open_database(settings.database) as database:
            store = await new_store(database)
            intake = make_intake(database, JourneyGateway(environment.client), real_now)
            yield Backlog(environment.client, database, settings, store, intake)


async def new_store(database: Database) -> Store:
    config = StoreConfig.model_validate(
        {
            "organization_id": "org",
            "name": "Denim Co",
            "timezone": "Asia/Kolkata",
            "buffer": BUFFER,
            "whatsapp": {"phone_number_id": "1055", "access_token": "token"},
            "plans": {"cart_update": [{"after": BUFFER, "template": "reminder", "language": "en"}]},
        }
    )
    async with database.transaction() as connection:
        store = await stores.put(connection, "denim-co", config, real_now())
    assert store is not None
    return store


async def test_a_backlog_is_sent_in_order_of_due_time_and_nothing_becomes_unknown(
    tmp_path: Path,
) -> None:
    async with backlog(tmp_path) as waiting:
        first = real_now() - timedelta(seconds=5)
        numbers = list(range(CUSTOMERS))
        random.Random(5).shuffle(numbers)
        await asyncio.gather(*(waiting.add(each, first + each * APART) for each in numbers))
        await waiting.intake.delivered()
        all_due = first + CUSTOMERS * APART + BUFFER
        await asyncio.sleep((all_due - real_now()).total_seconds() + 1)

        await waiting.send_all()
        sent = await waiting.sent()

    assert {status for _, status in sent} == {MessageStatus.ACCEPTED}
    out_of_place = [abs(place - number) for place, (number, _) in enumerate(sent)]
    assert max(out_of_place) <= UNDER_WAY
