"""Answers at half load: `python -m benchmarks.latency [--full] [--rate N]`.

First the best rate, as `python -m benchmarks.ingest` finds it: events delivered a second over 32
connections. Then events are due at half of that rate, one after the other, whether or not earlier
ones were answered; each answer is timed from the instant at which its request was due. `delivered
after` is the time from an event's receipt until Temporal had it.
"""

from argparse import Namespace
from typing import Final

from benchmarks.databases import BenchmarkDatabase
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
from benchmarks.measure.command import Command
from benchmarks.measure.results import Case, Curve, Figure, milliseconds, processor_figures
from benchmarks.report import percentile

CONNECTIONS, EVENTS = 32, 4
BEST_STORE_ID: Final = "best-rate"
PERCENTILES: Final = range(0, 100, 2)


def command() -> Command:
    """The command line."""
    latency = Command("latency", __doc__, axes=("per cent of events", "ms"))
    latency.number("--customers", small=250, full=2000, meaning="for the best rate")
    latency.number("--seconds", small=10, full=60, meaning="at half load")
    latency.parser.add_argument("--rate", type=float, help="events/s instead of half of the best")
    return latency


async def measure(database: BenchmarkDatabase, arguments: Namespace) -> list[Case]:
    """Measure on one database."""
    best = Ingest(CONNECTIONS, arguments.customers, EVENTS)
    async with open_installation(database) as installation, installation.product() as product:
        await post_and_deliver(product, WARM_UP_STORE_ID, warm_up(best))
        found = await post_and_deliver(product, BEST_STORE_ID, best)
        rate = arguments.rate or found.delivered_per_second / 2
        measured = await _post_at(product, rate, arguments.seconds)
    figures = [
        Figure(name="best", value=found.delivered_per_second, unit="events/s"),
        Figure(name="posted", value=rate, unit="events/s"),
        Figure(name="not accepted", value=measured.answers.refused, unit="events"),
        *milliseconds("acknowledged after", measured.answers.latencies),
        *milliseconds("delivered after", [each.lag for each in measured.deliveries]),
        *processor_figures(measured.processor, measured.answers.accepted, "event"),
    ]
    return [Case(name=database.name, figures=figures, curves=_curves(measured))]


async def _post_at(product: RunningProduct, rate: float, seconds: float) -> IngestMeasurement:
    customers = max(1, round(rate * seconds / EVENTS))
    store = await product.add_store(STORE_ID)
    plan = load_plan(product, store, Ingest(CONNECTIONS, customers, EVENTS))
    return await post_plan(product, STORE_ID, plan.model_copy(update={"per_second": rate}))


def _curves(measured: IngestMeasurement) -> list[Curve]:
    lags = [each.lag for each in measured.deliveries]
    return [
        _percentiles("acknowledged", measured.answers.latencies),
        _percentiles("delivered", lags),
    ]


def _percentiles(name: str, seconds: list[float]) -> Curve:
    points = [(float(each), percentile(seconds, each / 100) * 1000) for each in PERCENTILES]
    return Curve(name=name, points=points)


if __name__ == "__main__":
    command().run(measure)
