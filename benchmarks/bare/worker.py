"""The reference's worker: `python -m benchmarks.bare.worker ADDRESS EXIT_API MESSAGES CLIENT`.

One process on uvloop, workflows not sandboxed, a hundred activities at once over kept-alive
connections; CLIENT is `aiohttp`, which costs least, or `httpx`. Prints a line when it works;
SIGTERM ends it.
"""

import sys
from typing import Final

from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from benchmarks.bare.calls import CLIENTS
from benchmarks.bare.journey import TASK_QUEUE, BareJourney
from benchmarks.bare.serving import run_on_uvloop, work_until_terminated

MAX_ACTIVITIES: Final = 100


async def main(address: str, exit_api_url: str, messages_url: str, client_name: str) -> None:
    """Work until SIGTERM."""
    client = await Client.connect(address)
    async with CLIENTS[client_name](exit_api_url, messages_url) as calls:
        worker = Worker(
            client,
            task_queue=TASK_QUEUE,
            workflows=[BareJourney],
            activities=[calls.ask, calls.send],
            workflow_runner=UnsandboxedWorkflowRunner(),
            max_concurrent_activities=MAX_ACTIVITIES,
        )
        await work_until_terminated(worker)


if __name__ == "__main__":
    run_on_uvloop(main(*sys.argv[1:]))
