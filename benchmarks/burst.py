"""Messages due at once on SQLite: `python -m benchmarks.burst [--messages 400] [--former]`.

Prints the messages' statuses, and how long sending took of the 30 s that an activity has: an
attempt that times out goes on in the worker, and the next one finds its claim without an outcome,
which makes a message unknown. `--former`: a hundred slots and tasks, as workers once had.
"""

import argparse
import asyncio
import sys
from datetime import timedelta
from statistics import median

from rich.console import Console
from sqlalchemy import func, select

from benchmarks.activity_durations import activity_durations
from benchmarks.backlog import post_backlog, wait_until_closed
from benchmarks.environment import Environment, open_environment
from domain.journey.identity import journey_id
from storage.tables import messages
from temporal.workers import DEFAULT_LIMITS, Limits

STORE_ID = "a"
FORMER_LIMITS = Limits(slots=99, tasks=100)
SAMPLED_JOURNEYS = 50
MAX_DURATION = timedelta(minutes=9)
SEND_ACTIVITY = "deliver"


async def measure(environment: Environment, count: int, limits: Limits) -> None:
    """Send all messages, then print."""
    await post_backlog(environment, STORE_ID, count)
    async with asyncio.timeout(MAX_DURATION.total_seconds()), environment.workers(limits=limits):
        await wait_until_closed(environment, STORE_ID, count)
    took = [
        duration.total_seconds()
        for customer in range(0, count, max(1, count // SAMPLED_JOURNEYS))
        for duration in await _send_durations(environment, customer)
    ]
    sending = f"sending took {median(took):.1f} s in the median, {max(took):.1f} s at most"
    workers = f"{limits.slots} slots and {limits.tasks} tasks"
    Console().print(f"{count} messages, {workers}: {await _statuses(environment)}; {sending}")


async def _statuses(environment: Environment) -> str:
    query = select(messages.c.status, func.count()).group_by(messages.c.status)
    async with environment.database.reading() as connection:
        rows = await connection.execute(query)
        return ", ".join(f"{count} {status}" for status, count in rows)


async def _send_durations(environment: Environment, customer: int) -> list[timedelta]:
    workflow_id = journey_id(STORE_ID, f"c{customer}")
    handle = environment.client.get_workflow_handle(workflow_id)
    return await activity_durations(handle, SEND_ACTIVITY)


async def main(count: int, limits: Limits) -> None:
    """Measure on a server and a database of its own."""
    async with open_environment() as environment:
        await measure(environment, count, limits)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.burst", description=__doc__)
    parser.add_argument("--messages", type=int, default=400)
    parser.add_argument("--former", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    arguments = _arguments()
    limits = FORMER_LIMITS if arguments.former else DEFAULT_LIMITS
    sys.exit(asyncio.run(main(arguments.messages, limits)))
