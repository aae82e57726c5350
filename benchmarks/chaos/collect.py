"""Reading what the stack and the stand-ins know at the end."""

import asyncio
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeVar

import httpx
from pydantic import TypeAdapter
from sqlalchemy import Column, func, select
from temporalio.client import Client, WorkflowExecution

from benchmarks.chaos.evidence import InboxRow, JourneyRow, LedgerRow
from benchmarks.chaos.stack import NAMESPACE, AttackedStack
from sandbox.ledger import ReceivedRequest
from sandbox.server import HOST
from storage.database import Database
from storage.tables import inbox, journeys, messages, webhooks

RECEIVED: Final = TypeAdapter(list[ReceivedRequest])
POLL_SECONDS: Final = 1.0
QUIET_ROUNDS: Final = 2
"""How often in a row nothing may be left to do: a journey may begin again as it ends."""

Row = TypeVar("Row", bound=tuple[Any, ...])


class Unfinished(NamedTuple):
    """What is left to do."""

    events: int
    notifications: int
    journeys: int


@dataclass(frozen=True)
class Reader:
    """Reads the database, Temporal and the stand-ins."""

    stack: AttackedStack
    database: Database
    temporal: Client

    async def wait_until_quiet(self, seconds: float) -> Unfinished:
        """Wait until nothing is left to do, at most so long; what is left then."""
        quiet, left = 0, Unfinished(0, 0, 0)
        try:
            async with asyncio.timeout(seconds):
                while quiet < QUIET_ROUNDS and not self.stack.has_ended:
                    left = await self.unfinished()
                    quiet = 0 if any(left) else quiet + 1
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            pass
        return left

    async def unfinished(self) -> Unfinished:
        """What is left to do now."""
        waiting = select(func.count()).select_from(inbox).where(inbox.c.dispatched_at.is_(None))
        stored = select(func.count()).select_from(webhooks)
        async with self.database.reading() as connection:
            events = (await connection.execute(waiting)).scalar_one()
            notifications = (await connection.execute(stored)).scalar_one()
        return Unfinished(events, notifications, len(await self.open_workflows()))

    async def open_workflows(self) -> list[str]:
        """The ids of the journeys that run."""
        running = self.temporal.list_workflows('ExecutionStatus = "Running"')
        return [each.id async for each in running]

    async def visible(self) -> bytes:
        """Workflow ids and search attributes, as operators list them."""
        listed = [_shown(each) async for each in self.temporal.list_workflows("")]
        return "\n".join(listed).encode()

    async def ledger(self) -> list[LedgerRow]:
        """The product's own ledger."""
        return await self._rows(LedgerRow, messages.c)

    async def inbox(self) -> list[InboxRow]:
        """Every event that was accepted."""
        return await self._rows(InboxRow, inbox.c)

    async def journeys(self) -> list[JourneyRow]:
        """Every journey that has closed."""
        return await self._rows(JourneyRow, journeys.c)

    async def received(self) -> list[ReceivedRequest]:
        """What Meta was asked to send."""
        answer = await self.stack.stand_ins.get("/_sandbox/requests")
        return RECEIVED.validate_json(answer.raise_for_status().content)

    async def metrics(self) -> bytes:
        """What is served for Prometheus."""
        answer: httpx.Response = await self.stack.api.get("/metrics")
        return answer.raise_for_status().content

    async def _rows(self, row: Any, columns: Any) -> list[Any]:
        named: Iterable[Column[Any]] = (columns[name] for name in row._fields)
        async with self.database.reading() as connection:
            return [row(*each) for each in await connection.execute(select(*named))]


def _shown(workflow: WorkflowExecution) -> str:
    return f"{workflow.id} {workflow.typed_search_attributes}"


async def open_reader(stack: AttackedStack, exits: AsyncExitStack) -> Reader:
    """A reader of a running stack, which is closed with `exits`."""
    database = Database(stack.database_url)
    exits.push_async_callback(database.close)
    address = f"{HOST}:{stack.variables['TEMPORAL_PORT']}"
    return Reader(stack, database, await Client.connect(address, namespace=NAMESPACE))
