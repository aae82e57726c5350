"""Reading an answer's body, up to a limit."""

from collections.abc import AsyncIterable


class OversizedAnswerError(Exception):
    """An answer longer than the caller reads."""


async def read_body(chunks: AsyncIterable[bytes], max_bytes: int) -> bytes:
    """Read a streamed body, and stop where it is too long.

    Args:
        chunks: `aiter_raw()` or `aiter_bytes()` of a response.
        max_bytes: of the whole body.

    Raises:
        OversizedAnswerError: it has more than `max_bytes` bytes.
    """
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > max_bytes:
            raise OversizedAnswerError(f"answered more than {max_bytes} bytes")
    return bytes(body)
