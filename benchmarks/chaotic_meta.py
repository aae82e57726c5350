"""Everything at once against a chaotic Meta: `python -m benchmarks.chaotic_meta [--seed N]`.

API, worker and Temporal are processes of their own; some hundred journeys run through them. The
stand-in for Meta checks each request against what Meta publishes, and by the seed refuses, breaks,
hangs, and posts statuses late, twice, out of order, before its answer or never, among invalid and
forged ones; some receivers opt out. Then our ledger is held against Meta's; exits with 1 when an
invariant is broken. On PostgreSQL where one answers, else on SQLite, all on loopback.

The same seed draws the same, but in which order things happen differs from run to run.
"""

import argparse
import asyncio
import sys
import time
from contextlib import suppress
from datetime import timedelta
from typing import Final

from rich.console import Console

from benchmarks.chaotic_meta_checks import ChaosChecks
from benchmarks.chaotic_meta_environment import open_chaos_environment
from benchmarks.chaotic_meta_stores import create_stores
from benchmarks.databases import POSTGRESQL_SERVER, postgresql_or_sqlite
from benchmarks.phones import MAX_PHONES
from benchmarks.report import print_figures

MAX_DURATION: Final = timedelta(minutes=6)
"""Of the journeys. One that has not ended by then breaks an invariant."""


async def measure(database_url: str, journeys: int, seed: int) -> ChaosChecks:
    """Run the journeys, then collect both ledgers."""
    async with open_chaos_environment(database_url, seed) as environment:
        with suppress(TimeoutError):
            async with asyncio.timeout(MAX_DURATION.total_seconds()):
                sandbox_url = str(environment.meta.base_url).rstrip("/")
                stores = await create_stores(environment.api, sandbox_url)
                await stores.post_carts(range(journeys))
                await environment.wait_until_done(journeys)
        return await environment.checks(journeys)


async def main(server: str, journeys: int, seed: int) -> bool:
    """Measure and print; whether every invariant holds."""
    console, began = Console(), time.perf_counter()
    with postgresql_or_sqlite(server) as database:
        checks = await measure(database.url, journeys, seed)
    figures = checks.figures()
    print_figures(console, f"{journeys} journeys on {database.name}, seed {seed}", figures)
    _print_details(console, checks)
    console.print(f"{time.perf_counter() - began:.1f} s")
    return not any(figure.broken for figure in figures)


def _print_details(console: Console, checks: ChaosChecks) -> None:
    for row, expected in checks.wrong_statuses():
        console.print(f"{row.message_id} is {row.status}, not {', '.join(sorted(expected))}")
    for request in checks.meta.received:
        if request.problem is not None:
            console.print(f"not as published: {request.problem}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaotic_meta", description=__doc__)
    parser.add_argument("--journeys", type=int, default=300, help=f"at most {MAX_PHONES}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postgresql", default=POSTGRESQL_SERVER)
    arguments = parser.parse_args()
    if not 1 <= arguments.journeys <= MAX_PHONES:
        parser.error(f"--journeys is from 1 to {MAX_PHONES}")
    return arguments


if __name__ == "__main__":
    arguments = _arguments()
    holds = asyncio.run(main(arguments.postgresql, arguments.journeys, arguments.seed))
    sys.exit(0 if holds else 1)
