"""The usual way to debounce in a workflow: each event cancels the timer and starts a new one."""

import asyncio
from contextlib import suppress
from typing import Final

from temporalio import workflow

TEXTBOOK_QUEUE: Final = "textbook"


@workflow.defn
class TextbookDebounce:
    """Waits until no event came for so many seconds; sends nothing."""

    def __init__(self) -> None:
        self._received, self._settled = 0, 0

    @workflow.run
    async def run(self, seconds: float) -> None:
        """Restart the wait for as long as events keep coming."""
        while True:
            self._settled = self._received
            with suppress(asyncio.TimeoutError):
                await workflow.wait_condition(
                    lambda: self._received > self._settled, timeout=seconds
                )
                continue
            return

    @workflow.signal
    def event_received(self, _event: str) -> None:
        """Count an event."""
        self._received += 1
