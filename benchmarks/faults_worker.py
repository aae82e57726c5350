"""A worker of the benchmark of faults: a process that is told what to send, and may be killed.

It runs the activity `SendMessage` as the product has it, in Temporal's own test environment for
activities in place of a server, and tries again what Temporal's retry policy would. Only the waits
are shorter. A line of JSON on standard input is a message, one on standard output its answer; the
end of the input is the end of the process.
"""

import asyncio
import sys
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta

import structlog
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.channel_api import ChannelClient
from activities.clock import utc_now
from activities.send_message import SendMessage
from benchmarks.faults_drawn import TRIES, request
from domain.answers import SendAnswer, SendStatus
from storage.database import Database
from whatsapp.client import WhatsAppClient, whatsapp_http
from workflows import policies

WHOLE = timedelta(seconds=8)
"""As long as Meta has to answer, so that time-outs are soon over; the product gives it 20 s."""

HASTE = 50
"""How many times sooner than the product a try follows another."""

NOT_SENT = "not_sent"


class World(BaseModel):
    """The first line: where everything is."""

    database_url: str
    meta_url: str
    closed_url: str
    """Where nobody listens."""


class Order(BaseModel):
    """A line: which message to send."""

    number: int
    refused: int = 0
    """How many tries find nobody listening."""


class Done(BaseModel):
    """A line of output: what the journey would be told."""

    number: int
    answer: str


class Sender:
    """Sends as a journey has it sent."""

    def __init__(self, sending: SendMessage, refused: SendMessage) -> None:
        """Take the activity, and the same with a Meta that does not listen."""
        self._sending = sending
        self._refused = refused

    async def send(self, order: Order) -> str:
        """Try until there is an answer, or the retry policy gives up."""
        attempt = 1
        while True:
            try:
                answer = await self._try(order, attempt)
            except (ApplicationError, DBAPIError):
                if attempt == TRIES:
                    return NOT_SENT
                await asyncio.sleep(_pause_after(attempt))
                attempt += 1
                continue
            if answer.status is not SendStatus.DEFERRED or answer.until is None:
                return answer.status
            await asyncio.sleep((answer.until - utc_now()).total_seconds())

    async def _try(self, order: Order, attempt: int) -> SendAnswer:
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, attempt=attempt)
        sending = self._refused if attempt <= order.refused else self._sending
        return await environment.run(sending.send_message, request(order.number))


def _pause_after(attempt: int) -> float:
    pause = policies.SEND.initial_interval * policies.SEND.backoff_coefficient ** (attempt - 1)
    return pause.total_seconds() / HASTE


async def main() -> None:
    """Send what is asked for, all at once, until the input ends."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), sys.stdin
    )
    world = World.model_validate_json(await lines.readline())
    async with AsyncExitStack() as stack:
        database = Database(world.database_url)
        stack.push_async_callback(database.close)
        http = await stack.enter_async_context(whatsapp_http())
        sender = Sender(
            *(
                SendMessage(
                    database,
                    WhatsAppClient(http, url, whole=WHOLE),
                    ChannelClient(http, utc_now, allow_private=True),
                    utc_now,
                )
                for url in (world.meta_url, world.closed_url)
            )
        )
        group = await stack.enter_async_context(asyncio.TaskGroup())
        async for line in lines:
            group.create_task(_answer(sender, Order.model_validate_json(line)))


async def _answer(sender: Sender, order: Order) -> None:
    answer = await sender.send(order)
    sys.stdout.write(Done(number=order.number, answer=answer).model_dump_json() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
