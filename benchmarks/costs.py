"""What journeys cost in Temporal: `make costs`, or `python -m benchmarks.costs`.

Counts history events and workflow tasks of a journey with one message, and of each further event
while the customer is still active; beside it, on the same server, the textbook debounce. Then how
many journeys this machine carries from first event to outcome in a second. Ends by itself.
"""

import asyncio
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from rich.console import Console
from rich.table import Table
from temporalio.api.enums.v1 import EventType

from activities.clock import utc_now
from benchmarks.stage import BUFFER, TEXTBOOK_QUEUE, Stage, stage
from benchmarks.textbook import TextbookDebounce
from domain.identity import journey_id

FURTHER = 10
MANY = 200
PATIENCE = timedelta(minutes=2)


@dataclass(frozen=True)
class Cost:
    """What one workflow, all its runs together, left in Temporal."""

    events: int
    tasks: int

    def per_further(self, alone: "Cost") -> tuple[float, float]:
        """What each further event added to a workflow that had only one."""
        return (self.events - alone.events) / FURTHER, (self.tasks - alone.tasks) / FURTHER


async def cost_of(on: Stage, workflow_id: str) -> Cost:
    """Wait for a workflow to end, and count all runs that it went through."""
    async with asyncio.timeout(PATIENCE.total_seconds()):
        await on.client.get_workflow_handle(workflow_id).result()
    events = tasks = 0
    async for run in on.client.list_workflows(f"WorkflowId = '{workflow_id}'"):
        handle = on.client.get_workflow_handle(workflow_id, run_id=run.run_id)
        for event in (await handle.fetch_history()).events:
            events += 1
            tasks += event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED
    return Cost(events, tasks)


async def journey(on: Stage, customer: int, further: int) -> Cost:
    """A journey whose customer did so many further things within the buffer."""
    first = utc_now()
    for number in range(further + 1):
        await on.post(customer, number, first - timedelta(milliseconds=number))
    return await cost_of(on, journey_id("denim-co", f"c{customer}"))


async def textbook(on: Stage, name: str, further: int) -> Cost:
    """The same, debounced in the usual way."""
    handle = await on.client.start_workflow(
        TextbookDebounce.run, BUFFER.total_seconds(), id=name, task_queue=TEXTBOOK_QUEUE
    )
    for number in range(further):
        await handle.signal(TextbookDebounce.event_received, str(number))
        await asyncio.sleep(0.05)  # a person; several at once would share a task
    return await cost_of(on, name)


async def journeys_a_second(on: Stage) -> float:
    """From the first post to the last outcome, the buffer itself left out."""
    began = time.perf_counter()
    customers = range(1_000, 1_000 + MANY)
    for customer in customers:
        await on.post(customer, 0, utc_now() - BUFFER)
    for customer in customers:
        handle = on.client.get_workflow_handle(journey_id("denim-co", f"c{customer}"))
        async with asyncio.timeout(PATIENCE.total_seconds()):
            await handle.result()
    return MANY / (time.perf_counter() - began)


async def main() -> None:
    """Measure and print."""
    async with stage() as on:
        alone = await journey(on, 1, 0)
        added = (await journey(on, 2, FURTHER)).per_further(alone)
        usual_alone = await textbook(on, "alone", 0)
        usual = (await textbook(on, "followed", FURTHER)).per_further(usual_alone)
        rate = await journeys_a_second(on)
    _print(
        (
            ("a journey with one message", alone.events, alone.tasks, ""),
            ("each further event in its buffer", *added, "1"),
            ("the same in the textbook debounce", *usual, f"{usual[0] / added[0]:.1f}"),
        )
    )
    Console().print(f"{rate:.0f} journeys a second from event to outcome ({MANY} at once)")


def _print(rows: Iterable[tuple[str, float, float, str]]) -> None:
    table = Table("", "history events", "workflow tasks", "events, ratio")
    for what, events, tasks, ratio in rows:
        table.add_row(what, f"{events:g}", f"{tasks:g}", ratio)
    Console().print(table)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
