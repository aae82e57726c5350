"""Reading request bodies: never more than there is room for, whatever their headers say."""

import asyncio

from fastapi import HTTPException, Request

KIBIBYTE = 1024
DRAINED = 16
"""How many times the limit is still read and dropped, so that the answer reaches the sender."""


PATIENCE_SECONDS = 10
"""For a whole body; who drips longer only keeps a place from others."""


async def read(request: Request, most: int) -> bytes:
    """The body, cut after `most + 1` bytes.

    Raises:
        HTTPException: 408, it did not come in time.
    """
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await _read(request, most)
    except TimeoutError as error:
        raise HTTPException(408, f"the body took over {PATIENCE_SECONDS} s") from error


async def _read(request: Request, most: int) -> bytes:
    kept, arrived = bytearray(), 0
    async for chunk in request.stream():
        arrived += len(chunk)
        kept += chunk[: most + 1 - len(kept)]
        if arrived > most * DRAINED:
            break
    return bytes(kept)


def must_fit(raw: bytes, most: int) -> None:
    """Refuse a body that `read` had to cut.

    Raises:
        HTTPException: 413.
    """
    if len(raw) > most:
        raise HTTPException(413, f"the body is over {most // KIBIBYTE} KiB")
