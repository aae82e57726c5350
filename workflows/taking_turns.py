"""Work that goes on in the background of a worker: round after round, some at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from workflows.patience import TemporalAwayError

EVERY = timedelta(seconds=1)
"""How soon after a round the next one begins; a resumed store's journeys go on within this."""

AT_ONCE = 20
"""Customers served at the same time, so that one round does not drown Temporal."""

log = structlog.get_logger()


async def every_second(work: Callable[[], Awaitable[None]]) -> None:
    """Do rounds of work until cancelled; Temporal or the database being away ends none of it."""
    while True:
        try:
            await work()
        except (TemporalAwayError, SQLAlchemyError, OSError) as error:
            log.warning("waits", work=work.__qualname__, because=type(error).__name__)
        await asyncio.sleep(EVERY.total_seconds())


async def some_at_a_time(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Do all of it, whatever fails; then raise the first failure."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def in_slot(piece: Coroutine[Any, Any, None]) -> None:
        async with slots:
            await piece

    results = await asyncio.gather(*map(in_slot, work), return_exceptions=True)
    for result in results:
        if result is not None:
            raise result
