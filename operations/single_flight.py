"""One running piece of work for all who want its result."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")


class SingleFlight(Generic[Result]):
    """Shares running work, so that many callers cost as much as one."""

    def __init__(self) -> None:
        """Begin with nothing running."""
        self._running: asyncio.Task[Result] | None = None

    async def result(self, work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """The result of the work that runs; it is begun if none does.

        A caller that is cancelled ends neither the work nor the others' waiting.
        """
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(work())
        return await asyncio.shield(self._running)
