"""The worker of the textbook debounce: `python -m benchmarks.bare.textbook_worker ADDRESS`."""

import sys

from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from benchmarks.bare.serving import run_on_uvloop, work_until_terminated
from benchmarks.textbook import TEXTBOOK_QUEUE, TextbookDebounce


async def main(address: str) -> None:
    """Work until SIGTERM."""
    worker = Worker(
        await Client.connect(address),
        task_queue=TEXTBOOK_QUEUE,
        workflows=[TextbookDebounce],
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    await work_until_terminated(worker)


if __name__ == "__main__":
    run_on_uvloop(main(*sys.argv[1:]))
