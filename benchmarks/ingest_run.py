"""One measurement of events in, beside bare calls of Temporal's SDK."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from benchmarks.bare.ingest import BareIngestPlan, BareIngestResult
from benchmarks.child_protocol import ready_child
from benchmarks.inbox import Delivery, open_inbox
from benchmarks.installation import Installation, PostingStore, RunningProduct
from benchmarks.load.plan import Answers, LoadPlan
from benchmarks.measure.meter import Meter, ProcessTrees
from benchmarks.measure.results import (
    Figure,
    milliseconds,
    processor_figures,
    ratio,
)
from sandbox.server import HOST

WARM_UP_CUSTOMERS: Final = 40
STORE_ID, WARM_UP_STORE_ID = "denim-co", "warm-up"


@dataclass(frozen=True)
class Ingest:
    """Who posts."""

    connections: int
    customers: int
    events: int
    """Of each customer."""


@dataclass(frozen=True)
class IngestMeasurement:
    """What came of it, with the processor seconds of each part."""

    answers: Answers
    deliveries: Sequence[Delivery]
    processor: dict[str, float]

    @property
    def delivered_per_second(self) -> float:
        """Events by the time from the first request until all were delivered."""
        return len(self.deliveries) / max(self.delivered_after())

    def delivered_after(self) -> list[float]:
        """Seconds from the first request until each event was delivered."""
        began = self.answers.began_at
        return [(each.dispatched_at - began).total_seconds() for each in self.deliveries]


def ingest_figures(
    measured: IngestMeasurement, bare: BareIngestResult, bare_processor: dict[str, float]
) -> list[Figure]:
    """The product's figures beside the reference's."""
    return [
        *_rates(measured, bare),
        *milliseconds("acknowledged after", measured.answers.latencies),
        *milliseconds("delivered after", [each.lag for each in measured.deliveries]),
        *milliseconds("bare call", bare.latencies),
        *processor_figures(measured.processor, measured.answers.accepted, "event"),
        *processor_figures(bare_processor, bare.events, "event"),
    ]


def warm_up(ingest: Ingest) -> Ingest:
    """A few customers, so that connections are open and code is loaded."""
    return Ingest(ingest.connections, WARM_UP_CUSTOMERS, ingest.events)


def _rates(measured: IngestMeasurement, bare: BareIngestResult) -> list[Figure]:
    rates = {
        "acknowledged": measured.answers.per_second,
        "delivered": measured.delivered_per_second,
        "bare": bare.per_second,
    }
    return [
        *(Figure(name=name, value=rate, unit="events/s") for name, rate in rates.items()),
        ratio("delivered / bare", measured.delivered_per_second, bare.per_second),
        Figure(name="not accepted", value=measured.answers.refused, unit="events"),
    ]


async def bare_ingest(
    installation: Installation, ingest: Ingest
) -> tuple[BareIngestResult, dict[str, float]]:
    """The reference, warmed up by a few workflows; with processor seconds of loop and Temporal."""
    plan = BareIngestPlan(
        address=installation.temporal.address,
        customers=ingest.customers,
        events=ingest.events,
        concurrent=ingest.connections,
    )
    first = plan.model_copy(
        update={"first_customer": ingest.customers, "customers": WARM_UP_CUSTOMERS}
    )
    async with ready_child("benchmarks.bare.ingest", first) as child:
        await child.perform(BareIngestResult)
    async with ready_child("benchmarks.bare.ingest", plan) as child:
        parts = {"bare loop": [child.pid], "Temporal, bare": [installation.temporal.pid]}
        meter = Meter({name: ProcessTrees(pids) for name, pids in parts.items()})
        bare = await child.perform(BareIngestResult)
        return bare, meter.seconds()


async def post_and_deliver(
    product: RunningProduct, store_id: str, ingest: Ingest, **config: Any
) -> IngestMeasurement:
    """Post to a new store as fast as answers come, and wait until all is delivered."""
    store = await product.add_store(store_id, **config)
    return await post_plan(product, store_id, load_plan(product, store, ingest))


async def post_plan(product: RunningProduct, store_id: str, plan: LoadPlan) -> IngestMeasurement:
    """Post, and wait until all is delivered."""
    with open_inbox(product.installation.database.url) as inbox:
        async with ready_child("benchmarks.load", plan) as load:
            product.meter.start()
            answers = await load.perform(Answers)
        if not answers.accepted:
            raise ValueError(f"no event was accepted, but answered {dict(answers.statuses)}")
        deliveries = await inbox.wait_until_delivered(store_id, answers.accepted)
        return IngestMeasurement(answers, deliveries, product.meter.seconds())


def load_plan(
    product: RunningProduct, store: PostingStore, ingest: Ingest, at: datetime | None = None
) -> LoadPlan:
    """What the load process is told."""
    return LoadPlan(
        host=HOST,
        port=product.api.port,
        path=store.path,
        key=store.key,
        connections=ingest.connections,
        customers=ingest.customers,
        events=ingest.events,
        at=at,
    )
