"""Killing a coroutine at any of its awaits."""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass
from typing import Any


@dataclass
class Killed:
    """Awaits a coroutine, and kills it when it has to wait for the nth time."""

    coroutine: Coroutine[Any, Any, Any]
    waits_left: int | None
    """None: it lives."""
    at_death: Callable[[], None]
    """What must happen before anything of it can clean up."""

    def __await__(self) -> Generator[Any, Any, Any]:
        running = self.coroutine.__await__()
        error: BaseException | None = None
        while True:
            try:
                waited = running.send(None) if error is None else running.throw(error)
            except StopIteration as end:
                return end.value
            self._count()
            try:
                error = None
                yield waited
            except BaseException as thrown:  # noqa: BLE001  # handed on to the coroutine
                error = thrown

    def _count(self) -> None:
        if self.waits_left is None:
            return
        self.waits_left -= 1
        task = asyncio.current_task()
        if self.waits_left == 0 and task is not None:
            self.at_death()
            task.cancel()
