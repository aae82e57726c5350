"""Waiting for workflows, and what Meta's stand-in received."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import httpx
from temporalio.client import Client

from clock import utc_now

MAX_WAIT: Final = timedelta(minutes=10)
POLL_INTERVAL: Final = timedelta(seconds=0.5)


@dataclass(frozen=True)
class Running:
    """The open workflows of a type."""

    client: Client
    workflow: str
    condition: str | None = None

    async def count(self) -> int:
        """How many there are, as Temporal's visibility has it."""
        query = f"WorkflowType = '{self.workflow}' AND ExecutionStatus = 'Running'"
        condition = "" if self.condition is None else f" AND {self.condition}"
        return (await self.client.count_workflows(query + condition)).count


async def wait_until_none(running: Running) -> None:
    """Wait until all are closed.

    Raises:
        TimeoutError: not within `MAX_WAIT`.
    """

    async def none_is_open() -> bool:
        return not await running.count()

    await wait_until(none_is_open, MAX_WAIT)


async def wait_until(
    reached: Callable[[], Awaitable[bool]],
    within: timedelta,
    interval: timedelta = POLL_INTERVAL,
) -> None:
    """Ask again and again.

    Raises:
        TimeoutError: it is not so in time.
    """
    async with asyncio.timeout(within.total_seconds()):
        while not await reached():  # noqa: ASYNC110  # another process's state
            await asyncio.sleep(interval.total_seconds())


async def sleep_until(instant: datetime) -> None:
    """Sleep until then; not at all when it has passed."""
    await asyncio.sleep(max(0.0, (instant - utc_now()).total_seconds()))


async def received_at(sandbox: httpx.AsyncClient) -> list[datetime]:
    """When each message reached Meta's stand-in."""
    answer = (await sandbox.get("/_sandbox/messages")).raise_for_status()
    return [datetime.fromisoformat(message["at"]) for message in answer.json()]
