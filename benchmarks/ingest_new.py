"""Events of new customers alone: `python -m benchmarks.ingest_new [--full]`.

As `python -m benchmarks.ingest`, over 8 connections, and every event is a new customer's, so that
each starts a journey. The buffer is two seconds: while events come in, the worker takes earlier
journeys to where they wait for their message. Processor time is given until all events are
delivered, and until all journeys wait.

The reference starts a workflow for each, 8 at once; it is never run.
"""

import time
from argparse import Namespace
from typing import Final

from benchmarks.databases import BenchmarkDatabase
from benchmarks.ingest_run import (
    STORE_ID,
    WARM_UP_STORE_ID,
    Ingest,
    IngestMeasurement,
    bare_ingest,
    ingest_figures,
    post_and_deliver,
    warm_up,
)
from benchmarks.installation import RunningProduct, open_installation
from benchmarks.journeys_waiting import wait_until_waiting
from benchmarks.measure.command import Command
from benchmarks.measure.results import Case, Figure, cumulative, processor_figures

BUFFER: Final = "2s"


def command() -> Command:
    """The command line."""
    axes = ("seconds from the first request", "events")
    ingest_new = Command("ingest_new", __doc__, axes=axes)
    ingest_new.number("--customers", small=500, full=5000, meaning="who post one event each")
    ingest_new.number("--connections", small=8, full=8, meaning="that post at the same time")
    return ingest_new


async def measure(database: BenchmarkDatabase, arguments: Namespace) -> list[Case]:
    """The reference, then the product, on one Temporal server."""
    ingest = Ingest(arguments.connections, arguments.customers, events=1)
    async with open_installation(database) as installation:
        bare, bare_processor = await bare_ingest(installation, ingest)
        async with installation.product() as product:
            await post_and_deliver(product, WARM_UP_STORE_ID, warm_up(ingest), buffer=BUFFER)
            measured = await post_and_deliver(product, STORE_ID, ingest, buffer=BUFFER)
            waiting = await _until_waiting(product, measured)
    figures = [*ingest_figures(measured, bare, bare_processor), *waiting]
    delivered = cumulative("delivered", measured.delivered_after())
    return [Case(name=database.name, figures=figures, curves=[delivered])]


async def _until_waiting(product: RunningProduct, measured: IngestMeasurement) -> list[Figure]:
    """How long after the last delivery all journeys wait, and what it took from the first event."""
    began, count = time.perf_counter(), measured.answers.accepted
    await wait_until_waiting(product.installation.temporal.client, STORE_ID, count)
    processor = {f"{part}, to wait": used for part, used in product.meter.seconds().items()}
    return [
        Figure(name="all wait after", value=time.perf_counter() - began, unit="s"),
        *processor_figures(processor, count, "journey"),
    ]


if __name__ == "__main__":
    command().run(measure)
