"""A small HTTP client on plain sockets: hundreds of its connections take little of a processor."""

import asyncio
import json
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from sandbox.samples import fresh

END_OF_HEAD = b"\r\n\r\n"


def request_head(path: str, length: int, *fields: str) -> bytes:
    """The head of a POST with a body of this length."""
    lines = (f"POST {path} HTTP/1.1", "Host: benchmark", f"Content-Length: {length}", *fields)
    return "\r\n".join(lines).encode() + END_OF_HEAD


def posted_event(number: str) -> bytes:
    """An event of a customer of its own."""
    body = fresh(
        "cart_update.add_to_cart", event_id=number, customer_id=f"c-{number}", at=datetime.now(UTC)
    )
    return json.dumps(body).encode()


class Connection:
    """One connection, open while the block runs."""

    def __init__(self, host: str, port: int) -> None:
        """Where to connect to."""
        self._address = (host, port)

    async def __aenter__(self) -> Self:
        """Connect."""
        self._reader, self._writer = await asyncio.open_connection(*self._address)
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _where: TracebackType | None,
    ) -> None:
        """Close."""
        self._writer.close()

    async def send(self, data: bytes) -> None:
        """Write bytes.

        Raises:
            OSError: the connection was closed.
        """
        if self._writer.is_closing() or self._reader.at_eof():
            raise ConnectionResetError
        self._writer.write(data)
        await self._writer.drain()

    async def post(self, path: str, body: bytes, key: str) -> int:
        """Post a body, and wait for the answer.

        Returns:
            Its status.
        """
        head = request_head(path, len(body), f"Authorization: Bearer {key}")
        await self.send(head + body)
        answer = (await self._reader.readuntil(END_OF_HEAD)).decode().lower()
        await self._reader.readexactly(int(answer.partition("content-length: ")[2].split("\r")[0]))
        return int(answer.split(" ")[1])
