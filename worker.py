"""The worker: settings, clients, activities, workers. `python worker.py` runs one."""

import asyncio
import gc
import signal
import sys
from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog
import uvloop
from temporalio.client import Client
from temporalio.service import RPCError

from bootstrap import (
    make_dispatcher,
    make_notifier,
    open_activities,
    open_database,
    open_template_checker,
)
from clock import Clock, utc_now
from ingest.dispatcher import Dispatcher
from ingest.metrics import DispatchMetrics
from operations.background import run_every_second
from operations.background_rollup import BackgroundRollUp
from operations.logs import keep_values_out_of_logs
from operations.metrics import BackgroundMetrics, Work
from operations.metrics_server import metrics_served
from operations.notifier import Notifier
from operations.telemetry import Telemetry
from operations.tracing import start_tracing
from settings import Settings, load_settings
from storage.migrate import DatabaseUnavailableError
from storage.secret_cipher import SecretCipherError
from temporal.client import connect
from temporal.gateway import JourneyGateway
from temporal.observation import Observation
from temporal.search_attributes import register
from temporal.workers import Limits, run_workers
from workflows.queues import TASK_QUEUES

RECONNECT_INTERVAL = timedelta(seconds=2)
log = structlog.get_logger()


async def run_worker(settings: Settings, stop: asyncio.Event, clock: Clock = utc_now) -> None:
    """Work on journeys until told to stop, then finish what is under way.

    Raises:
        DatabaseUnavailableError: the database cannot be reached at the start.
        SecretCipherError: a secret of a store cannot be opened by SECRET_KEYS at the start.
    """
    telemetry = Telemetry(tracing=start_tracing("comeback-worker", on=settings.traces))
    host, port = settings.worker_metrics_host, settings.worker_metrics_port
    with metrics_served(host, port, telemetry.registry, "WORKER_METRICS_PORT"):
        await _run_worker(settings, stop, clock, telemetry)


async def _run_worker(
    settings: Settings, stop: asyncio.Event, clock: Clock, telemetry: Telemetry
) -> None:
    async with (
        open_database(settings.database, settings.secret_keys) as database,
        telemetry.observation() as observation,
        open_activities(database, settings, clock, telemetry=telemetry) as activities,
        open_template_checker(database, settings, clock) as templates,
    ):
        client = await _connect(settings, stop, observation)
        if client is None:
            return
        metrics = BackgroundMetrics(telemetry.registry)
        timing = DispatchMetrics(telemetry.registry)
        journeys = JourneyGateway(client)
        dispatcher = make_dispatcher(database, journeys, clock, timing=timing)
        background = _background_work(dispatcher, make_notifier(database, client), metrics)
        background.append(metrics.watched("check_templates", templates.check_due))
        rolling_up = BackgroundRollUp(database, clock)
        background.append(metrics.watched("roll_up_results", rolling_up.roll_up_due))
        limits = Limits(slots=settings.worker_activities, cached=settings.worker_cached_journeys)
        async with run_workers(client, activities, limits=limits, deployment=settings.deployment):
            gc.freeze()  # what is loaded stays: looking at it again would stop all for 0.2 s
            log.info("worker runs", task_queues=len(TASK_QUEUES), namespace=client.namespace)
            await _run_until(stop, *background)


def _background_work(
    dispatcher: Dispatcher, notifier: Notifier, metrics: BackgroundMetrics
) -> list[Work]:
    return [
        metrics.watched("dispatch_events", dispatcher.sweep),
        metrics.watched("release_held", notifier.release_held),
        metrics.watched("end_opted_out", notifier.end_opted_out),
        metrics.watched("signal_failures", notifier.signal_failures),
    ]


async def _run_until(stop: asyncio.Event, *work: Work) -> None:
    """Do the work in the background until told to stop; an unforeseen failure ends the worker."""
    stopping: asyncio.Task[Any] = asyncio.create_task(stop.wait())
    rounds = [asyncio.create_task(run_every_second(each)) for each in work]
    tasks = {stopping, *rounds}
    done, running = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in running:
        task.cancel()
    for task in done:
        task.result()


async def _connect(
    settings: Settings, stop: asyncio.Event, observation: Observation
) -> Client | None:
    """Wait for Temporal: a worker may be started before it. None when told to stop meanwhile."""
    while not stop.is_set():
        try:
            client = await connect(settings.payload_keys, observation=observation)
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
    keep_values_out_of_logs()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await run_worker(load_settings(), stop)
    except (DatabaseUnavailableError, SecretCipherError) as error:
        sys.exit(f"worker: {error}")


if __name__ == "__main__":
    uvloop.run(main())
