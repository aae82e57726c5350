from collections import Counter
from datetime import UTC, datetime, timedelta

from benchmarks.bare.ingest import BareIngestResult
from benchmarks.inbox import Delivery
from benchmarks.ingest_run import IngestMeasurement, ingest_figures
from benchmarks.load.plan import Answers
from benchmarks.measure.results import Case

BEGAN = datetime(2026, 11, 30, 12, tzinfo=UTC)


def delivery(received: float, dispatched: float) -> Delivery:
    at = [BEGAN + timedelta(seconds=seconds) for seconds in (received, dispatched)]
    return Delivery("event", "customer", *at)


MEASURED = IngestMeasurement(
    Answers(began_at=BEGAN, took=1.0, latencies=[0.01, 0.03], statuses=Counter({"202": 2})),
    [delivery(0.5, 1.0), delivery(1.0, 4.0)],
    {"API": 0.02},
)
BARE = BareIngestResult(events=10, took=10.0, latencies=[0.1])
CASE = Case(name="SQLite", figures=ingest_figures(MEASURED, BARE, {"bare loop": 0.05}))


def test_the_rate_of_delivery_counts_until_the_last_event_is_delivered() -> None:
    assert CASE.value("acknowledged") == 2.0
    assert CASE.value("delivered") == 0.5
    assert CASE.value("delivered / bare") == 0.5


def test_how_long_a_delivery_took_counts_from_the_events_receipt() -> None:
    assert CASE.value("delivered after longest") == 3000


def test_each_side_has_its_own_processor_time_per_event() -> None:
    assert CASE.value("API, processor") == 10
    assert CASE.value("bare loop, processor") == 5
