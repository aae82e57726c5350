"""The span of each request. Its name is the route's template, never the path."""

from typing import Any

from opentelemetry.trace import SpanKind, Tracer
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics import method_of, route_of

UNTRACED = ("/health/live", "/health/ready", "/metrics")
"""Called by machines, all the time."""

NO_TELEMETRY: Any = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""For FastAPI, whose own spans have the path and the query."""


class TracedRequests:
    """ASGI middleware that begins a trace with every request."""

    def __init__(self, app: ASGIApp, tracer: Tracer) -> None:
        """Trace what this application answers."""
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on within a span; the caller's own trace is not continued."""
        if scope["type"] != "http" or scope["path"] in UNTRACED:
            await self._app(scope, receive, send)
            return
        method = method_of(scope)
        with self._tracer.start_as_current_span(method, kind=SpanKind.SERVER) as span:

            async def note_status(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                await send(message)

            try:
                await self._app(scope, receive, note_status)
            finally:
                span.update_name(f"{method} {route_of(scope)}")
                span.set_attributes({"http.request.method": method, "http.route": route_of(scope)})
