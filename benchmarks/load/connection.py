"""A kept-alive HTTP/1.1 connection that reads of an answer its status and where it ends."""

import asyncio
from typing import Final, cast

END_OF_HEAD: Final = b"\r\n\r\n"
CONTENT_LENGTH: Final = b"content-length:"
_STATUS: Final = slice(9, 12)
"""Where `HTTP/1.1 202` has it."""


class PostConnection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._answer: asyncio.Future[int] | None = None

    async def post(self, request: bytes) -> int:
        """Send a whole request.

        Returns:
            The answer's status.

        Raises:
            ConnectionError: the other side closed the connection.
        """
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport, which for uvloop is no subclass of asyncio's."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer once everything has come."""
        self._buffer += data
        head, end, body = self._buffer.partition(END_OF_HEAD)
        if end and len(body) >= content_length(head) and self._answer is not None:
            self._buffer = b""
            self._answer.set_result(int(head[_STATUS]))
            self._answer = None

    def connection_lost(self, _error: Exception | None) -> None:
        """Fail what waits."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError())


def content_length(head: bytes) -> int:
    """The length of the body after this head; 0 without the field."""
    value = head.lower().partition(CONTENT_LENGTH)[2].partition(b"\r\n")[0]
    return int(value or 0)
