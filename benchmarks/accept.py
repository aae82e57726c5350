"""A burst of events, accepted as fast as answers come: `python -m benchmarks.accept [--full]`.

As `python -m benchmarks.ingest`, but for some seconds instead of a number of customers: over 32
connections each customer posts four events. Measured are the events accepted a second, how long
each 202 took, and how long after the burst all are delivered. Then, of some customers, the order in
which their journeys were told their events must be that of their arrival in the inbox; `out of
order` counts customers of whom it is not.
"""

from argparse import Namespace
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from benchmarks.databases import BenchmarkDatabase
from benchmarks.inbox import Delivery
from benchmarks.ingest_run import (
    STORE_ID,
    WARM_UP_STORE_ID,
    Ingest,
    IngestMeasurement,
    load_plan,
    post_and_deliver,
    post_plan,
    warm_up,
)
from benchmarks.installation import RunningProduct, open_installation
from benchmarks.journey_events import told_events
from benchmarks.measure.command import Command
from benchmarks.measure.results import (
    Case,
    Curve,
    Figure,
    cumulative,
    milliseconds,
    processor_figures,
)
from domain.journey.identity import journey_id

MAX_CUSTOMERS: Final = 1_000_000
"""More than can post in the time."""

SAMPLED_CUSTOMERS: Final = 50


def command() -> Command:
    """The command line."""
    accept = Command("accept", __doc__, axes=("seconds from the first request", "events"))
    accept.number("--seconds", small=5, full=20, meaning="length of the burst")
    accept.number("--connections", small=32, full=32, meaning="that post at the same time")
    return accept


async def measure(database: BenchmarkDatabase, arguments: Namespace) -> list[Case]:
    """Measure on one database."""
    burst = Ingest(arguments.connections, MAX_CUSTOMERS, events=4)
    async with open_installation(database) as installation, installation.product() as product:
        await post_and_deliver(product, WARM_UP_STORE_ID, warm_up(burst))
        store = await product.add_store(STORE_ID)
        plan = load_plan(product, store, burst).model_copy(update={"seconds": arguments.seconds})
        measured = await post_plan(product, STORE_ID, plan)
        order = await _order_figures(product, measured.deliveries)
    figures = [*_figures(measured), *order]
    return [Case(name=database.name, figures=figures, curves=_curves(measured))]


def _figures(measured: IngestMeasurement) -> list[Figure]:
    answers = measured.answers
    left = max(0.0, max(measured.delivered_after()) - answers.took)
    return [
        Figure(name="accepted", value=answers.per_second, unit="events/s"),
        Figure(name="delivered", value=measured.delivered_per_second, unit="events/s"),
        Figure(name="accepted in all", value=answers.accepted, unit="events"),
        Figure(name="not accepted", value=answers.refused, unit="events"),
        *milliseconds("acknowledged after", answers.latencies),
        Figure(name="all delivered after the burst", value=left, unit="s"),
        *processor_figures(measured.processor, answers.accepted, "event"),
    ]


def _curves(measured: IngestMeasurement) -> list[Curve]:
    began = measured.answers.began_at
    received = [(each.received_at - began).total_seconds() for each in measured.deliveries]
    return [cumulative("received", received), cumulative("delivered", measured.delivered_after())]


async def _order_figures(product: RunningProduct, deliveries: Iterable[Delivery]) -> list[Figure]:
    client, wrong = product.installation.temporal.client, 0
    arrived = sample_of(events_by_customer(deliveries))
    for customer, events in arrived.items():
        wrong += await told_events(client, journey_id(STORE_ID, customer)) != events
    return [
        Figure(name="out of order", value=wrong, unit="customers"),
        Figure(name="looked at", value=len(arrived), unit="customers"),
    ]


def events_by_customer(deliveries: Iterable[Delivery]) -> dict[str, list[str]]:
    """The ids of each customer's events, in order of arrival."""
    events: defaultdict[str, list[str]] = defaultdict(list)
    for each in deliveries:
        events[each.customer_id].append(each.event_id)
    return dict(events)


def sample_of(events: dict[str, list[str]]) -> dict[str, list[str]]:
    """Some customers, from the first to the last."""
    customers = list(events)
    step = max(1, len(customers) // SAMPLED_CUSTOMERS)
    return {customer: events[customer] for customer in customers[::step][:SAMPLED_CUSTOMERS]}


if __name__ == "__main__":
    command().run(measure)
