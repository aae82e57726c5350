"""Leaving a caller without an answer, but never longer than the caller waits for it."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Final

from fastapi import Request

MAX_HANG: Final = timedelta(seconds=60)
"""Longer than the product's clients wait."""


async def hang(request: Request, max_wait: timedelta = MAX_HANG) -> None:
    """Wait until the caller disconnects or the time is over. Read the body before."""
    with suppress(TimeoutError):
        async with asyncio.timeout(max_wait.total_seconds()):
            while (await request.receive())["type"] != "http.disconnect":
                pass
