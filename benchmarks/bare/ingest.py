"""Starts and signals workflows by a loop over the SDK, as a process of its own.

Each customer's first event starts a workflow with a delay, each further one signals it. The
workflow is never run: its delay outlasts the benchmark.
"""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import BaseModel
from temporalio.client import Client

from benchmarks.child_protocol import run_task

START_DELAY: Final = timedelta(hours=1)
TASK_QUEUE: Final = "bare"


class BareIngestPlan(BaseModel):
    """How many workflows, and how many tasks at once."""

    address: str
    customers: int
    first_customer: int = 0
    events: int
    """Of each customer, the first included."""
    concurrent: int


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
    tasks = (_start_and_signal(client, customers, plan.events) for _ in range(plan.concurrent))
    latencies = [each for of_task in await asyncio.gather(*tasks) for each in of_task]
    took = time.perf_counter() - began
    return BareIngestResult(events=len(latencies), took=took, latencies=latencies)


async def _start_and_signal(client: Client, customers: Iterator[int], events: int) -> list[float]:
    """Take one customer after another; gives the seconds that each call took."""
    latencies = []
    for customer in customers:
        for event in range(events):
            began = time.perf_counter()
            await _deliver(client, f"bare-{customer}", event)
            latencies.append(time.perf_counter() - began)
    return latencies


async def _deliver(client: Client, workflow_id: str, event: int) -> None:
    payload = _event(workflow_id, event)
    if event:
        await client.get_workflow_handle(workflow_id).signal("event_received", payload)
        return
    await client.start_workflow(
        "Bare", payload, id=workflow_id, task_queue=TASK_QUEUE, start_delay=START_DELAY
    )


def _event(workflow_id: str, event: int) -> dict[str, str | int]:
    at = datetime.now(UTC).isoformat()
    return {"event_id": f"{workflow_id}-{event}", "kind": "cart_update", "at": at, "intent": 2}


if __name__ == "__main__":
    run_task(BareIngestPlan, perform)
