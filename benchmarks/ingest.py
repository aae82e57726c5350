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
from benchmarks.ingest_run import (
    STORE_ID,
    WARM_UP_STORE_ID,
    Ingest,
    bare_ingest,
    ingest_figures,
    post_and_deliver,
    warm_up,
)
from benchmarks.installation import open_installation
from benchmarks.measure.command import Command
from benchmarks.measure.results import Case, cumulative


def command() -> Command:
    """The command line."""
    axes = ("seconds from the first request", "events")
    ingest = Command("ingest", __doc__, axes=axes)
    ingest.number("--customers", small=400, full=2500, meaning="who post four events each")
    ingest.number("--connections", small=32, full=32, meaning="that post at the same time")
    return ingest


async def measure(database: BenchmarkDatabase, arguments: Namespace) -> list[Case]:
    """The reference, then the product, on one Temporal server."""
    ingest = Ingest(arguments.connections, arguments.customers, events=4)
    async with open_installation(database) as installation:
        bare, bare_processor = await bare_ingest(installation, ingest)
        async with installation.product() as product:
            await post_and_deliver(product, WARM_UP_STORE_ID, warm_up(ingest))
            measured = await post_and_deliver(product, STORE_ID, ingest)
    figures = ingest_figures(measured, bare, bare_processor)
    delivered = cumulative("delivered", measured.delivered_after())
    return [Case(name=database.name, figures=figures, curves=[delivered])]


if __name__ == "__main__":
    command().run(measure)
