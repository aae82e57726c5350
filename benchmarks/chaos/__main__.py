"""Everything is killed, frozen or failing: `python -m benchmarks.chaos [--seed N]`, `make chaos`.

Hundreds of customers act out scripts through the real stack: `journeys dev` with API, worker and
Temporal, and SQLite or a PostgreSQL server of its own. All of them are killed, frozen and started
again, an operator pauses a store, and partner and Meta fail in every way, as the seed says. When
everything is well again, the invariants are held against the ledgers of the stand-ins, the
database and Temporal. Exits with 1 when one is broken, and keeps the logs. Linux only.

The same seed gives the same schedule and customers; what happens between them differs from run to
run.
"""

import argparse
import asyncio
import random
import shutil
import sys
import time
from pathlib import Path
from tempfile import mkdtemp

from rich.console import Console

from benchmarks.chaos.invariants import violations
from benchmarks.chaos.outcome import print_report
from benchmarks.chaos.run import Options, run_chaos
from benchmarks.chaos.schedule import Extent
from benchmarks.phones import MAX_PHONES

MEMORY = Path("/dev/shm")  # noqa: S108  # for a folder of its own, that no one else may read
"""Where a run takes place by default: killed processes lose nothing there, and no disk is waited
for."""

MAX_SHOWN = 10
SEEDS = 10**6


async def main(folder: Path, options: Options) -> bool:
    """Run and print; whether every invariant holds."""
    console, began = Console(soft_wrap=True), time.perf_counter()
    extent = options.extent
    console.print(f"seed {extent.seed}; logs in {folder}")
    report = await run_chaos(folder, options, console)
    broken = violations(report.evidence)
    print_report(console, report, broken)
    for each in broken[:MAX_SHOWN]:
        console.print(f"BROKEN {each.invariant}: {each.customer}: {each.what}", markup=False)
    holds = not (broken or report.gave_up or any(report.left))
    again = f"--seed {extent.seed} --seconds {extent.seconds:g} --kills {extent.kills}"
    verdict = "every invariant holds" if holds else f"BROKEN; logs in {folder}; again: {again}"
    console.print(f"{verdict}; {time.perf_counter() - began:.0f} s")
    return holds


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="drawn when left out")
    parser.add_argument("--seconds", type=float, default=120, help="how long everything fails")
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--customers", type=int, default=300, help=f"at most {MAX_PHONES}")
    parser.add_argument("--settle", type=float, default=240, help="seconds to end every journey")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument(
        "--folder",
        type=Path,
        help="empty, for logs and data",
    )
    arguments = parser.parse_args()
    if not 1 <= arguments.customers <= MAX_PHONES or arguments.kills < 0 or arguments.seconds <= 0:
        parser.error(f"--customers is from 1 to {MAX_PHONES}, the others are positive")
    return arguments


def _options(arguments: argparse.Namespace) -> Options:
    seed = random.randrange(SEEDS) if arguments.seed is None else arguments.seed  # noqa: S311  # repeatable
    on_postgresql = arguments.database == "postgresql"
    extent = Extent(seed, arguments.seconds, arguments.kills, on_postgresql)
    return Options(extent, arguments.customers, arguments.settle)


if __name__ == "__main__":
    arguments = _arguments()
    memory = MEMORY if MEMORY.is_dir() else None
    folder = arguments.folder or Path(mkdtemp(prefix="comeback-", dir=memory))
    holds = asyncio.run(main(folder.absolute(), _options(arguments)))
    if holds and arguments.folder is None:
        shutil.rmtree(folder)
    sys.exit(0 if holds else 1)
