"""Events in, acknowledged and delivered: `python -m benchmarks.ingest [--full]`.

API, worker, Temporal, stand-ins and load are processes of their own. Each customer posts four
events over one of 32 kept-alive connections: the first starts a journey, three are debounced, for
the buffer is an hour. An event is acknowledged when its 202 has come, and delivered when its row in
the inbox says so; the rate of delivery counts until all are.

Reference, on the same Temporal server before API and worker start: a loop over the SDK, 32 tasks at
once, `start_workflow` with a delay and three signals for each customer.
"""

from argparse import Namespace

from benchmarks.databases import BenchmarkDatabase
from benchmarks.ingest_run import Ingest, measure_ingest
from benchmarks.measure.command import Command
from benchmarks.measure.results import Case


def command() -> Command:
    """The command line."""
    axes = ("seconds from the first request", "events")
    ingest = Command("ingest", __doc__, axes=axes)
    ingest.number("--customers", small=400, full=2500, meaning="who post four events each")
    ingest.number("--connections", small=32, full=32, meaning="that post at the same time")
    return ingest


async def measure(database: BenchmarkDatabase, arguments: Namespace) -> list[Case]:
    """Measure on one database."""
    plan = Ingest(arguments.connections, arguments.customers, events=4)
    return [await measure_ingest(database, plan)]


if __name__ == "__main__":
    command().run(measure)
