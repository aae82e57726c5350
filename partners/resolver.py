"""The system's resolver, on threads of its own."""

import asyncio
import socket
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from partners.egress import Resolve

THREADS: Final = 8
"""A host whose name server does not answer keeps one for as long as the system's resolver waits."""


@asynccontextmanager
async def system_resolver(threads: int = THREADS) -> AsyncIterator[Resolve]:
    """Ask the system's resolver, as `Resolve` says.

    Not on the event loop's own threads: stores choose the hosts, and with some slow name servers of
    theirs nothing else that needs such a thread would go on.

    Args:
        threads: how many hosts are resolved at a time; more wait.
    """
    executor = ThreadPoolExecutor(threads, thread_name_prefix="resolver")

    async def resolve(host: str, port: int) -> list[str]:
        ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(executor, ask)
        return [str(each[4][0]) for each in found]

    try:
        yield resolve
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
