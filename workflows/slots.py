"""How many activities a process does at once, and whose: queues share what there is.

A slot that is taken shares processor and database with all others, so that a hundred of one store
would make everybody's message take as long as a hundred. Few are enough to keep a process busy;
what has none waits in Temporal, where no timeout of an activity runs.
"""

import asyncio
import threading
from collections import Counter
from dataclasses import dataclass, field

from temporalio.worker import (
    CustomSlotSupplier,
    SlotMarkUsedContext,
    SlotPermit,
    SlotReleaseContext,
    SlotReserveContext,
)


@dataclass(eq=False)
class _Slot(SlotPermit):
    """One that a queue has, or waits for."""

    queue: str
    granted: bool = False
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    ready: asyncio.Event = field(default_factory=asyncio.Event)


class SharedSlots(CustomSlotSupplier):
    """One slot for each queue, always, to ask for work with; the others go to who has fewest.

    Temporal calls from threads of its own, too.
    """

    def __init__(self, shared: int) -> None:
        """Give out so many slots beyond the first of each queue."""
        self._shared = shared
        self._held: Counter[str] = Counter()
        self._waiting: list[_Slot] = []
        self._lock = threading.Lock()

    async def reserve_slot(self, ctx: SlotReserveContext) -> SlotPermit:
        """Wait for a slot."""
        slot = _Slot(ctx.task_queue)
        with self._lock:
            self._waiting.append(slot)
            self._grant()
        try:
            await slot.ready.wait()
        except asyncio.CancelledError:
            self._give_up(slot)
            raise
        return slot

    def try_reserve_slot(self, ctx: SlotReserveContext) -> SlotPermit | None:
        """None: what follows from a workflow task waits for its turn as everything else."""
        del ctx
        return None

    def mark_slot_used(self, ctx: SlotMarkUsedContext) -> None:
        """Asking for work counts as much as working: nothing to note."""

    def release_slot(self, ctx: SlotReleaseContext) -> None:
        """Take a slot back, and let the next have it."""
        if isinstance(ctx.permit, _Slot):
            self._give_up(ctx.permit)

    def _give_up(self, slot: _Slot) -> None:
        with self._lock:
            if slot.granted:
                self._held[slot.queue] -= 1
            else:
                self._waiting.remove(slot)
            self._grant()

    def _grant(self) -> None:
        """The queue with the fewest first; of one queue, whoever came first."""
        while self._waiting:
            slot = min(self._waiting, key=lambda each: self._held[each.queue])
            if self._held[slot.queue] and self._beyond_first() >= self._shared:
                return
            self._waiting.remove(slot)
            self._held[slot.queue] += 1
            slot.granted = True
            slot.loop.call_soon_threadsafe(slot.ready.set)

    def _beyond_first(self) -> int:
        return sum(max(0, held - 1) for held in self._held.values())
