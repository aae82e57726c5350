"""At most once, with faults, at scale: `python -m benchmarks.faults [--sends 10000] [--seed N]`.

Worker processes send as the product does, by claim, Meta and ledger, to a stand-in for Meta in a
process of its own that keeps its own ledger. One message in ten meets a fault, and workers are
killed with SIGKILL while they send. Then both ledgers are held against each other; exits with 1
when an invariant is broken. On PostgreSQL where one answers, else on SQLite, all on loopback.

The same seed draws the same faults, but a kill hits other messages in each run.
"""

import argparse
import asyncio
import sys

from rich.console import Console

from benchmarks.databases import POSTGRESQL_SERVER, postgresql_or_sqlite
from benchmarks.fault_run import FaultOptions, measure
from benchmarks.phones import MAX_PHONES
from benchmarks.report import print_figures


async def main(server: str, options: FaultOptions) -> bool:
    """Measure and print; whether every invariant holds."""
    console = Console()
    with postgresql_or_sqlite(server) as database:
        report = await measure(database.url, options)
    print_figures(console, f"faults on {database.name}, seed {options.seed}", report.figures)
    for row in report.unexplained:
        console.print(f"message {row.number} is unknown: {row.because}")
    faults = ", ".join(f"{count} {name}" for name, count in sorted(report.injected.items()))
    console.print(f"injected: {faults}; {report.kills} workers killed")
    rate = options.sends / report.seconds
    console.print(f"{report.seconds:.1f} s, {rate:.0f} sends/s")
    return not report.broken


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--sends", type=int, default=10_000, help=f"at most {MAX_PHONES}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=20, help="of workers, evenly spaced")
    parser.add_argument("--postgresql", default=POSTGRESQL_SERVER)
    arguments = parser.parse_args()
    if not 1 <= arguments.sends <= MAX_PHONES or arguments.kills < 0:
        parser.error(f"--sends is from 1 to {MAX_PHONES}, --kills not negative")
    return arguments


if __name__ == "__main__":
    arguments = _arguments()
    options = FaultOptions(arguments.sends, arguments.seed, arguments.kills)
    sys.exit(0 if asyncio.run(main(arguments.postgresql, options)) else 1)
