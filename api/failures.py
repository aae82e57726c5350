"""Middleware: unexpected failures answered and logged."""

import structlog
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.values.failure_places import places_of

log = structlog.get_logger()


class RedactedFailures:
    """Answers 500 for an unexpected failure, and logs where it happened.

    Not the exception's message: it may quote the row, or the event, that it is about.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap this application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def record_start(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, record_start)
        except Exception as error:  # noqa: BLE001  # the outermost handler: it is logged
            _log(error)
            if not started:
                await JSONResponse({"detail": "internal error"}, 500)(scope, receive, send)


def _log(error: Exception) -> None:
    log.error("request failed", error=type(error).__name__, at=places_of(error))
