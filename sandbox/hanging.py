"""Leaving a caller without an answer, but never longer than the caller waits for it."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from fastapi import Request


async def hang(request: Request, longest: timedelta) -> None:
    """Wait until the caller hangs up or the time is over. The body must have been read before."""
    with suppress(TimeoutError):
        async with asyncio.timeout(longest.total_seconds()):
            while (await request.receive())["type"] != "http.disconnect":
                pass
