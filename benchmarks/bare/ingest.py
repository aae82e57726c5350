"""Starts and signals workflows by a loop over the SDK, as a process of its own.

Each customer's first event starts a workflow with a delay, each further one signals it. The
workflow is never run: its delay outlasts the benchmark. Or the textbook debounce is started and
signalled, which runs.
"""

import asyncio
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import BaseModel
from temporalio.client import Client

from benchmarks.child_protocol import run_task
from benchmarks.textbook import TEXTBOOK_QUEUE, TextbookDebounce

DELAY: Final = timedelta(hours=1)
TASK_QUEUE: Final = "bare"


class BareIngestPlan(BaseModel):
    """How many workflows, and how many tasks at once."""

    address: str
    customers: int
    first_customer: int = 0
    events: int
    """Of each customer, the first included."""
    concurrent: int
    textbook: bool = False


class BareIngestResult(BaseModel):
    """How long it took."""

    events: int
    took: float
    latencies: list[float]

    @property
    def per_second(self) -> float:
        """Events a second."""
        return self.events / self.took


async def perform(plan: BareIngestPlan) -> BareIngestResult:
    """Start and signal all."""
    client = await Client.connect(plan.address)
    customers = iter(range(plan.first_customer, plan.first_customer + plan.customers))
    began = time.perf_counter()
    tasks = (_start_and_signal(client, customers, plan) for _ in range(plan.concurrent))
    latencies = [each for of_task in await asyncio.gather(*tasks) for each in of_task]
    took = time.perf_counter() - began
    return BareIngestResult(events=len(latencies), took=took, latencies=latencies)


async def _start_and_signal(
    client: Client, customers: Iterator[int], plan: BareIngestPlan
) -> list[float]:
    """Take one customer after another; gives the seconds that each call took."""
    latencies = []
    for customer in customers:
        for event in range(plan.events):
            began = time.perf_counter()
            if event:
                await _signal(client, customer, event, plan)
            else:
                await _start(client, customer, plan)
            latencies.append(time.perf_counter() - began)
    return latencies


async def _signal(client: Client, customer: int, event: int, plan: BareIngestPlan) -> None:
    payload = _event(customer, event)
    argument = json.dumps(payload) if plan.textbook else payload
    handle = client.get_workflow_handle(workflow_id(customer, textbook=plan.textbook))
    await handle.signal("event_received", argument)


async def _start(client: Client, customer: int, plan: BareIngestPlan) -> None:
    own_id = workflow_id(customer, textbook=plan.textbook)
    if plan.textbook:
        name, buffer = TextbookDebounce.__name__, DELAY.total_seconds()
        await client.start_workflow(name, buffer, id=own_id, task_queue=TEXTBOOK_QUEUE)
    else:
        await client.start_workflow(
            "Bare", _event(customer, 0), id=own_id, task_queue=TASK_QUEUE, start_delay=DELAY
        )


def workflow_id(customer: int, *, textbook: bool = False) -> str:
    """The id of a customer's workflow."""
    return f"{'textbook' if textbook else 'bare'}-{customer}"


def _event(customer: int, event: int) -> dict[str, str | int]:
    at = datetime.now(UTC).isoformat()
    return {"event_id": f"e-{customer}-{event}", "kind": "cart_update", "at": at, "intent": 2}


if __name__ == "__main__":
    run_task(BareIngestPlan, perform)
