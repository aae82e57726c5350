"""Events of one customer within a buffer: `python -m benchmarks.debounce [--full]`.

Customers post 1, 10 and 50 events each over 32 connections, one after the other; the buffer is an
hour, so all but the first are debounced. Measured are the history events and bytes in Temporal and
the processor time of each event until it is delivered.

Reference, on the same Temporal server: the textbook debounce, a workflow that cancels its timer and
starts a new one for each signal, not sandboxed, signalled by a loop over the SDK, 32 at once.
"""

from argparse import Namespace
from dataclasses import dataclass
from typing import Final

from benchmarks.bare.ingest import BareIngestPlan, BareIngestResult, workflow_id
from benchmarks.bare.serving import run_bare_worker
from benchmarks.child_protocol import ready_child
from benchmarks.databases import BenchmarkDatabase
from benchmarks.history_size import HistorySize, history_size, wait_until_idle
from benchmarks.ingest_run import WARM_UP_STORE_ID, Ingest, post_and_deliver, warm_up
from benchmarks.installation import Installation, RunningProduct, open_installation
from benchmarks.load.requests import customer_id
from benchmarks.measure.command import Command
from benchmarks.measure.meter import Meter, ProcessTrees
from benchmarks.measure.results import Case, Figure, processor_figures, ratio
from domain.journey.identity import journey_id

CONNECTIONS: Final = 32
MAX_CUSTOMERS: Final = 1_000_000
BURSTS: Final = (1, 10, 50)


@dataclass(frozen=True)
class BurstCost:
    """What all bursts of one length cost together."""

    events: int
    history: HistorySize
    processor: dict[str, float]

    def figures(self, prefix: str = "") -> list[Figure]:
        """The cost of each event."""
        processor = {f"{prefix}{part}": seconds for part, seconds in self.processor.items()}
        return [
            Figure(
                name=f"{prefix}history", value=self.history.events / self.events, unit="per event"
            ),
            Figure(
                name=f"{prefix}history, bytes",
                value=self.history.bytes / self.events,
                unit="bytes per event",
            ),
            *processor_figures(processor, self.events, "event"),
        ]

    @property
    def seconds(self) -> float:
        """Processor time of all parts."""
        return sum(self.processor.values())


def command() -> Command:
    """The command line."""
    debounce = Command("debounce", __doc__)
    debounce.number("--customers", small=32, full=320, meaning="who post a burst each")
    return debounce


async def measure(database: BenchmarkDatabase, arguments: Namespace) -> list[Case]:
    """Measure on one database."""
    bursts = [Ingest(CONNECTIONS, arguments.customers, length) for length in BURSTS]
    async with open_installation(database) as installation:
        await _textbook(installation, warm_up(bursts[0]), 0)
        textbook = [
            await _textbook(installation, burst, number * MAX_CUSTOMERS)
            for number, burst in enumerate(bursts, 1)
        ]
        async with installation.product() as product:
            await post_and_deliver(product, WARM_UP_STORE_ID, warm_up(bursts[0]))
            ours = [await _product(product, burst) for burst in bursts]
    named = zip(BURSTS, ours, textbook, strict=True)
    return [_case(f"{database.name}, {length} events", *costs) for length, *costs in named]


def _case(name: str, ours: BurstCost, textbook: BurstCost) -> Case:
    history = ratio("history events, textbook / here", textbook.history.events, ours.history.events)
    processor = ratio("processor, here / textbook", ours.seconds, textbook.seconds)
    return Case(
        name=name, figures=[*ours.figures(), *textbook.figures("textbook "), history, processor]
    )


async def _product(product: RunningProduct, burst: Ingest) -> BurstCost:
    store_id = f"burst-{burst.events}"
    measured = await post_and_deliver(product, store_id, burst)
    ids = [journey_id(store_id, customer_id(number)) for number in range(burst.customers)]
    history = await history_size(product.installation.temporal.client, ids)
    return BurstCost(measured.answers.accepted, history, measured.processor)


async def _textbook(installation: Installation, burst: Ingest, first: int) -> BurstCost:
    """The reference, by customers of these numbers on, who posted nothing yet."""
    plan = BareIngestPlan(
        address=installation.temporal.address,
        customers=burst.customers,
        first_customer=first,
        events=burst.events,
        concurrent=burst.connections,
        textbook=True,
    )
    ids = [workflow_id(first + number, textbook=True) for number in range(burst.customers)]
    client = installation.temporal.client
    async with (
        run_bare_worker("benchmarks.bare.textbook_worker", installation.temporal.address) as worker,
        ready_child("benchmarks.bare.ingest", plan) as loop,
    ):
        pids = {"loop": loop.pid, "worker": worker, "Temporal": installation.temporal.pid}
        meter = Meter({part: ProcessTrees([pid]) for part, pid in pids.items()})
        result = await loop.perform(BareIngestResult)
        await wait_until_idle(client, ids)
        processor = meter.seconds()
    return BurstCost(result.events, await history_size(client, ids), processor)


if __name__ == "__main__":
    command().run(measure)
