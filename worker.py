"""The worker: settings -> clients -> activities -> Worker. `python worker.py` runs one."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from typing import Any

import structlog
from temporalio.client import Client
from temporalio.service import RPCError

from activities.channel_api import ChannelClient
from activities.clock import Clock, utc_now
from activities.exit_api import ExitApiClient, partner_http
from activities.exit_check import ExitCheck
from activities.outcome import Outcomes
from activities.plan import Plans
from activities.send_message import SendMessage
from settings import Settings, load_settings
from storage.database import Database
from storage.migrate import upgrade_in_thread
from whatsapp.client import WhatsAppClient, whatsapp_http
from workflows.client import connect
from workflows.dispatcher import Dispatcher
from workflows.gateway import JourneyGateway
from workflows.messenger import Messenger
from workflows.polling import polling
from workflows.queues import TASK_QUEUES
from workflows.search_attributes import register
from workflows.taking_turns import every_second

RECONNECT = timedelta(seconds=2)
log = structlog.get_logger()


async def run_worker(settings: Settings, stop: asyncio.Event, clock: Clock = utc_now) -> None:
    """Work on journeys until told to stop, then finish what is under way."""
    async with AsyncExitStack() as stack:
        await upgrade_in_thread(settings.database)
        database = Database(settings.database)
        stack.push_async_callback(database.close)
        meta = await stack.enter_async_context(whatsapp_http())
        partners = await stack.enter_async_context(partner_http())
        client = await _connect(settings, stop)
        if client is None:
            return
        working = polling(
            client,
            Plans(database),
            ExitCheck(
                database,
                ExitApiClient(partners, allow_private=settings.allow_private_egress),
                clock,
            ),
            SendMessage(
                database,
                WhatsAppClient(meta, settings.whatsapp_api_url),
                ChannelClient(partners, clock, allow_private=settings.allow_private_egress),
                clock,
            ),
            Outcomes(database),
        )
        journeys = JourneyGateway(client)
        dispatcher = Dispatcher(database, journeys, clock)
        messenger = Messenger(database, journeys)
        await stack.enter_async_context(working)
        log.info("worker runs", task_queues=len(TASK_QUEUES), namespace=client.namespace)
        await _until(
            stop,
            dispatcher.sweep,
            messenger.release_held,
            messenger.tell_opt_outs,
            messenger.tell_failures,
        )


async def _until(stop: asyncio.Event, *work: Callable[[], Awaitable[None]]) -> None:
    """Do the work in the background until told to stop; what fails for good takes all with it."""
    stopping: asyncio.Task[Any] = asyncio.create_task(stop.wait())
    rounds = [asyncio.create_task(every_second(each)) for each in work]
    tasks = {stopping, *rounds}
    done, running = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in running:
        task.cancel()
    for task in done:
        task.result()


async def _connect(settings: Settings, stop: asyncio.Event) -> Client | None:
    """Wait for Temporal however long it takes: a worker may be started before it.

    None when it was told to stop before Temporal came.
    """
    while not stop.is_set():
        try:
            client = await connect(settings.payload_keys)
            await register(client)
        except (RPCError, RuntimeError) as error:
            log.warning("waiting for Temporal", because=str(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), RECONNECT.total_seconds())
        else:
            return client
    return None


async def main() -> None:
    """Run until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await run_worker(load_settings(), stop)


if __name__ == "__main__":
    asyncio.run(main())
