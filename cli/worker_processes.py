"""`journeys worker`: worker processes of one machine, kept alive and ended together."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from datetime import timedelta
from typing import Final

import typer

from cli.child import Program
from cli.errors import CommandError, Interrupted
from cli.supervisor import Supervisor
from settings import Settings
from temporal.workers import SHUTDOWN_GRACE

STOP_TIMEOUT: Final = SHUTDOWN_GRACE + timedelta(seconds=4)
"""From SIGTERM to SIGKILL: what a worker takes to finish its deliveries, and to close."""

MAX_PORT: Final = 65535


async def run_worker_processes(settings: Settings, processes: int) -> None:
    """Run so many workers until a signal comes; one that dies is started again.

    Raises:
        CommandError: there are not enough ports, or a worker dies again and again.
    """
    workers = [_program(settings, number) for number in range(processes)]
    with suppress(Interrupted):
        async with Supervisor(typer.echo, grace=STOP_TIMEOUT) as supervisor:
            for worker in workers:
                await supervisor.start(worker)
            await asyncio.Event().wait()


def _program(settings: Settings, number: int) -> Program:
    """One worker; when this process dies, it finishes what it does and ends."""
    environment = {**os.environ, **_metrics_port(settings, number)}
    command = (sys.executable, "-m", "worker")
    name = f"worker {number + 1}"
    return Program(name, command, environment, log=None, orphan_signal=signal.SIGTERM)


def _metrics_port(settings: Settings, number: int) -> dict[str, str]:
    """Each worker has its own port, one after the other."""
    if settings.worker_metrics_port is None:
        return {}
    port = settings.worker_metrics_port + number
    if port > MAX_PORT:
        raise CommandError(f"worker {number + 1} has no port: WORKER_METRICS_PORT + {number}")
    return {"WORKER_METRICS_PORT": str(port)}
