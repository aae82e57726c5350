"""How the stand-in for a partner fails, and what it then answers."""

from collections.abc import AsyncIterator
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final

from fastapi import Request, Response
from fastapi.responses import JSONResponse, RedirectResponse, StreamingResponse
from pydantic import Field

from sandbox.faults import Fault
from sandbox.hanging import hang

HUGE_CHUNKS: Final = 64
CHUNK: Final = b" " * 1024 * 1024


class PartnerFailure(StrEnum):
    """How an exit check can fail."""

    SLOW = "slow"
    """The right answer, `seconds` late."""
    WRONG = "wrong"
    """200 with JSON that does not have the guide's form."""
    DOWN = "down"
    NOT_FOUND = "not_found"
    REDIRECT = "redirect"
    """To the very same URL, which then answers rightly."""
    HUGE = "huge"
    """64 MiB of white space."""


class PartnerFault(Fault):
    """A failure of the next requests."""

    fault: PartnerFailure
    seconds: Annotated[float, Field(ge=0, le=60)] = 0


async def failed_answer(fault: PartnerFault, request: Request) -> Response | None:
    """The answer of a fault, None when the right answer follows after all."""
    match fault.fault:
        case PartnerFailure.SLOW:
            await hang(request, timedelta(seconds=fault.seconds))
            return None
        case PartnerFailure.WRONG:
            return JSONResponse({"recent_events": {"cart_update": "yesterday"}})
        case PartnerFailure.DOWN:
            return Response(status_code=503)
        case PartnerFailure.NOT_FOUND:
            return JSONResponse({"error": "no such customer"}, 404)
        case PartnerFailure.REDIRECT:
            return RedirectResponse(request.url)
        case PartnerFailure.HUGE:
            return StreamingResponse(_white_space(), media_type="application/json")


async def _white_space() -> AsyncIterator[bytes]:
    for _ in range(HUGE_CHUNKS):
        yield CHUNK
