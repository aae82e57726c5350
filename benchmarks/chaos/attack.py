"""Doing what the schedule says to the stack."""

import asyncio
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from benchmarks.chaos import processes
from benchmarks.chaos.customers import StoreId
from benchmarks.chaos.operator import Operator
from benchmarks.chaos.schedule import Action, Target, What
from benchmarks.chaos.stack import AttackedStack
from clock import utc_now
from sandbox.graph import GraphFailure, GraphFault
from sandbox.partner_faults import PartnerFailure, PartnerFault

FIND_TIMEOUT: Final = 10.0
"""How long to wait for a process that is just being started; then the kill is left out."""

POLL_SECONDS: Final = 0.05
LOCK_TIMEOUT: Final = 10.0


@dataclass(frozen=True)
class Disturbance:
    """What was done, and when."""

    action: Action
    began: datetime
    ended: datetime


@dataclass
class Attack:
    """Runs a schedule, and remembers what it did."""

    stack: AttackedStack
    operator: Operator
    done: list[Disturbance] = field(default_factory=list)

    async def run(self, schedule: Iterable[Action]) -> None:
        """Do everything at its time; returns when all of it is over."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for action in schedule:
                group.create_task(self._at(began + action.at, action))

    async def _at(self, when: float, action: Action) -> None:
        await asyncio.sleep(max(0.0, when - time.monotonic()))
        began = utc_now()
        happened = await self._do(action)
        if happened:
            self.done.append(Disturbance(action, began, utc_now()))

    async def _do(self, action: Action) -> bool:
        match action.what:
            case What.KILL:
                return await self._kill(action.target)
            case What.FREEZE:
                return await self._freeze(action)
            case What.PAUSE:
                await self.operator.pause_for(StoreId.PAUSED, action.seconds)
            case What.FAIL:
                await self._fail(action)
        return True

    async def _kill(self, target: Target) -> bool:
        pids = await self._found(target)
        processes.send(signal.SIGKILL, pids)
        return bool(pids)

    async def _freeze(self, action: Action) -> bool:
        if action.target is Target.DATABASE and self.stack.postgresql is None:
            async with locked(self.stack.sqlite_file):
                await asyncio.sleep(action.seconds)
            return True
        pids = await self._found(action.target)
        processes.send(signal.SIGSTOP, pids)
        try:
            await asyncio.sleep(action.seconds)
        finally:
            processes.send(signal.SIGCONT, pids)
        return bool(pids)

    async def _found(self, target: Target) -> list[int]:
        """Its processes; they may just be being started."""
        until = time.monotonic() + FIND_TIMEOUT
        while not (pids := self.stack.pids(target)) and time.monotonic() < until:  # noqa: ASYNC110  # another process's state
            await asyncio.sleep(POLL_SECONDS)
        return pids

    async def _fail(self, action: Action) -> None:
        if action.target is Target.PARTNER:
            fault = PartnerFault(fault=PartnerFailure(action.failure), seconds=action.seconds)
            await self.operator.queue_fault("/partner/_sandbox/faults", fault)
        else:
            failure = GraphFault(fault=GraphFailure(action.failure), code=action.code)
            await self.operator.queue_fault("/_sandbox/faults", failure)


@asynccontextmanager
async def locked(sqlite_file: Path) -> AsyncIterator[None]:
    """Keep all writers out of a SQLite database, as one that is frozen would."""
    connection = await asyncio.to_thread(_lock, sqlite_file)
    with closing(connection):
        yield


def _lock(sqlite_file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        sqlite_file, timeout=LOCK_TIMEOUT, isolation_level=None, check_same_thread=False
    )
    connection.execute("BEGIN EXCLUSIVE")
    return connection
