"""At most once, with faults, at scale: `python -m benchmarks.faults [--sends 10000] [--seed N]`.

Worker processes send through the real way, claim, Meta, ledger, to a stand-in for Meta in a process
of its own that keeps its own ledger. One message in ten meets a fault, and workers are killed with
SIGKILL in the middle. In the end both ledgers are held against each other; exits with 1 when a
promise is broken. On PostgreSQL where one answers, else on SQLite. Ends by itself, all on loopback.

What is drawn is the same for the same seed; when a worker is hit by its kill is not.
"""

import argparse
import asyncio
import random
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from benchmarks.databases import SERVER, postgresql
from benchmarks.faults_drawn import MOST_SENDS, Drawn, draw, draw_kills, fault_at_meta, fill
from benchmarks.faults_fleet import ROOT, Fleet
from benchmarks.faults_proof import Line, Proof, Row
from benchmarks.faults_worker import Order, World
from sandbox.ledger import Ledger
from storage.database import Database
from storage.migrate import upgrade_in_thread
from storage.tables import messages

HOST = "127.0.0.1"
LONGEST = timedelta(minutes=9)
"""Of the sending; what has no answer by then is a broken promise."""


@dataclass(frozen=True)
class Wanted:
    """What was asked for on the command line."""

    sends: int
    seed: int
    kills: int


@dataclass(frozen=True)
class Result:
    """What came of it."""

    lines: list[Line]
    unexplained: list[Row]
    injected: Counter[str]
    kills: int
    seconds: float

    @property
    def broken(self) -> bool:
        """Whether any promise is."""
        return any(line.broken for line in self.lines)


async def measure(url: str, wanted: Wanted) -> Result:
    """Send everything, and hold the ledgers against each other."""
    chance = random.Random(wanted.seed)  # noqa: S311  # repeatable, not secret
    drawn = draw(chance, wanted.sends)
    kill_at = draw_kills(chance, wanted.sends, wanted.kills)
    orders = [_order(number, drawn.get(number)) for number in range(wanted.sends)]
    await upgrade_in_thread(url)
    database = Database(url)
    try:
        await fill(database, wanted.sends)
        with TemporaryDirectory() as folder, _closed() as closed_url:
            ledger = Path(folder, "meta.jsonl")
            async with _meta(ledger, drawn) as meta_url:
                world = World(database_url=url, meta_url=meta_url, closed_url=closed_url)
                fleet = Fleet(world, orders, kill_at, chance)
                seconds = await _run(fleet)
            received = Ledger(ledger).entries  # by now there is nobody left to write to it
        rows = await _rows(database)
    finally:
        await database.close()
    proof = Proof(wanted.sends, rows, received, fleet.interrupted, fleet.answers)
    injected = Counter(each.name for each in drawn.values())
    return Result(proof.lines(), proof.unexplained(), injected, fleet.kills, seconds)


def _order(number: int, drawn: Drawn | None) -> Order:
    refused = drawn.times if drawn is not None and drawn.failure is None else 0
    return Order(number=number, refused=refused)


async def _run(fleet: Fleet) -> float:
    began = time.perf_counter()
    with suppress(TimeoutError):
        async with asyncio.timeout(LONGEST.total_seconds()):
            await fleet.run()
    return time.perf_counter() - began


async def _rows(database: Database) -> list[Row]:
    columns = (messages.c.customer_id, messages.c.status, messages.c.because)
    async with database.reading() as connection:
        found = await connection.execute(select(*columns))
        return [Row(int(row.customer_id), row.status, row.because) for row in found]


@contextmanager
def _closed() -> Iterator[str]:
    """An address that refuses connections: taken, and nobody listens."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        yield f"http://{HOST}:{taken.getsockname()[1]}"


@asynccontextmanager
async def _meta(ledger: Path, drawn: Mapping[int, Drawn]) -> AsyncIterator[str]:
    """The stand-in as a process, told of every fault."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", "--ledger", str(ledger)),
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    try:
        url = (await process.stdout.readline()).decode().strip() if process.stdout else ""
        faults = [fault_at_meta(number, each) for number, each in drawn.items()]
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as http:
            for fault in filter(None, faults):
                answer = await http.post("/_sandbox/faults", json=fault.model_dump(mode="json"))
                answer.raise_for_status()
        yield url
    finally:
        process.terminate()
        await process.wait()


async def main(server: str, wanted: Wanted) -> bool:
    """Measure and print; whether every promise was kept."""
    console = Console()
    with TemporaryDirectory() as folder, postgresql(server) as url:
        name = "SQLite" if url is None else "PostgreSQL"
        result = await measure(url or f"sqlite:///{folder}/comeback.db", wanted)
    table = Table(f"faults on {name}, seed {wanted.seed}", "count", "at most", "")
    for line in result.lines:
        most = "" if line.most is None else str(line.most)
        table.add_row(line.what, str(line.count), most, "BROKEN" if line.broken else "")
    console.print(table)
    faults = ", ".join(f"{count} {each}" for each, count in sorted(result.injected.items()))
    rate = wanted.sends / result.seconds
    for row in result.unexplained:
        console.print(f"message {row.number} is unknown: {row.because}")
    console.print(f"injected: {faults}; {result.kills} workers killed")
    console.print(f"{result.seconds:.1f} s, {rate:.0f} sends/s")
    return not result.broken


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--sends", type=int, default=10_000, help=f"at most {MOST_SENDS}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=20, help="of workers, evenly apart")
    parser.add_argument("--postgresql", default=SERVER)
    arguments = parser.parse_args()
    if not 1 <= arguments.sends <= MOST_SENDS or arguments.kills < 0:
        parser.error(f"--sends is from 1 to {MOST_SENDS}, --kills not negative")
    return arguments


if __name__ == "__main__":
    told = _arguments()
    kept = asyncio.run(main(told.postgresql, Wanted(told.sends, told.seed, told.kills)))
    sys.exit(0 if kept else 1)
