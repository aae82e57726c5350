"""A worker process of the benchmark of faults: it sends the messages that it reads, and is killed.

It runs the product's activity `deliver` in Temporal's test environment for activities, without
a server, and retries as Temporal's retry policy would, with shorter waits. The end of the input
ends the process.
"""

import asyncio
import sys
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.deliver import Deliver
from benchmarks.fault_messages import deliver_request
from benchmarks.fault_plan import MAX_ATTEMPTS
from benchmarks.fault_protocol import SendAnswer, SendCommand, WorkerConfig
from bootstrap import Timeouts, open_activities
from clock import utc_now
from domain.journey.activity_results import SendResult, SendStatus
from settings import Settings
from storage.database import Database
from workflows import policies

META_TIMEOUT: Final = timedelta(seconds=8)
"""Shorter than the product's 20 s, so that timeouts are soon over."""

SPEEDUP: Final = 50
"""How many times sooner than in the product an attempt follows another."""

NOT_SENT: Final = "not_sent"


class RetryingSender:
    """Sends as a journey does.

    Args:
        sending: the activity.
        refused: the activity with a Meta that refuses connections.
    """

    def __init__(self, sending: Deliver, refused: Deliver) -> None:
        self._sending = sending
        self._refused = refused

    async def send(self, command: SendCommand) -> str:
        """Try until there is a result, or the retry policy gives up."""
        attempt = 1
        while True:
            try:
                result = await self._try(command, attempt)
            except (ApplicationError, DBAPIError):
                if attempt == MAX_ATTEMPTS:
                    return NOT_SENT
                await asyncio.sleep(_seconds_after(attempt))
                attempt += 1
                continue
            if result.status is not SendStatus.DEFERRED or result.until is None:
                return result.status
            await asyncio.sleep((result.until - utc_now()).total_seconds())

    async def _try(self, command: SendCommand, attempt: int) -> SendResult:
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, attempt=attempt)
        sending = self._refused if attempt <= command.refused_attempts else self._sending
        result = await environment.run(sending.deliver, deliver_request(command.number))
        if result.send is None:
            raise ValueError("stores of this benchmark have no Exit API")
        return result.send


def _seconds_after(attempt: int) -> float:
    policy = policies.DELIVER
    interval = policy.initial_interval * policy.backoff_coefficient ** (attempt - 1)
    return min(interval, policy.maximum_interval or interval).total_seconds() / SPEEDUP


async def main() -> None:
    """Run each command at once when it is read, until the input ends."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    lines = await _standard_input()
    config = WorkerConfig.model_validate_json(await lines.readline())
    async with AsyncExitStack() as stack:
        database = Database(config.database_url)
        stack.push_async_callback(database.close)
        activities = [
            await stack.enter_async_context(
                open_activities(
                    database,
                    Settings(whatsapp_api_url=url),
                    timeouts=Timeouts(provider=META_TIMEOUT),
                )
            )
            for url in (config.meta_url, config.refusing_url)
        ]
        sender = RetryingSender(*(each.deliver for each in activities))
        group = await stack.enter_async_context(asyncio.TaskGroup())
        async for line in lines:
            group.create_task(_answer(sender, SendCommand.model_validate_json(line)))


async def _standard_input() -> asyncio.StreamReader:
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), sys.stdin
    )
    return lines


async def _answer(sender: RetryingSender, command: SendCommand) -> None:
    result = await sender.send(command)
    answer = SendAnswer(number=command.number, result=result)
    sys.stdout.write(answer.model_dump_json() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
