"""Messages due at once, and how long sending each takes: `python -m benchmarks.burst [--full]`.

On SQLite, with Temporal and workers in one process. Sending has 30 s as an activity: an attempt
that times out goes on in the worker, and the next one finds its claim without an outcome, which
makes a message unknown.

Reference, after that on a server of its own: a hundred slots and tasks, as workers once had.
"""

import asyncio
from argparse import Namespace
from datetime import timedelta
from statistics import median
from typing import Final

from sqlalchemy import func, select

from benchmarks.activity_durations import activity_durations
from benchmarks.backlog import post_backlog, wait_until_closed
from benchmarks.databases import BenchmarkDatabase
from benchmarks.environment import Environment, open_environment
from benchmarks.measure.command import Command
from benchmarks.measure.results import Case, Curve, Figure, cumulative, milliseconds, ratio
from domain.journey.identity import journey_id
from storage.tables import messages
from temporal.workers import DEFAULT_LIMITS, Limits

STORE_ID: Final = "a"
FORMER_LIMITS: Final = Limits(slots=99, tasks=100)
SAMPLED_JOURNEYS: Final = 50
MAX_DURATION: Final = timedelta(minutes=9)
SEND_ACTIVITY: Final = "deliver"


def command() -> Command:
    """The command line."""
    axes = ("seconds that sending took", "messages of those looked at")
    burst = Command("burst", __doc__, axes=axes, on_databases=False)
    burst.number("--messages", small=150, full=400, meaning="due at once")
    return burst


async def measure(_database: BenchmarkDatabase, arguments: Namespace) -> list[Case]:
    """Measure with the limits of workers as they are, and as they were."""
    took, statuses = await _send_burst(arguments.messages, DEFAULT_LIMITS)
    former, former_statuses = await _send_burst(arguments.messages, FORMER_LIMITS)
    slower = ratio("sending / as it was, p50", median(took), median(former))
    return [
        _case(_named(DEFAULT_LIMITS), took, [*statuses, slower]),
        _case(_named(FORMER_LIMITS), former, former_statuses),
    ]


def _named(limits: Limits) -> str:
    return f"{limits.slots} slots, {limits.tasks} tasks"


def _case(name: str, took: list[float], figures: list[Figure]) -> Case:
    curves: list[Curve] = [cumulative("sent", took)]
    return Case(name=name, figures=[*milliseconds("sending took", took), *figures], curves=curves)


async def _send_burst(count: int, limits: Limits) -> tuple[list[float], list[Figure]]:
    """Send all; gives the seconds that sending some of them took, and the messages' statuses."""
    async with open_environment() as environment:
        await post_backlog(environment, STORE_ID, count)
        async with asyncio.timeout(MAX_DURATION.total_seconds()):
            async with environment.workers(limits=limits):
                await wait_until_closed(environment, STORE_ID, count)
        sampled = range(0, count, max(1, count // SAMPLED_JOURNEYS))
        durations = [await _send_durations(environment, customer) for customer in sampled]
        took = [each.total_seconds() for of_journey in durations for each in of_journey]
        return took, await _statuses(environment)


async def _statuses(environment: Environment) -> list[Figure]:
    query = select(messages.c.status, func.count()).group_by(messages.c.status)
    async with environment.database.reading() as connection:
        rows = (await connection.execute(query)).all()
    return [Figure(name=status, value=count, unit="messages") for status, count in rows]


async def _send_durations(environment: Environment, customer: int) -> list[timedelta]:
    workflow_id = journey_id(STORE_ID, f"c{customer}")
    handle = environment.client.get_workflow_handle(workflow_id)
    return await activity_durations(handle, SEND_ACTIVITY)


if __name__ == "__main__":
    command().run(measure)
