"""Events of new customers alone: `python -m benchmarks.ingest_new [--full]`.

As `python -m benchmarks.ingest`, over 8 connections, and every event is a new customer's, so that
each starts a journey. The reference starts a workflow for each, 8 at once.
"""

from argparse import Namespace

from benchmarks.databases import BenchmarkDatabase
from benchmarks.ingest_run import Ingest, measure_ingest
from benchmarks.measure.command import Command
from benchmarks.measure.results import Case


def command() -> Command:
    """The command line."""
    axes = ("seconds from the first request", "events")
    ingest_new = Command("ingest_new", __doc__, axes=axes)
    ingest_new.number("--customers", small=500, full=5000, meaning="who post one event each")
    ingest_new.number("--connections", small=8, full=8, meaning="that post at the same time")
    return ingest_new


async def measure(database: BenchmarkDatabase, arguments: Namespace) -> list[Case]:
    """Measure on one database."""
    plan = Ingest(arguments.connections, arguments.customers, events=1)
    return [await measure_ingest(database, plan)]


if __name__ == "__main__":
    command().run(measure)
