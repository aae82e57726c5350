"""Everything that the chaos benchmark needs: API, worker, Temporal, and a chaotic Meta."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import httpx
from pydantic import TypeAdapter
from sqlalchemy import select

from benchmarks.chaotic_meta_checks import ChaosChecks, MessageRow, quarantined_as_invalid
from benchmarks.meta_record import MetaRecord
from benchmarks.phones import phone_digits
from benchmarks.processes import BENCHMARK_SECRET, WAIT_TIMEOUT, api_variables, run_api, run_worker
from benchmarks.temporal_server import temporal_server
from bootstrap import open_database
from sandbox.app import create_sandbox
from sandbox.chaos_control import ChaosSettings, UpdateDeliveries
from sandbox.ledger import ReceivedRequest
from sandbox.server import serve
from storage import webhooks
from storage.database import Database
from storage.messages import MessageStatus
from storage.tables import journeys, messages

POLL_INTERVAL: Final = timedelta(seconds=0.5)
MARKETING_LIMIT: Final = 131049
"""Meta's code. The journey of a message that failed by it waits for a day."""

RECEIVED: Final = TypeAdapter(list[ReceivedRequest])


@dataclass(frozen=True)
class ChaosEnvironment:
    """The database, and clients of the API and of the stand-in for Meta."""

    database: Database
    api: httpx.AsyncClient
    meta: httpx.AsyncClient

    async def checks(self, journey_count: int) -> ChaosChecks:
        """Our ledger and Meta's, to be called at the end."""
        rows, unfinished = await self._rows(), journey_count - await self._finished()
        async with self.database.reading() as connection:
            quarantined = await quarantined_as_invalid(connection)
        received = RECEIVED.validate_json((await self.meta.get("/_sandbox/requests")).content)
        delivered = (await self._deliveries()).delivered
        return ChaosChecks(rows, MetaRecord(received, delivered), unfinished, quarantined)

    async def wait_until_done(self, journey_count: int) -> None:
        """Return when all journeys ended, and all updates were delivered and processed."""
        while await self._finished() < journey_count or await self._has_unprocessed():  # noqa: ASYNC110  # the processes share no event
            await asyncio.sleep(POLL_INTERVAL.total_seconds())

    async def _finished(self) -> int:
        """How many journeys ended, or wait for the next day."""
        limited = select(messages.c.customer_id).where(
            messages.c.status == MessageStatus.NOT_SENT, messages.c.error_code == MARKETING_LIMIT
        )
        ended = select(journeys.c.customer_id)
        async with self.database.reading() as connection:
            rows = await connection.execute(ended.union(limited))
            return len(rows.all())

    async def _has_unprocessed(self) -> bool:
        """In this order: an update is no longer pending once it is in the database."""
        if (await self._deliveries()).pending:
            return True
        async with self.database.reading() as connection:
            return await webhooks.oldest(connection) is not None

    async def _deliveries(self) -> UpdateDeliveries:
        answer = await self.meta.get("/_sandbox/delivered_updates")
        return UpdateDeliveries.model_validate_json(answer.content)

    async def _rows(self) -> list[MessageRow]:
        columns = (messages.c.message_id, messages.c.customer_id)
        query = select(*columns, messages.c.status, messages.c.claimed_at)
        async with self.database.reading() as connection:
            return [
                MessageRow(each[0], phone_digits(int(each[1])), MessageStatus(each[2]), each[3])
                for each in await connection.execute(query)
            ]


@asynccontextmanager
async def open_chaos_environment(database_url: str, seed: int) -> AsyncIterator[ChaosEnvironment]:
    """Start everything, and chaos at Meta."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        database = await stack.enter_async_context(open_database(database_url))
        temporal = await stack.enter_async_context(await temporal_server(folder))
        meta_url = await stack.enter_async_context(serve(create_sandbox()))
        variables = {
            **api_variables(database_url, temporal.client.service_client.config.target_host),
            "WHATSAPP_API_URL": f"{meta_url}/v26.0",
            "ALLOW_PRIVATE_EGRESS": "1",
        }
        api = await stack.enter_async_context(run_api(variables))
        await stack.enter_async_context(run_worker(variables))
        client = httpx.AsyncClient(
            base_url=meta_url, trust_env=False, timeout=WAIT_TIMEOUT.total_seconds()
        )
        meta = await stack.enter_async_context(client)
        await _start_chaos(meta, seed, f"{api.base_url}/webhooks/whatsapp")
        stack.push_async_callback(meta.delete, "/_sandbox")
        yield ChaosEnvironment(database, api, meta)


async def _start_chaos(meta: httpx.AsyncClient, seed: int, webhook_url: str) -> None:
    settings = ChaosSettings(seed=seed, webhook_url=webhook_url, app_secret=BENCHMARK_SECRET)
    answer = await meta.put("/_sandbox/chaos", json=settings.model_dump())
    answer.raise_for_status()
