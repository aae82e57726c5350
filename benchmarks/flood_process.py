"""A flood as a process of its own: `python -m benchmarks.flood_process KIND PORT PATH COUNT KEY`.

When SIGTERM ends it, it prints as JSON how often it was answered which status. KIND is `keyless`,
connections that send a byte a second of a head or of a body, or `store`, connections that post as
fast as they can.
"""

import asyncio
import json
import signal
import sys
from collections import Counter
from contextlib import suppress
from typing import Final

from benchmarks.raw_http import Connection, posted_event, request_head
from sandbox.server import HOST

ANNOUNCED_BYTES: Final = 60_000
SECOND: Final = 1.0


async def _keyless(port: int, path: str, number: int, statuses: Counter[str]) -> None:
    """Send a byte a second: of a head by every second connection, of a body by the others."""
    head = request_head(path, ANNOUNCED_BYTES)
    while True:
        with suppress(OSError, asyncio.IncompleteReadError):
            async with Connection(HOST, port) as connection:
                slow = head if number % 2 else b" " * ANNOUNCED_BYTES
                if slow is not head:
                    await connection.send(head)
                for byte in slow:
                    await connection.send(bytes([byte]))
                    await asyncio.sleep(SECOND)
        statuses["closed"] += 1
        await asyncio.sleep(SECOND)


async def _store(port: int, path: str, key: str, number: int, statuses: Counter[str]) -> None:
    """Post events of one customer after another."""
    count = 0
    while True:
        with suppress(OSError, asyncio.IncompleteReadError):
            async with Connection(HOST, port) as connection:
                while True:
                    count += 1
                    status = await connection.post(path, posted_event(f"a-{number}-{count}"), key)
                    statuses[str(status)] += 1


async def main(kind: str, port: int, path: str, count: int, key: str) -> None:
    """Flood until SIGTERM."""
    statuses: Counter[str] = Counter()
    senders = [
        asyncio.create_task(
            _keyless(port, path, number, statuses)
            if kind == "keyless"
            else _store(port, path, key, number, statuses)
        )
        for number in range(count)
    ]
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()
    for sender in senders:
        sender.cancel()
    await asyncio.wait(senders)
    sys.stdout.write(f"{json.dumps(statuses)}\n")


if __name__ == "__main__":
    _, kind, port, path, count, key = sys.argv
    asyncio.run(main(kind, int(port), path, int(count), key))
