"""Reading request bodies within a limit; their Content-Length is not trusted."""

import asyncio

from fastapi import HTTPException, Request

KIBIBYTE = 1024
DRAIN_FACTOR = 16
"""How many times the limit is read and dropped, so that the answer reaches the sender."""

READ_TIMEOUT_SECONDS = 10
"""For a whole body: a slow sender keeps a place from others."""


async def read(request: Request, limit: int) -> bytes:
    """The body, cut after `limit + 1` bytes.

    Raises:
        HTTPException: 408, it did not arrive in time.
    """
    try:
        async with asyncio.timeout(READ_TIMEOUT_SECONDS):
            return await _read(request, limit)
    except TimeoutError as error:
        raise HTTPException(408, f"the body took over {READ_TIMEOUT_SECONDS} s") from error


async def _read(request: Request, limit: int) -> bytes:
    kept, arrived = bytearray(), 0
    async for chunk in request.stream():
        arrived += len(chunk)
        kept += chunk[: limit + 1 - len(kept)]
        if arrived > limit * DRAIN_FACTOR:
            break
    return bytes(kept)


def check_size(raw: bytes, limit: int) -> None:
    """Refuse a body that `read` had to cut.

    Raises:
        HTTPException: 413.
    """
    if len(raw) > limit:
        raise HTTPException(413, f"the body is over {limit // KIBIBYTE} KiB")


async def read_whole(request: Request, limit: int) -> bytes:
    """The whole body.

    Raises:
        HTTPException: 408, it did not arrive in time; 413, it is over the limit.
    """
    raw = await read(request, limit)
    check_size(raw, limit)
    return raw
