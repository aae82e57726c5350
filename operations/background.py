"""Background work of a worker: in rounds, some of it concurrently."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from temporal.rpc import TemporalUnavailableError

INTERVAL = timedelta(seconds=1)
"""How soon after a round the next one begins; a resumed store's journeys go on within this."""

MAX_CONCURRENT = 20
"""Pieces of work at the same time, so that one round does not flood Temporal."""

log = structlog.get_logger()


async def run_every_second(work: Callable[[], Awaitable[object]]) -> None:
    """Do rounds of work until cancelled; an unavailable Temporal or database does not end it."""
    while True:
        try:
            await work()
        except (TemporalUnavailableError, SQLAlchemyError, OSError) as error:
            log.warning("waits", work=work.__qualname__, because=type(error).__name__)
        await asyncio.sleep(INTERVAL.total_seconds())


async def run_concurrently(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Do all of it, `MAX_CONCURRENT` at a time; then raise the first failure, if any."""
    slots = asyncio.Semaphore(MAX_CONCURRENT)

    async def in_slot(piece: Coroutine[Any, Any, None]) -> None:
        async with slots:
            await piece

    results = await asyncio.gather(*map(in_slot, work), return_exceptions=True)
    for result in results:
        if result is not None:
            raise result
