"""A transport that closes so that the answer arrives, also before the request was read."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any


class LingeringTransport(asyncio.Transport):
    """Passes everything on, but closes in two steps while the peer is still sending.

    A socket that is closed with unread data sends a reset, which takes the answer from a sender
    that is still writing. RFC 9112, 9.6: close for writing first, and read on for a while.
    """

    def __init__(
        self, transport: asyncio.Transport, is_receiving: Callable[[], bool], seconds: float
    ) -> None:
        """Wrap a transport.

        Args:
            transport: what the event loop made.
            is_receiving: whether the peer has not sent its request in full.
            seconds: how long to read on at most.
        """
        super().__init__()
        self._transport = transport
        self._is_receiving = is_receiving
        self._seconds = seconds
        self.lingers = False

    def close(self) -> None:
        """Close when what was written has been sent, and the peer has stopped sending."""
        if self.is_closing():
            return
        if not self._is_receiving():
            self._transport.close()
            return
        self.lingers = True
        asyncio.get_running_loop().call_later(self._seconds, self._transport.abort)
        with suppress(OSError):  # the peer has gone: the loop notices by itself
            self._transport.write_eof()
        self._transport.resume_reading()

    def is_closing(self) -> bool:
        """Whether nothing more can be written."""
        return self.lingers or self._transport.is_closing()

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send data."""
        self._transport.write(data)

    def pause_reading(self) -> None:
        """Let the peer wait."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read on."""
        self._transport.resume_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What the event loop knows of the connection."""
        return self._transport.get_extra_info(name, default)
