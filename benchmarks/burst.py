"""Messages due at once on SQLite: `python -m benchmarks.burst [--messages 400] [--former]`.

What became of them, and how long an activity that sends was under way, of the 30 s that it has: an
attempt that is given up goes on in the worker, and the next one finds its claim without an outcome,
which makes a message unknown. `--former`: a hundred of everything at once, as workers had before
they had few. Ends by itself.
"""

import argparse
import asyncio
import sys
from datetime import timedelta
from statistics import median

from rich.console import Console
from sqlalchemy import func, select
from temporalio.api.history.v1 import HistoryEvent

from benchmarks.fairness import BURSTING, closed, post
from benchmarks.stage import Scene, scene
from domain.identity import journey_id
from storage.tables import messages
from workflows.polling import AT_ONCE, Limits

FORMER = Limits(slots=99, tasks=100)
LOOKED_AT = 50
PATIENCE = timedelta(minutes=9)
POLL = timedelta(seconds=1)
SEND = "send_message"


async def measure(on: Scene, many: int, limits: Limits) -> None:
    """Have all sent, then print."""
    await post(on, BURSTING, many)
    async with asyncio.timeout(PATIENCE.total_seconds()), on.working(limits=limits):
        while await closed(on, BURSTING) < many:  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(POLL.total_seconds())
    took = [
        seconds
        for customer in range(0, many, max(1, many // LOOKED_AT))
        for seconds in await _sending(on, f"c{customer}")
    ]
    said = f"sending took {median(took):.1f} s in the median, {max(took):.1f} s at most"
    at_once = f"{limits.slots} slots and {limits.tasks} tasks"
    Console().print(f"{many} messages, {at_once}: {await _statuses(on)}; {said}")


async def _statuses(on: Scene) -> str:
    query = select(messages.c.status, func.count()).group_by(messages.c.status)
    async with on.database.reading() as connection:
        found = await connection.execute(query)
        return ", ".join(f"{count} {status}" for status, count in found)


async def _sending(on: Scene, customer_id: str) -> list[float]:
    """How long each send of a customer's journey was under way."""
    handle = on.client.get_workflow_handle(journey_id(BURSTING, customer_id))
    events = list((await handle.fetch_history()).events)
    ends = [event for event in events if event.HasField("activity_task_completed_event_attributes")]
    return [_under_way(events, end) for end in ends if _is_send(events, end)]


def _is_send(events: list[HistoryEvent], end: HistoryEvent) -> bool:
    scheduled = events[end.activity_task_completed_event_attributes.scheduled_event_id - 1]
    return scheduled.activity_task_scheduled_event_attributes.activity_type.name == SEND


def _under_way(events: list[HistoryEvent], end: HistoryEvent) -> float:
    started = events[end.activity_task_completed_event_attributes.started_event_id - 1]
    return (end.event_time.ToDatetime() - started.event_time.ToDatetime()).total_seconds()


async def main(many: int, limits: Limits) -> None:
    """On a server and a database of its own."""
    async with scene() as on:
        await measure(on, many, limits)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.burst", description=__doc__)
    parser.add_argument("--messages", type=int, default=400)
    parser.add_argument("--former", action="store_true")
    told = parser.parse_args()
    sys.exit(asyncio.run(main(told.messages, FORMER if told.former else AT_ONCE)))
