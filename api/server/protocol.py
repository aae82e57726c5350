"""HTTP/1.1 as uvicorn speaks it, on connections that are watched."""

import asyncio
from datetime import timedelta
from typing import Any, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from api.admission import Connection
from api.server.gate import Gate
from api.server.transport import LingeringTransport


class GuardedConfig(uvicorn.Config):
    """uvicorn's configuration, and the gate that all connections pass."""

    def __init__(self, app: Any, gate: Gate, **options: Any) -> None:
        """Serve `app` with these further options of uvicorn."""
        super().__init__(
            app,
            http=GuardedProtocol,
            ws="none",
            access_log=False,  # the application writes its own
            proxy_headers=False,  # the application reads them itself, from TRUSTED_PROXIES alone
            timeout_keep_alive=round(gate.limits.idle.total_seconds()),
            **options,
        )
        self.gate = gate


class GuardedProtocol(HttpToolsProtocol):
    """Closes a connection whose head, next request or answer is not there in time.

    Of uvicorn's protocol it uses `cycle`, the current request, and that it writes to `transport`.
    """

    transport: LingeringTransport

    def __init__(
        self,
        config: GuardedConfig,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """Requests find this connection's record in `scope["state"]`."""
        self._record = Connection()
        super().__init__(config, server_state, app_state | {"connection": self._record}, _loop)
        self._gate = config.gate
        self._limits = config.gate.limits
        self._deadline: asyncio.TimerHandle | None = None
        self._request: RequestResponseCycle | None = None
        self._head_began = True
        self._unanswered_bytes = 0
        self._head_bytes = 0
        self.peer = ""

    @property
    def authenticated(self) -> bool:
        """Whether a request over this connection was authenticated."""
        return self._record.authenticated

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let it in, or close it."""
        made = cast("asyncio.Transport", transport)
        linger = self._limits.linger.total_seconds()
        super().connection_made(LingeringTransport(made, self._is_receiving, linger))
        self.peer = self._gate.name_of(self.client[0] if self.client else "")
        if self._gate.enter(self):
            self._set_deadline(self._limits.head)
        else:
            self.end()

    def data_received(self, data: bytes) -> None:
        """Read on. What arrives after the answer of its request is dropped, up to a limit."""
        if self._request is None:
            self._unanswered_bytes += len(data)
        if self._unanswered_bytes > self._limits.dropped_bytes:
            self.end()
        elif not self.transport.lingers:
            self._head_bytes += len(data)
            super().data_received(data)
            if self._head_bytes > self._limits.head_bytes:
                self.send_400_response("The head of the request is too long.")
            self._watch()
            if self._request is None and not self._head_began:
                self._head_began = True
                self._set_deadline(self._limits.head)

    def on_headers_complete(self) -> None:
        """Begin a request; what is counted next is the head of another one."""
        self._head_bytes = 0
        if sum(len(name) + len(value) for name, value in self.headers) > self._limits.head_bytes:
            raise ValueError("the head is too long")  # the parser then answers 400
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of a body, which is not counted as a head."""
        self._head_bytes = 0
        super().on_body(body)

    def on_response_complete(self) -> None:
        """Wait for the next request, which may be there already."""
        if self._is_receiving() and not self.authenticated:
            self.transport.close()  # what is still sent is dropped unread
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it no more."""
        self._gate.leave(self)
        self._set_deadline(None)
        super().connection_lost(exc)

    def end(self) -> None:
        """Close it at once, and drop what is still to be written."""
        self._set_deadline(None)
        self.transport.abort()

    def _is_receiving(self) -> bool:
        return self.cycle is not None and self.cycle.more_body

    def _watch(self) -> None:
        """Begin to wait for something else when a request has begun or was answered."""
        answered = self.cycle is None or self.cycle.response_complete
        request = None if answered else self.cycle
        if request is not self._request:
            self._request = request
            self._head_began = False
            self._unanswered_bytes = 0
            self._gate.set_waiting(self, waits=answered)
            # uvicorn itself closes an idle connection; this one also a peer that does not read.
            idle = self._limits.idle + self._limits.head
            self._set_deadline(idle if answered else self._limits.request)

    def _set_deadline(self, after: timedelta | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if after is not None:
            self._deadline = self.loop.call_later(after.total_seconds(), self.end)
