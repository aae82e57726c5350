"""What an outbound request costs of the processor: `python -m benchmarks.outbound`.

Messages to Meta and exit checks, 32 at a time, to the stand-ins in another process. Counted is the
processor's time of this process alone, from building the request to the outcome.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.processes import run_sandbox
from domain.messages.rendering import RenderedMessage
from domain.messages.send_outcome import Accepted
from domain.stores.config import ExitApi, WhatsAppAccount
from partners.exit_api import ExitApiClient
from partners.http import partner_http
from whatsapp.client import CloudApiClient, whatsapp_http

REQUESTS: Final = 2000
AT_ONCE: Final = 32
MESSAGE: Final = RenderedMessage(template="cart_reminder", language="en_US", body=["Asha"])
ACCOUNT: Final = WhatsAppAccount.model_validate(
    {"phone_number_id": "1055", "access_token": "token"}
)


async def measure(request: Callable[[], Awaitable[None]]) -> float:
    """Milliseconds of the processor for one request."""
    turns = repeat(None, REQUESTS)

    async def send_in_turn() -> None:
        for _ in turns:
            await request()

    await request()
    began = time.process_time()
    await asyncio.gather(*(send_in_turn() for _ in range(AT_ONCE)))
    return (time.process_time() - began) / REQUESTS * 1000


async def measure_all(url: str) -> dict[str, float]:
    """The milliseconds of each kind of request to these stand-ins."""
    async with whatsapp_http() as meta, partner_http() as partners:
        cloud_api = CloudApiClient(meta, url)
        exit_api = ExitApiClient(partners, allow_private=True)
        asked = ExitApi.model_validate({"url": f"{url}/partner/fetch-user-events"})

        async def send() -> None:
            outcome = await cloud_api.send(ACCOUNT, MESSAGE, "+919876543210", "m1")
            if not isinstance(outcome, Accepted):
                raise TypeError(outcome)

        async def check() -> None:
            await exit_api.recent_events(asked, "c-1", has_answered=True)

        return {"message to Meta": await measure(send), "exit check": await measure(check)}


async def _run() -> dict[str, float]:
    with TemporaryDirectory() as folder:
        async with run_sandbox(Path(folder) / "ledger.jsonl") as url:
            return await measure_all(url)


def main() -> None:
    """Measure and print."""
    table = Table("request", "processor")
    for name, milliseconds in asyncio.run(_run()).items():
        table.add_row(name, f"{milliseconds:.2f} ms")
    Console().print(table)


if __name__ == "__main__":
    main()
