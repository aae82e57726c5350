"""The reference's workflows that wait for one instant."""

from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Final

from benchmarks.bare.journey import TASK_QUEUE, BareJourney
from benchmarks.bare.serving import run_bare_worker
from benchmarks.batches import in_batches
from benchmarks.due_result import DueMessages
from benchmarks.installation import EXIT_API, Installation
from benchmarks.measure.meter import Meter, ProcessTrees
from benchmarks.waiting import Running, received_at, sleep_until, wait_until_none
from clock import utc_now

LEAD: Final = timedelta(seconds=5)
LEAD_PER_WORKFLOW: Final = timedelta(milliseconds=40)
"""A workflow's start and its first task take a quarter of that."""

MESSAGES: Final = "/v26.0/1055/messages"


async def measure_bare(installation: Installation, count: int, client: str) -> DueMessages:
    """Start so many workflows that sleep until one instant, and wait until all are closed."""
    await installation.sandbox.http.delete("/_sandbox")
    async with _worker(installation, client) as pid:
        worker = {"worker, bare": ProcessTrees([pid])}
        parts = {f"{name}, bare": part for name, part in installation.parts().items()}
        meter = Meter({**worker, **parts})
        due = utc_now() + LEAD + LEAD_PER_WORKFLOW * count
        await _start(installation, count, due)
        await sleep_until(due)
        before = meter.seconds()
        meter.start()
        await wait_until_none(Running(installation.temporal.client, BareJourney.__name__))
        return DueMessages(
            count=count,
            due=due,
            waiting=count,
            sent_at=await received_at(installation.sandbox.http),
            closed_at=utc_now(),
            processor_before=before,
            processor_due=meter.seconds(),
        )


async def _start(installation: Installation, count: int, due: datetime) -> None:
    async def start(customer: int) -> None:
        await installation.temporal.client.start_workflow(
            BareJourney.run,
            args=[customer, due.isoformat()],
            id=f"bare-journey-{customer}",
            task_queue=TASK_QUEUE,
        )

    await in_batches(start, range(count))


def _worker(installation: Installation, client: str) -> AbstractAsyncContextManager[int]:
    """The reference's worker; gives its process id."""
    sandbox = installation.sandbox
    urls = (sandbox.url(EXIT_API), sandbox.url(MESSAGES))
    return run_bare_worker("benchmarks.bare.worker", installation.temporal.address, *urls, client)
