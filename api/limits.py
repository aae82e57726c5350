"""Middleware that keeps one process answering: not too much at once, and no failure that tells."""

import traceback

import structlog
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_IN_FLIGHT = 1000
"""Requests being answered in this process; with more, the database's pool only queues them."""

RETRY_SOON = {"Retry-After": "1"}
log = structlog.get_logger()


class InFlightLimit:
    """Turns requests under `/v1` away while too many others are being answered."""

    def __init__(self, app: ASGIApp, most: int = MOST_IN_FLIGHT) -> None:
        """Let so many pass at a time."""
        self._app = app
        self._most = most
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or say when to come back."""
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self._app(scope, receive, send)
            return
        if self._in_flight >= self._most:
            detail = {"detail": "too many requests at once"}
            await JSONResponse(detail, 429, RETRY_SOON)(scope, receive, send)
            return
        self._in_flight += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._in_flight -= 1


class DiscreetFailures:
    """Answers 500 for whatever nobody foresaw, and logs where it happened.

    Not the exception's message: it may quote the row, or the event, that it is about.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Guard this application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answering = False

        async def noting_start(message: Message) -> None:
            nonlocal answering
            answering = True
            await send(message)

        try:
            await self._app(scope, receive, noting_start)
        except Exception as error:  # noqa: BLE001  # the last to see it; it is logged
            _log(error)
            if not answering:
                await JSONResponse({"detail": "internal error"}, 500)(scope, receive, send)


def _log(error: Exception) -> None:
    frames = traceback.extract_tb(error.__traceback__)
    at = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-12:]]
    log.error("request failed", error=type(error).__name__, at=at)
