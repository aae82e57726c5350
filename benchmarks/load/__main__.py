"""Reads a `LoadPlan` from standard input, posts when the next line comes, writes `Answers`."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Final

from benchmarks.child_protocol import run_task
from benchmarks.load.connection import PostConnection
from benchmarks.load.plan import Answers, LoadPlan
from benchmarks.load.requests import Requests

CLOSED: Final = 0
"""Stands for a status where the connection was closed instead."""


class Load:
    """Posts what a plan says."""

    def __init__(self, plan: LoadPlan) -> None:
        """Prepare, and post nothing yet."""
        self._plan = plan
        self._requests = Requests(plan)
        self._answers: list[tuple[int, float]] = []
        self._began = 0.0

    async def run(self) -> Answers:
        """Post over all connections at once."""
        connections = [await self._connect() for _ in range(self._plan.connections)]
        began_at, self._began = datetime.now(UTC), time.perf_counter()
        await asyncio.gather(*map(self._post_all, range(len(connections)), connections))
        return Answers.of(began_at, time.perf_counter() - self._began, self._answers)

    async def _connect(self) -> PostConnection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(
            PostConnection, self._plan.host, self._plan.port
        )
        return connection

    async def _post_all(self, number: int, connection: PostConnection) -> None:
        for customer, event, due in self._plan.posts_of(number):
            begins = await self._wait_until(due)
            if self._plan.seconds is not None and begins - self._began >= self._plan.seconds:
                break
            try:
                status = await connection.post(self._requests.request(customer, event))
            except ConnectionError:
                status, connection = CLOSED, await self._connect()
            self._answers.append((status, time.perf_counter() - begins))
        connection.close()

    async def _wait_until(self, due: float | None) -> float:
        """The instant from which an answer is timed."""
        if due is None:
            return time.perf_counter()
        instant = self._began + due
        if (wait := instant - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        return instant


async def _load(plan: LoadPlan) -> Answers:
    return await Load(plan).run()


if __name__ == "__main__":
    run_task(LoadPlan, _load)
