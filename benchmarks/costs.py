"""What journeys cost in Temporal: `make costs`, or `python -m benchmarks.costs`.

Counts history events and workflow tasks of a journey with one message, and of each further event
within the buffer; beside it, on the same server, the textbook debounce. Then measures how many
journeys this machine carries from first event to outcome in a second.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Iterable
from datetime import timedelta

from rich.console import Console
from rich.table import Table

from benchmarks.environment import (
    BUFFER,
    StoreEnvironment,
    open_store_environment,
)
from benchmarks.textbook import TEXTBOOK_QUEUE, TextbookDebounce
from benchmarks.workflow_cost import Cost, measure_cost, wait_until_ended
from clock import utc_now
from domain.journey.identity import journey_id

FURTHER_EVENTS = 10
CONCURRENT_JOURNEYS = 200
SIGNAL_INTERVAL = timedelta(seconds=0.05)
"""As a person would act; several signals at once would share a workflow task."""


async def journey_cost(environment: StoreEnvironment, customer: int, further_events: int) -> Cost:
    """A journey with further events within its buffer."""
    first = utc_now()
    for number in range(further_events + 1):
        await environment.post(customer, number, first - timedelta(milliseconds=number))
    return await measure_cost(environment.client, _journey(customer))


async def textbook_cost(
    environment: StoreEnvironment, workflow_id: str, further_events: int
) -> Cost:
    """The same in the textbook debounce."""
    handle = await environment.client.start_workflow(
        TextbookDebounce.run, BUFFER.total_seconds(), id=workflow_id, task_queue=TEXTBOOK_QUEUE
    )
    for number in range(further_events):
        await handle.signal(TextbookDebounce.event_received, str(number))
        await asyncio.sleep(SIGNAL_INTERVAL.total_seconds())
    return await measure_cost(environment.client, workflow_id)


async def journeys_per_second(environment: StoreEnvironment) -> float:
    """From the first post to the last outcome, without the buffer."""
    began = time.perf_counter()
    customers = range(1_000, 1_000 + CONCURRENT_JOURNEYS)
    for customer in customers:
        await environment.post(customer, 0, utc_now() - BUFFER)
    for customer in customers:
        await wait_until_ended(environment.client, _journey(customer))
    return CONCURRENT_JOURNEYS / (time.perf_counter() - began)


def _journey(customer: int) -> str:
    return journey_id("denim-co", f"c{customer}")


async def main() -> None:
    """Measure and print."""
    async with open_store_environment() as environment:
        alone = await journey_cost(environment, 1, 0)
        further = await journey_cost(environment, 2, FURTHER_EVENTS)
        textbook_alone = await textbook_cost(environment, "alone", 0)
        textbook_further = await textbook_cost(environment, "followed", FURTHER_EVENTS)
        rate = await journeys_per_second(environment)
    added = _per_event(further, alone)
    textbook_added = _per_event(textbook_further, textbook_alone)
    ratio = f"{textbook_added[0] / added[0]:.1f}"
    _print(
        (
            ("a journey with one message", alone.events, alone.tasks, ""),
            ("each further event in its buffer", *added, "1"),
            ("the same in the textbook debounce", *textbook_added, ratio),
        )
    )
    Console().print(
        f"{rate:.0f} journeys a second from event to outcome ({CONCURRENT_JOURNEYS} at once)"
    )


def _per_event(further: Cost, alone: Cost) -> tuple[float, float]:
    """History events and workflow tasks that each further event added."""
    events, tasks = further.events - alone.events, further.tasks - alone.tasks
    return events / FURTHER_EVENTS, tasks / FURTHER_EVENTS


def _print(rows: Iterable[tuple[str, float, float, str]]) -> None:
    table = Table("", "history events", "workflow tasks", "events, ratio")
    for name, events, tasks, ratio in rows:
        table.add_row(name, f"{events:g}", f"{tasks:g}", ratio)
    Console().print(table)


if __name__ == "__main__":
    argparse.ArgumentParser(prog="python -m benchmarks.costs", description=__doc__).parse_args()
    sys.exit(asyncio.run(main()))
