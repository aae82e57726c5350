"""Group commit: what arrives while a transaction runs shares the next one.

A commit waits for the disk, and a transaction costs several statements, however many events it
stores. So events do not have one each. An event that arrives alone begins one at once. After a
group, those who were just answered have a moment to post their next events: without it groups
would alternate between one event and all others.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Generic, TypeVar

from storage.database import UNAVAILABLE_ERRORS

MAX_GROUP: Final = 64
"""Events of one transaction: they have one answer time, and few enough to be quick."""

GATHERING: Final = timedelta(milliseconds=2)
"""After a group of several, before the next one."""

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, eq=False)
class _Waiting(Generic[Item, Result]):
    item: Item
    since: float
    """The event loop's time."""
    done: asyncio.Future[Result] = field(default_factory=asyncio.Future)

    def settle(self, result: Result | BaseException) -> None:
        if self.done.done():  # its caller is gone
            return
        if isinstance(result, BaseException):
            self.done.set_exception(result)
        else:
            self.done.set_result(result)


class GroupCommit(Generic[Item, Result]):
    """Commits items in groups, in which stores take turns."""

    def __init__(
        self,
        commit: Callable[[Sequence[Item]], Awaitable[Sequence[Result | None]]],
        commit_alone: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        store_of: Callable[[Item], str],
        customer_of: Callable[[Item], Any],
    ) -> None:
        """Commit by these.

        Args:
            commit: commits a group in one transaction; None for an item whose customer another
                transaction has locked.
            commit_alone: commits items of one customer in one transaction, however long it waits.
            store_of: an item's store.
            customer_of: an item's customer.
        """
        self._commit = commit
        self._commit_alone = commit_alone
        self._store_of = store_of
        self._customer_of = customer_of
        self._queues: OrderedDict[str, deque[_Waiting[Item, Result]]] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()
        self._runs = False
        self.pending = 0
        """Items that are not committed yet."""
        self.waited = timedelta(0)
        """How long the first of the latest group took to be committed."""

    async def add(self, item: Item) -> Result:
        """Commit an item, with others that arrive.

        Raises:
            Exception: what committing it raised.
        """
        now = asyncio.get_running_loop().time()
        waiting: _Waiting[Item, Result] = _Waiting(item, now)
        self._queues.setdefault(self._store_of(item), deque()).append(waiting)
        self.pending += 1
        try:
            if not self._runs:
                self._runs = True
                self._begin(self._run())
            return await waiting.done
        finally:
            self.pending -= 1

    def _begin(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self) -> None:
        try:
            size = 1
            while True:
                await asyncio.sleep(GATHERING.total_seconds() if size > 1 else 0)
                group = list(self._next_group())
                if not group:
                    return
                await self._commit_group(group)
                size = len(group)
                now = asyncio.get_running_loop().time()
                self.waited = timedelta(seconds=now - group[0].since)
        finally:
            self._runs = False

    def _next_group(self) -> Iterator[_Waiting[Item, Result]]:
        """The oldest of each store, then the next of each."""
        for _ in range(MAX_GROUP):
            if not self._queues:
                return
            store_id, queue = self._queues.popitem(last=False)
            yield queue.popleft()
            if queue:
                self._queues[store_id] = queue

    async def _commit_group(self, group: Sequence[_Waiting[Item, Result]]) -> None:
        try:
            results = await self._commit([each.item for each in group])
        except Exception as error:  # noqa: BLE001  # the failure is the datum: callers get it
            await self._one_by_one(group, error)
            return
        self._settle(group, results)

    def _settle(
        self, group: Sequence[_Waiting[Item, Result]], results: Sequence[Result | None]
    ) -> None:
        aside: dict[Any, list[_Waiting[Item, Result]]] = {}
        for waiting, result in zip(group, results, strict=True):
            if result is None:
                aside.setdefault(self._customer_of(waiting.item), []).append(waiting)
            else:
                waiting.settle(result)
        for of_customer in aside.values():
            self._begin(self._alone(of_customer))

    async def _one_by_one(self, group: Sequence[_Waiting[Item, Result]], error: Exception) -> None:
        """Find out whose failure it was; what is unavailable is unavailable for all."""
        if len(group) == 1:
            group[0].settle(error)
            return
        for position, waiting in enumerate(group):
            failure = await self._alone([waiting])
            if isinstance(failure, UNAVAILABLE_ERRORS):
                for each in group[position + 1 :]:
                    each.settle(failure)
                return

    async def _alone(self, of_customer: Sequence[_Waiting[Item, Result]]) -> Exception | None:
        try:
            results = await self._commit_alone([each.item for each in of_customer])
        except Exception as error:  # noqa: BLE001  # the failure is the datum: callers get it
            for each in of_customer:
                each.settle(error)
            return error
        for waiting, result in zip(of_customer, results, strict=True):
            waiting.settle(result)
        return None
