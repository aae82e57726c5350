"""Messages due in the same second: `python -m benchmarks.due [--full] [--workers 1 2]`.

Each customer posts one event, and all events have the same timestamp. The journeys pass their
buffer, load their plan and wait; then all their messages are due at one instant, `--lead` seconds
after that timestamp. API, workers, Temporal, stand-ins and load are processes of their own, on real
HTTP. The rate is that of the messages that reached Meta's stand-in, from the instant at which they
were due until the last; lateness is what each came after that instant, by the stand-in's ledger.
Processor time counts from the first event until all journeys wait, and from the instant on until
all are closed; the wait in between is left out.

Reference, before that on the same Temporal server: a workflow that sleeps until one instant, then
two activities that make the same two HTTP calls, not sandboxed, 100 at once, in one worker process;
by aiohttp, or with `--bare-client httpx`, which costs more.
"""

from argparse import Namespace
from datetime import timedelta

from benchmarks.databases import BenchmarkDatabase
from benchmarks.due_bare import measure_bare
from benchmarks.due_product import measure_product
from benchmarks.due_result import due_case
from benchmarks.installation import open_installation
from benchmarks.measure.command import Command
from benchmarks.measure.results import Case


def command() -> Command:
    """The command line."""
    axes = ("seconds after the messages were due", "messages sent")
    due = Command("due", __doc__, axes=axes)
    due.number("--messages", small=300, full=1000, meaning="due at one instant")
    due.number("--lead", small=45, full=120, meaning="seconds in which all journeys come to wait")
    due.parser.add_argument("--workers", type=int, nargs="+", default=[1], metavar="N")
    due.parser.add_argument("--bare-client", choices=["aiohttp", "httpx"], default="aiohttp")
    return due


async def measure(database: BenchmarkDatabase, arguments: Namespace) -> list[Case]:
    """Measure on one database, with each number of worker processes."""
    count, lead = arguments.messages, timedelta(seconds=arguments.lead)
    cases = []
    async with open_installation(database) as installation:
        bare = await measure_bare(installation, count, arguments.bare_client)
        for workers in arguments.workers:
            async with installation.product(workers) as product:
                measured = await measure_product(product, f"store-{workers}", count, lead)
            cases.append(due_case(_name(database, workers), measured, bare))
    return cases


def _name(database: BenchmarkDatabase, workers: int) -> str:
    return database.name if workers == 1 else f"{database.name}, {workers} workers"


if __name__ == "__main__":
    command().run(measure)
