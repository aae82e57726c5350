"""Heartbeats: how Temporal learns within seconds that the worker of a delivery died.

They carry from attempt to attempt how many exit checks failed.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from temporalio import activity

INTERVAL: Final = timedelta(seconds=5)
"""A quarter of the heartbeat timeout (`workflows/policies.py`). Most deliveries take less, and send
none."""


@asynccontextmanager
async def beating() -> AsyncIterator[None]:
    """Send heartbeats while the block runs."""
    task = asyncio.create_task(_beat())
    try:
        yield
    finally:
        task.cancel()


async def _beat() -> None:
    while True:
        await asyncio.sleep(INTERVAL.total_seconds())
        activity.heartbeat(failed_exit_checks())


def failed_exit_checks() -> int:
    """How many exit checks failed in the attempts before this one."""
    details = activity.info().heartbeat_details
    return int(details[0]) if details else 0
