"""Whether a request that failed may have been sent."""

from typing import Any, Final

import httpx

BEGINS: Final = "http11.send_request_headers.started"
"""httpcore's name for the moment before the first byte of a request is written."""

UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
"""Failures before the first byte of the request: nothing was sent."""


class RequestTrace:
    """Notes when a request begins to be written; as `trace` among its extensions."""

    def __init__(self) -> None:
        """Begin before the request is sent."""
        self._began = False

    async def __call__(self, event: str, info: dict[str, Any]) -> None:
        """Take an event of the transport's."""
        del info
        self._began |= event == BEGINS

    @property
    def began(self) -> bool:
        """Whether any of the request may have been written."""
        return self._began

    def proves_unsent(self, error: Exception) -> bool:
        """Whether nothing was sent when this was raised."""
        names_its_phase = isinstance(error, httpx.HTTPError | OSError)
        return not self._began and (isinstance(error, UNSENT) or not names_its_phase)
