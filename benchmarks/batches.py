"""Calling something for many numbers, a batch at a time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

MAX_CONCURRENT: Final = 20


async def in_batches(call: Callable[[int], Awaitable[None]], numbers: range) -> None:
    """Call for each number; a batch starts when the one before has ended."""
    for start in range(0, len(numbers), MAX_CONCURRENT):
        await asyncio.gather(*map(call, numbers[start : start + MAX_CONCURRENT]))
