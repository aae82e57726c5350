"""One run of the benchmark of faults: send everything, then collect both ledgers."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from sqlalchemy import select

from benchmarks.fault_checks import FaultChecks, SendRow
from benchmarks.fault_messages import fill
from benchmarks.fault_plan import PlannedFault, fault_at_meta, plan_faults, plan_kills
from benchmarks.fault_protocol import SendCommand, WorkerConfig
from benchmarks.fault_workers import WorkerPool
from benchmarks.processes import refusing_url, run_sandbox
from benchmarks.report import Figure
from bootstrap import open_database
from sandbox.ledger import Ledger
from storage.database import Database
from storage.tables import messages

MAX_DURATION = timedelta(minutes=9)
"""Of the sending. A message without a result by then breaks an invariant."""

HTTP_TIMEOUT = timedelta(seconds=30)


@dataclass(frozen=True)
class FaultOptions:
    """What the command line asks for."""

    sends: int
    seed: int
    kills: int


@dataclass(frozen=True)
class FaultReport:
    """What was counted."""

    figures: list[Figure]
    unexplained: list[SendRow]
    injected: Counter[str]
    kills: int
    seconds: float

    @property
    def broken(self) -> bool:
        """Whether any invariant is broken."""
        return any(figure.broken for figure in self.figures)


async def measure(database_url: str, options: FaultOptions) -> FaultReport:
    """Send everything, and hold the ledgers against each other."""
    chance = random.Random(options.seed)  # noqa: S311  # repeatable, not secret
    faults = plan_faults(chance, options.sends)
    kill_at = plan_kills(chance, options.sends, options.kills)
    commands = [_command(number, faults.get(number)) for number in range(options.sends)]
    async with open_database(database_url) as database:
        await fill(database, options.sends)
        with TemporaryDirectory() as folder, refusing_url() as refusing:
            ledger = Path(folder, "meta.jsonl")
            async with _meta(ledger, faults) as meta:
                config = WorkerConfig(
                    database_url=database_url, meta_url=meta, refusing_url=refusing
                )
                pool = WorkerPool(config, commands, kill_at, chance)
                seconds = await _run(pool)
            received = Ledger(ledger).entries  # only now has the stand-in written all
        rows = await _rows(database)
    checks = FaultChecks(options.sends, rows, received, pool.interrupted, pool.results)
    injected = Counter(each.name for each in faults.values())
    return FaultReport(checks.figures(), checks.unexplained(), injected, pool.kills, seconds)


def _command(number: int, fault: PlannedFault | None) -> SendCommand:
    refused = fault.times if fault is not None and fault.failure is None else 0
    return SendCommand(number=number, refused_attempts=refused)


async def _run(pool: WorkerPool) -> float:
    began = time.perf_counter()
    with suppress(TimeoutError):
        async with asyncio.timeout(MAX_DURATION.total_seconds()):
            await pool.run()
    return time.perf_counter() - began


async def _rows(database: Database) -> list[SendRow]:
    columns = (messages.c.customer_id, messages.c.status, messages.c.because)
    async with database.reading() as connection:
        rows = await connection.execute(select(*columns))
        return [SendRow(int(row.customer_id), row.status, row.because) for row in rows]


@asynccontextmanager
async def _meta(ledger: Path, planned: Mapping[int, PlannedFault]) -> AsyncIterator[str]:
    """The stand-in with all faults queued."""
    faults = [fault_at_meta(number, each) for number, each in planned.items()]
    async with run_sandbox(ledger) as url:
        client = httpx.AsyncClient(
            base_url=url, trust_env=False, timeout=HTTP_TIMEOUT.total_seconds()
        )
        async with client as http:
            for fault in filter(None, faults):
                answer = await http.post("/_sandbox/faults", json=fault.model_dump(mode="json"))
                answer.raise_for_status()
        yield url
