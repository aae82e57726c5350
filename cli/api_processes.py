"""`journeys api`: processes of the API that share one address, kept alive and ended together."""

import asyncio
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

import typer

from cli.child import Program
from cli.errors import CommandError, Interrupted
from cli.supervisor import STOP_TIMEOUT, Supervisor
from settings import Settings

MAX_PORT: Final = 65535


async def run_api_processes(settings: Settings, workers: int) -> None:
    """Run so many processes until a signal comes; one that dies is started again.

    Raises:
        CommandError: there are not enough ports, or a process dies again and again.
    """
    programs = [_program(settings, number, workers) for number in range(workers)]
    with suppress(Interrupted):
        async with Supervisor(typer.echo, grace=STOP_TIMEOUT) as supervisor:
            for program in programs:
                await supervisor.start(program)
            typer.echo(f"{workers} processes on http://{settings.api_host}:{settings.api_port}")
            await asyncio.Event().wait()


def _program(settings: Settings, number: int, workers: int) -> Program:
    """One process. Together they share the rate of each store."""
    command = (sys.executable, "-m", "api", "--shared")
    environment = {
        **os.environ,
        "API_PROCESSES": str(settings.api_processes * workers),
        **_metrics_port(settings, number),
    }
    return Program(f"API {number + 1}", command, environment, log=None)


def _metrics_port(settings: Settings, number: int) -> Mapping[str, str]:
    """Each has its own port, one after the other."""
    if settings.api_metrics_port is None:
        return {}
    port = settings.api_metrics_port + number
    if port > MAX_PORT:
        raise CommandError(f"API {number + 1} has no port: API_METRICS_PORT + {number}")
    return {"API_METRICS_PORT": str(port)}
