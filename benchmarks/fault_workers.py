"""The worker processes of the benchmark of faults: some are killed, and others take over."""

import asyncio
import random
from collections import deque
from collections.abc import Iterable

from benchmarks.fault_process import WorkerProcess, run_fault_worker
from benchmarks.fault_protocol import SendAnswer, SendCommand, WorkerConfig

WORKERS = 3
MAX_IN_FLIGHT = 8
"""Messages that one worker is sending at any time."""


class WorkerPool:
    """Sends all messages, although workers are killed."""

    def __init__(
        self,
        config: WorkerConfig,
        commands: Iterable[SendCommand],
        kill_at: Iterable[int],
        chance: random.Random,
    ) -> None:
        self._config = config
        self._queue = deque(commands)
        self._sends = len(self._queue)
        self._kill_at = deque(kill_at)
        """After how many answers to kill a worker."""
        self._chance = chance
        self._workers: set[WorkerProcess] = set()
        self.kills = 0
        self.interrupted: set[int] = set()
        """Messages that a worker was sending when it was killed."""
        self.results: dict[int, str] = {}
        """The journeys' results, by message."""

    async def run(self) -> None:
        """Return when every message has its result."""
        async with asyncio.TaskGroup() as group:
            for _ in range(WORKERS):
                group.create_task(self._supervise())

    async def _supervise(self) -> None:
        """Run a worker, and a new one when it was killed."""
        while not self._done:
            async with run_fault_worker() as worker:
                await self._run_worker(worker)

    @property
    def _done(self) -> bool:
        return len(self.results) == self._sends

    async def _run_worker(self, worker: WorkerProcess) -> None:
        self._workers.add(worker)
        worker.write(self._config)
        self._fill(worker)
        self._close_if_done()  # the last answer may have come while this one was started
        try:
            async for answer in worker.answers():
                self._handle(worker, answer)
        finally:
            self._workers.discard(worker)
        await worker.wait()
        self._requeue(worker)

    def _fill(self, worker: WorkerProcess) -> None:
        while self._queue and len(worker.in_flight) < MAX_IN_FLIGHT and not worker.killed:
            command = self._queue.popleft()
            worker.in_flight[command.number] = command
            worker.write(command)

    def _handle(self, worker: WorkerProcess, answer: SendAnswer) -> None:
        del worker.in_flight[answer.number]
        worker.answered += 1
        self.results[answer.number] = answer.result
        if self._kill_at and len(self.results) >= self._kill_at[0]:
            self._kill_one()
        self._fill(worker)
        self._close_if_done()

    def _close_if_done(self) -> None:
        if self._done:
            for worker in self._workers:
                worker.close()

    def _kill_one(self) -> None:
        """SIGKILL a worker that is sending; if none is, the next answer tries again."""
        busy = [
            each for each in self._workers if each.answered and each.in_flight and not each.killed
        ]
        if not busy:
            return
        self._kill_at.popleft()
        victim = self._chance.choice(sorted(busy, key=lambda each: each.process.pid))
        victim.kill()
        self.kills += 1

    def _requeue(self, worker: WorkerProcess) -> None:
        """Retry a dead worker's messages at once, where Temporal would wait 30 seconds."""
        self.interrupted.update(worker.in_flight)
        self._queue.extendleft(worker.in_flight.values())
        for each in self._workers:
            self._fill(each)
