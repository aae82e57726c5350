"""A slot supplier that shares the activity slots of one process among its task queues.

An activity that runs shares processor and database with all others, so that a hundred of one store
would make every store's message take as long as a hundred. Few are enough to keep a process busy;
what has no slot waits in Temporal, where no timeout of an activity runs.
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
    """A slot that a queue has, or waits for."""

    queue: str
    granted: bool = False
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    ready: asyncio.Event = field(default_factory=asyncio.Event)


class SharedSlots(CustomSlotSupplier):
    """One slot for each queue, always, to poll with; the others go to the queue with fewest.

    Temporal calls from threads of its own, too.
    """

    def __init__(self, shared: int) -> None:
        """Share this many slots beyond the first of each queue."""
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
            self._free(slot)
            raise
        return slot

    def try_reserve_slot(self, ctx: SlotReserveContext) -> SlotPermit | None:
        """None: eager activities, which a workflow task asks for, wait for a poll as all others."""
        del ctx
        return None

    def mark_slot_used(self, ctx: SlotMarkUsedContext) -> None:
        """Nothing to note: a slot counts from its poll on."""

    def release_slot(self, ctx: SlotReleaseContext) -> None:
        """Free a slot, and grant it to the next."""
        if isinstance(ctx.permit, _Slot):
            self._free(ctx.permit)

    def _free(self, slot: _Slot) -> None:
        with self._lock:
            if slot.granted:
                self._held[slot.queue] -= 1
            else:
                self._waiting.remove(slot)
            self._grant()

    def _grant(self) -> None:
        """The queue with the fewest slots is first; within a queue, the order of arrival counts."""
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
