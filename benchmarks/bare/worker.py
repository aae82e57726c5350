"""The reference's worker: `python -m benchmarks.bare.worker ADDRESS EXIT_API MESSAGES CLIENT`.

One process on uvloop, workflows not sandboxed, a hundred activities at once over kept-alive
connections; CLIENT is `aiohttp`, which costs least, or `httpx`. Prints a line when it works;
SIGTERM ends it.
"""

import asyncio
import signal
import sys
from typing import Final

import uvloop
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from benchmarks.bare.calls import CLIENTS
from benchmarks.bare.journey import TASK_QUEUE, BareJourney

MAX_ACTIVITIES: Final = 100


async def main(address: str, exit_api_url: str, messages_url: str, client_name: str) -> None:
    """Work until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
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
        async with worker:
            sys.stdout.write("ready\n")
            sys.stdout.flush()
            await stop.wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(*sys.argv[1:]))
