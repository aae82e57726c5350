"""The worker: settings, clients, activities, workers. `python worker.py` runs one."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog
from temporalio.client import Client
from temporalio.service import RPCError

from bootstrap import make_dispatcher, make_notifier, open_activities, open_database
from clock import Clock, utc_now
from operations.background import run_every_second
from settings import Settings, load_settings
from storage.database import Database
from storage.migrate import DatabaseUnavailableError
from storage.secret_cipher import SecretCipherError
from temporal.client import connect
from temporal.search_attributes import register
from temporal.workers import run_workers
from workflows.queues import TASK_QUEUES

RECONNECT_INTERVAL = timedelta(seconds=2)
log = structlog.get_logger()


async def run_worker(settings: Settings, stop: asyncio.Event, clock: Clock = utc_now) -> None:
    """Work on journeys until told to stop, then finish what is under way.

    Raises:
        DatabaseUnavailableError: the database cannot be reached at the start.
        SecretCipherError: a secret of a store cannot be opened by SECRET_KEYS at the start.
    """
    async with (
        open_database(settings.database, settings.secret_keys) as database,
        open_activities(database, settings, clock) as activities,
    ):
        client = await _connect(settings, stop)
        if client is None:
            return
        async with run_workers(client, activities):
            log.info("worker runs", task_queues=len(TASK_QUEUES), namespace=client.namespace)
            await _run_until(stop, *_background_work(database, client, clock))


def _background_work(
    database: Database, client: Client, clock: Clock
) -> list[Callable[[], Awaitable[None]]]:
    notifier = make_notifier(database, client)
    return [
        make_dispatcher(database, client, clock).sweep,
        notifier.release_held,
        notifier.end_opted_out,
        notifier.signal_failures,
    ]


async def _run_until(stop: asyncio.Event, *work: Callable[[], Awaitable[None]]) -> None:
    """Do the work in the background until told to stop; an unforeseen failure ends the worker."""
    stopping: asyncio.Task[Any] = asyncio.create_task(stop.wait())
    rounds = [asyncio.create_task(run_every_second(each)) for each in work]
    tasks = {stopping, *rounds}
    done, running = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in running:
        task.cancel()
    for task in done:
        task.result()


async def _connect(settings: Settings, stop: asyncio.Event) -> Client | None:
    """Wait for Temporal: a worker may be started before it. None when told to stop meanwhile."""
    while not stop.is_set():
        try:
            client = await connect(settings.payload_keys)
            await register(client)
        except (RPCError, RuntimeError) as error:
            log.warning("waiting for Temporal", because=str(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), RECONNECT_INTERVAL.total_seconds())
        else:
            return client
    return None


async def main() -> None:
    """Run until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await run_worker(load_settings(), stop)
    except (DatabaseUnavailableError, SecretCipherError) as error:
        sys.exit(f"worker: {error}")


if __name__ == "__main__":
    asyncio.run(main())
